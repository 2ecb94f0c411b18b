"""Contents by hash: who may have them, ranges, resuming, and that no path leads out of the store."""

from __future__ import annotations

import hashlib
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.kernel.blobs import BlobStore
from services.kernel.settings import Settings
from services.sandbox.device.files import WrongContent
from tests.integration.gateway_world import Change, World, article, gone, is_problem, raw, world

CONTENT = random.Random(7).randbytes(300_000)


@pytest.fixture
async def here(settings: Settings, channel: str) -> AsyncIterator[World]:
    async with world(settings, channel) as made:
        yield made


async def attach(here: World, content: bytes = CONTENT, key: str = "X1", audience: list[str] | None = None) -> str:
    sha256 = await BlobStore(here.settings.blobs).put(content)
    body = {"owner_kind": "article", "owner_key": "A1", "type": "image", "sha256": sha256, "size": len(content), "mime": "image/png"}
    await here.put(article("A1"), Change("attachments", key, body, audience))
    return sha256


async def test_device_fetches_what_its_records_name(here: World, tmp_path: Path) -> None:
    sha256 = await attach(here)
    note = {
        "owner_kind": "article",
        "owner_key": "A1",
        "type": "note",
        "text": "call back",
        "sha256": hashlib.sha256(b"call back").hexdigest(),
    }
    await here.put(Change("attachments", "N1", note))
    async with await here.device(tmp_path) as device:
        await device.pull()
        assert await device.fetch_attachments() == 1
        assert device.files.path(sha256).read_bytes() == CONTENT
        assert await device.fetch_attachments() == 0


RANGES = [
    ("bytes=0-9", 206, CONTENT[:10], "bytes 0-9/300000"),
    ("bytes=299990-", 206, CONTENT[-10:], "bytes 299990-299999/300000"),
    ("bytes=-5", 206, CONTENT[-5:], "bytes 299995-299999/300000"),
    ("bytes=0-999999", 206, CONTENT, "bytes 0-299999/300000"),
    ("bytes=-999999", 206, CONTENT, "bytes 0-299999/300000"),
    ("bytes=5-2", 200, CONTENT, None),  # invalid: ignored, as RFC 9110 wants
    ("bytes=0-1,5-6", 200, CONTENT, None),  # several parts: the whole is a correct answer
    ("lines=0-9", 200, CONTENT, None),
    ("bytes=-", 200, CONTENT, None),
]


async def test_ranges(here: World, tmp_path: Path) -> None:
    sha256 = await attach(here)
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        for asked, status, part, described in RANGES:
            answer = await client.get(f"/v1/attachments/{sha256}", headers={"range": asked})
            found = (answer.status_code, answer.headers.get("content-range"), answer.content == part)
            assert found == (status, described, True), asked
        assert (answer.headers["etag"], answer.headers["content-type"]) == (f'"{sha256}"', "image/png")


async def test_range_behind_the_end_is_refused_with_the_size(here: World, tmp_path: Path) -> None:
    sha256 = await attach(here)
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        for asked in ("bytes=300000-", "bytes=300000-300010", "bytes=-0"):
            answer = await client.get(f"/v1/attachments/{sha256}", headers={"range": asked})
            assert is_problem(answer, 416, "range_not_satisfiable")
            assert answer.headers["content-range"] == "bytes */300000"


async def test_known_content_is_not_sent_again(here: World, tmp_path: Path) -> None:
    sha256 = await attach(here)
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        answer = await client.get(f"/v1/attachments/{sha256}", headers={"if-none-match": f'"other", W/"{sha256}"'})
        assert (answer.status_code, answer.content) == (304, b"")
        stale = {"range": "bytes=0-9", "if-range": '"other"'}
        assert (await client.get(f"/v1/attachments/{sha256}", headers=stale)).status_code == 200


async def test_content_needs_a_record_this_rep_can_see(here: World, tmp_path: Path) -> None:
    sha256 = await attach(here, audience=["R2"])
    async with await here.device(tmp_path, "R1") as device, await here.device(tmp_path, "R2") as other:
        async with raw(here, device) as client:
            assert is_problem(await client.get(f"/v1/attachments/{sha256}"), 404, "attachment_not_found")
        async with raw(here, other) as client:
            assert (await client.get(f"/v1/attachments/{sha256}")).status_code == 200
            await here.put(gone("attachments", "X1"))
            assert is_problem(await client.get(f"/v1/attachments/{sha256}"), 404, "attachment_not_found")


async def test_stored_content_without_a_record_is_not_given_out(here: World, tmp_path: Path) -> None:
    orphan = await BlobStore(here.settings.blobs).put(b"nobody names me")
    foreign = World(here.pool, here.settings, here.channel + "y")
    elsewhere = await attach(foreign, b"of another channel")
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        for sha256 in (orphan, elsewhere):
            assert is_problem(await client.get(f"/v1/attachments/{sha256}"), 404, "attachment_not_found")


NAMES = [
    "..%2f..%2fetc%2fpasswd",
    "../../etc/passwd",
    "%2e%2e%2fx",
    "a" * 63,
    "A" * 64,
    "g" * 64,
    "%00" * 64,
    "a" * 64 + "%0a",
    "*",
    "'%20or%201=1",
]


async def test_no_name_but_a_hash_is_looked_at(here: World, tmp_path: Path) -> None:
    await attach(here)
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        for name in NAMES:
            answer = await client.get(f"/v1/attachments/{name}")
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), name


async def test_named_content_missing_in_the_store_is_said_so(here: World, tmp_path: Path) -> None:
    sha256 = await attach(here)
    BlobStore(here.settings.blobs).path(sha256).unlink()
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        assert is_problem(await client.get(f"/v1/attachments/{sha256}"), 404, "content_missing")


async def test_broken_download_goes_on_where_it_broke(here: World, tmp_path: Path) -> None:
    sha256 = await attach(here)
    async with await here.device(tmp_path) as device:
        await device.pull()
        part = device.files.path(sha256).with_name(f"{sha256}.part")
        part.write_bytes(CONTENT[:123_456])
        asked: list[str | None] = []

        async def note(request: object) -> None:
            asked.append(request.headers.get("range"))  # type: ignore[attr-defined]

        device.client._http.event_hooks["request"].append(note)
        await device.fetch_attachments()
        assert asked == ["bytes=123456-"]
        assert device.files.path(sha256).read_bytes() == CONTENT


async def test_all_bytes_but_not_renamed_yet_is_finished_without_a_download(here: World, tmp_path: Path) -> None:
    sha256 = await attach(here)
    async with await here.device(tmp_path) as device:
        await device.pull()
        device.files.path(sha256).with_name(f"{sha256}.part").write_bytes(CONTENT)
        await device.fetch_attachments()
        assert device.files.has(sha256)


async def test_wrong_content_is_refused_and_fetched_anew(here: World, tmp_path: Path) -> None:
    sha256 = await attach(here)
    async with await here.device(tmp_path) as device:
        await device.pull()
        device.files.path(sha256).with_name(f"{sha256}.part").write_bytes(b"wrong beginning")
        with pytest.raises(WrongContent):
            await device.fetch_attachments()
        assert not device.files.has(sha256)
        await device.fetch_attachments()
        assert device.files.has(sha256)
