"""F21: files are cut at every border, killed at the last one, sent with a wrong hash, twice, and one byte too long."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from schemas.files import LARGEST
from services.sandbox.device.client import Body, Client
from services.sandbox.device.contents import CHUNK
from services.sandbox.device.failures import Interrupted, Refused
from services.sandbox.generate.files import picture_jpg
from services.sandbox.generate.ids import uuid
from services.sandbox.reps import papers
from services.sandbox.reps.day import Made
from services.sandbox.reps.mischief import Mischief
from services.sandbox.reps.rep import Rep
from services.sandbox.reps.territory import of_device
from tests.faults.crew import crew
from tests.faults.site import LIMIT_S, Site, site
from tests.stack import eventually

CHUNKS = 4
TUS = {"tus-resumable": "1.0.0"}
NOTING = "datname = current_database() and application_name = 'ceebus-gateway' and wait_event_type = 'Lock'"
WAITING = f"select exists(select from pg_stat_activity where {NOTING})"
CUT = f"select count(pg_terminate_backend(pid)) from pg_stat_activity where {NOTING}"


async def test_files_arrive_once_and_whole_or_say_why_not(surroundings: dict[str, str], tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    async with site(surroundings, tmp_path) as here:
        here.supervisor.backoff_s = (0.2,)
        await here.first_export()
        async with crew(here, 1, Mischief(), seed) as reps:
            (rep,) = reps.reps.values()
            territory = of_device(rep.device, await here.running.today())
            one, other = (papers.owner_of(customer) for customer in rng.sample(territory.customers, 2))
            whole = await cut_at_every_border(rep, rng, one)
            late = await killed_behind_the_last_byte(here, rep, rng, one)
            await claimed_to_be_another(here, rep, rng)
            again = [photo(rng, one, content_of(rep, whole)), photo(rng, other, content_of(rep, whole))]
            fitting, too_long = photo(rng, other, picture(rng, LARGEST)), photo(rng, other, picture(rng, LARGEST + 1))
            await rep.send(*again, fitting, too_long)
            await reps.settled()
            assert ends(rep, whole, late, *again, fitting, too_long) == [
                ("imported", None),
                ("imported", None),
                ("unchanged", "duplicate_attachment"),
                ("imported", None),
                ("imported", None),
                ("rejected", "attachment_too_large"),
            ]
            stored = kept(here)
            assert all(stored.count(digest(made)) == 1 for made in (whole, late, fitting))
            assert digest(too_long) not in stored
            assert list((here.settings.blobs / ".incoming").iterdir()) == []
            assert await reps.offences() == {}
            assert await here.offences() == {}


async def cut_at_every_border(rep: Rep, rng: Random, owner: dict[str, Any]) -> Made:
    """Each chunk is lost before its first byte, broken off inside, and taken without an answer, before it goes through."""
    made = photo(rng, owner, picture(rng, CHUNKS * CHUNK + 100))
    network = Borders(rep.device.client)
    await rep.send(made)
    while any(upload.state == "new" for upload in rep.device.uploads.all()):
        await rep.send()
    network.heal()
    assert network.cut >= CHUNKS
    assert network.lost >= CHUNKS // 2
    assert network.offsets == sorted(network.offsets)  # never from the beginning again
    assert len(set(network.offsets)) > CHUNKS
    return made


class Borders:
    """A network that breaks in turn at the beginning of a chunk, in its middle and behind it. `offsets`: where chunks began."""

    def __init__(self, client: Client) -> None:
        self._client, self._turn, self._request = client, 0, client.request
        self.cut = self.lost = 0
        self.offsets: list[int] = []
        client.on_body, client.on_answer = self._body, self._answer
        client.request = self._watched  # type: ignore[method-assign]

    async def _watched(self, method: str, path: str, headers: dict[str, str] | None = None, **body: Any) -> Any:
        if method == "PATCH":
            self.offsets.append(int((headers or {})["upload-offset"]))
        return await self._request(method, path, headers, **body)

    def _body(self, path: str, body: bytes) -> Body:
        if not path.startswith("/v1/files/"):
            return body
        self._turn += 1
        at = {1: 0, 2: len(body) // 2}.get(self._turn % 4)
        return body if at is None else self._broken(body[:at])

    async def _broken(self, body: bytes) -> AsyncIterator[bytes]:
        self.cut += 1
        if body:
            yield body
        raise Interrupted("the network was gone")

    def _answer(self, path: str) -> None:
        if path.startswith("/v1/files/") and self._turn % 4 == 3:
            self._turn, self.lost = self._turn + 1, self.lost + 1
            raise Interrupted("the answer was lost")

    def heal(self) -> None:
        self._client.on_body, self._client.on_answer = (lambda _path, body: body), (lambda _path: None)
        self._client.request = self._request  # type: ignore[method-assign]


async def killed_behind_the_last_byte(here: Site, rep: Rep, rng: Random, owner: dict[str, Any]) -> Made:
    """All bytes have arrived, and the gateway is killed before it has noted that they are a content."""
    made = photo(rng, owner, picture(rng, CHUNK + 1))
    async with here.ours.acquire() as connection, connection.transaction():
        await connection.execute("lock table ceebus.upload_file in exclusive mode")
        sending = asyncio.create_task(rep.send(made))
        await eventually(lambda: here.ours.fetchval(WAITING), within=LIMIT_S, every=0.002)
        here.supervisor.kill("gateway")
        assert await here.ours.fetchval(CUT)  # else the server would note it for a process that is no more
    await sending
    while any(upload.state == "new" for upload in rep.device.uploads.all()):
        await rep.send()
    assert here.supervisor.restarts("gateway") == 1
    assert await here.ours.fetchval("select count(*) from ceebus.upload_file where sha256 = $1", digest(made)) == 1
    return made


async def claimed_to_be_another(here: Site, rep: Rep, rng: Random) -> None:
    """Bytes that are not those of the hash are refused behind the last one, leave nothing, and the right ones may come instead."""
    right, wrong = picture(rng, 5_000), picture(rng, 5_000)
    claimed, source_id = hashlib.sha256(right).hexdigest(), str(uuid(rng))
    with pytest.raises(Refused) as refused:
        await upload(rep, source_id, claimed, wrong)
    assert (refused.value.status, refused.value.code) == (422, "content_hash_mismatch")
    assert not {claimed, hashlib.sha256(wrong).hexdigest()} & set(kept(here))
    assert await upload(rep, source_id, claimed, right) == len(right)
    assert claimed in kept(here)


async def upload(rep: Rep, source_id: str, claimed: str, content: bytes) -> int:
    url = await announced(rep, Made("attachments", source_id, {}, content), claimed)
    headers = TUS | {"upload-offset": "0", "content-type": "application/offset+octet-stream"}
    answer = await rep.device.client.request("PATCH", url, headers=headers, content=content)
    return int(answer.headers["upload-offset"])


async def announced(rep: Rep, made: Made, claimed: str = "") -> str:
    """Where the gateway wants the chunks of this content; `claimed`: another hash than it has."""
    said = {"source_id": made.source_id, "sha256": claimed or digest(made), "filename": "a.jpg"}
    metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
    headers = TUS | {"upload-length": str(len(made.content or b"")), "upload-metadata": metadata}
    answer = await rep.device.client.request("POST", "/v1/files", headers=headers)
    return str(answer.headers["location"])


def picture(rng: Random, size: int) -> bytes:
    """A JPEG of exactly so many bytes: what stands behind its end is nobody's business."""
    start = picture_jpg(rng, False)
    return start + rng.randbytes(size - len(start)) if size > len(start) else start


def photo(rng: Random, owner: dict[str, Any], content: bytes) -> Made:
    body, _ = papers.photo(rng, owner, False)
    return Made("attachments", str(uuid(rng)), body, content)


def digest(made: Made) -> str:
    return hashlib.sha256(made.content or b"").hexdigest()


def content_of(rep: Rep, made: Made) -> bytes:
    return rep.device.files.path(digest(made)).read_bytes()


def ends(rep: Rep, *made: Made) -> list[tuple[str | None, str | None]]:
    told = {upload.source_id: (upload.outcome, upload.code) for upload in rep.device.uploads.all()}
    return [told[one.source_id] for one in made]


def kept(here: Site) -> list[str]:
    """Names of the contents in the store."""
    return [path.name for path in here.settings.blobs.glob("??/*")]
