"""Contents of attachments by tus: chunks go on where they broke off, and only what is as it was said is ever kept."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from uuid import uuid4

import httpx
import pytest

from services.gateway.files import KEPT_S, PartialFiles
from services.kernel.blobs import BlobStore
from services.kernel.settings import Settings
from services.kernel.signatures import CONTENT_LIMIT
from services.sandbox.generate.files import picture_jpg
from tests.integration.gateway_world import is_problem, raw
from tests.integration.push_world import Pushing, pushing

TUS = {"tus-resumable": "1.0.0"}
PHOTO = picture_jpg(Random(1), True)


@pytest.fixture
async def to(settings: Settings, channel: str, tmp_path: Path) -> AsyncIterator[Pushing]:
    async with pushing(settings, channel, tmp_path) as made:
        yield made


def said(content: bytes = PHOTO, filename: str = "shelf.jpg", **other: str) -> dict[str, str]:
    fields = {"source_id": str(uuid4()), "sha256": hashlib.sha256(content).hexdigest(), "filename": filename} | other
    pairs = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in fields.items() if value)
    return TUS | {"upload-length": str(len(content)), "upload-metadata": pairs}


async def create(to: Pushing, headers: dict[str, str]) -> httpx.Response:
    return await to.http.post("/v1/files", headers=headers)


async def chunk(to: Pushing, url: str, offset: int, content: bytes) -> httpx.Response:
    headers = TUS | {"upload-offset": str(offset), "content-type": "application/offset+octet-stream"}
    return await to.http.patch(url, content=content, headers=headers)


async def noted(to: Pushing) -> list[str]:
    rows = await to.here.pool.fetch("select sha256 from ceebus.upload_file where channel = $1", to.here.channel)
    return [row["sha256"] for row in rows]


async def test_a_content_in_chunks_is_kept_with_its_last_one(to: Pushing) -> None:
    began = await create(to, said())
    assert (began.status_code, began.headers["upload-offset"]) == (201, "0")
    url, half = began.headers["location"], len(PHOTO) // 2
    assert (await chunk(to, url, 0, PHOTO[:half])).headers["upload-offset"] == str(half)
    assert await noted(to) == []
    looked = await to.http.head(url, headers=TUS)
    assert (looked.headers["upload-offset"], looked.headers["upload-length"]) == (str(half), str(len(PHOTO)))
    assert (await chunk(to, url, half, PHOTO[half:])).status_code == 204
    sha256 = hashlib.sha256(PHOTO).hexdigest()
    assert BlobStore(to.here.settings.blobs).path(sha256).read_bytes() == PHOTO
    assert await noted(to) == [sha256]
    assert (await to.http.head(url, headers=TUS)).headers["upload-offset"] == str(len(PHOTO)), "also when the last answer was lost"
    assert (await chunk(to, url, len(PHOTO), b"")).status_code == 204


async def test_beginning_again_finds_what_is_here(to: Pushing) -> None:
    headers = said()
    url = (await create(to, headers)).headers["location"]
    await chunk(to, url, 0, PHOTO[:1000])
    again = await create(to, headers)
    assert (again.headers["location"], again.headers["upload-offset"]) == (url, "1000")
    assert is_problem(await chunk(to, url, 500, PHOTO[500:]), 409, "offset_wrong")
    assert is_problem(await chunk(to, url, 1000, PHOTO[1000:] + b"more"), 413, "file_too_long")
    assert (await to.http.head(url, headers=TUS)).headers["upload-offset"] == "1000"


async def test_what_came_before_a_cut_stays(to: Pushing) -> None:
    async def cut() -> AsyncIterator[bytes]:
        yield PHOTO[:70_000]
        raise ConnectionResetError

    url = (await create(to, said())).headers["location"]
    headers = TUS | {"upload-offset": "0", "content-type": "application/offset+octet-stream", "content-length": str(len(PHOTO))}
    with pytest.raises(ConnectionResetError):
        await to.http.patch(url, content=cut(), headers=headers)
    here = int((await to.http.head(url, headers=TUS)).headers["upload-offset"])
    assert (await chunk(to, url, here, PHOTO[here:])).status_code == 204
    assert await noted(to) == [hashlib.sha256(PHOTO).hexdigest()]


PASSED_OFF = [
    (b"MZ not a picture", "shelf.jpg", "content_type_mismatch"),
    (b"PK\x03\x04 no word inside", "offer.docx", "content_type_mismatch"),
    (b"\xff\xd8\xff a picture", "dump.raw", "content_type_mismatch"),
    (b"text\x00with control", "notes.txt", "content_type_mismatch"),
]


@pytest.mark.parametrize(("content", "filename", "code"), PASSED_OFF)
async def test_content_that_is_not_what_its_name_says_is_thrown_away(to: Pushing, content: bytes, filename: str, code: str) -> None:
    url = (await create(to, said(content, filename))).headers["location"]
    answer = await chunk(to, url, 0, content)
    assert is_problem(answer, 422, code)
    assert answer.json()["messages"].keys() == {"pl", "de", "en"}
    assert await noted(to) == []
    assert not BlobStore(to.here.settings.blobs).exists(hashlib.sha256(content).hexdigest())
    assert (await to.http.head(url, headers=TUS)).headers["upload-offset"] == "0"


async def test_another_content_than_was_announced_is_thrown_away(to: Pushing) -> None:
    other = PHOTO[:-1] + bytes([PHOTO[-1] ^ 1])
    url = (await create(to, said())).headers["location"]
    assert is_problem(await chunk(to, url, 0, other), 422, "content_hash_mismatch")
    assert await noted(to) == []
    assert (await chunk(to, url, 0, PHOTO)).status_code == 204


HOSTILE = [
    ({"filename": "../../etc/passwd.jpg"}, "field_invalid"),
    ({"filename": "..\\boot.jpg"}, "field_invalid"),
    ({"filename": "a\x00.jpg"}, "field_invalid"),
    ({"filename": ".."}, "field_invalid"),
    ({"filename": "x" * 300 + ".jpg"}, "field_invalid"),
    ({"filename": "virus.exe"}, "extension_not_allowed"),
    ({"filename": "jpg"}, "extension_not_allowed"),
    ({"filename": ""}, "field_missing"),
    ({"source_id": "7"}, "field_invalid"),
    ({"sha256": "A" * 64}, "field_invalid"),
    ({"sha256": ""}, "field_missing"),
]


@pytest.mark.parametrize(("changed", "code"), HOSTILE)
async def test_what_is_said_about_a_file_is_checked_first(to: Pushing, changed: dict[str, str], code: str) -> None:
    answer = await create(to, said(**changed))  # type: ignore[arg-type]
    assert is_problem(answer, 422, code)
    assert not list(to.here.settings.blobs.rglob("*.jpg"))


async def test_sizes_versions_and_forms_have_their_codes(to: Pushing) -> None:
    large = said() | {"upload-length": str(CONTENT_LIMIT + 1)}
    assert is_problem(await create(to, large), 413, "attachment_too_large")
    assert is_problem(await create(to, said() | {"upload-length": "0"}), 422, "field_missing")
    assert is_problem(await create(to, said() | {"upload-metadata": "filename *"}), 400, "metadata_broken")
    assert is_problem(await create(to, said() | {"tus-resumable": "0.2"}), 412, "tus_version")
    assert is_problem(await create(to, TUS), 422, "request_invalid")
    described = await to.http.options("/v1/files")
    assert (described.status_code, described.headers["tus-max-size"]) == (204, str(CONTENT_LIMIT))
    url = (await create(to, said())).headers["location"]
    assert is_problem(await to.http.patch(url, content=b"x", headers=TUS | {"upload-offset": "0"}), 415, "type_unknown")
    _, office = await to.client()
    async with office:
        assert is_problem(await office.post("/v1/files", headers=said()), 403, "devices_only")


async def test_a_file_is_its_sender_s_alone(to: Pushing, tmp_path: Path) -> None:
    url = (await create(to, said())).headers["location"]
    async with await to.here.device(tmp_path) as other, raw(to.here, other) as client:
        assert (await client.head(url, headers=TUS)).status_code == 404
        headers = TUS | {"upload-offset": "0", "content-type": "application/offset+octet-stream"}
        assert is_problem(await client.patch(url, content=PHOTO, headers=headers), 404, "file_unknown")
    assert (await to.http.head(f"{url[:-1]}x", headers=TUS)).status_code == 404


async def test_what_nobody_goes_on_with_is_swept_away(tmp_path: Path) -> None:
    files = PartialFiles(tmp_path)

    async def some() -> AsyncIterator[bytes]:
        yield b"some"

    for name in ("old", "new"):
        await files.append(name, 0, 10, some())
    day = time.time() - KEPT_S - 1
    os.utime(files.path("old"), (day, day))
    files.sweep(time.time() - KEPT_S)
    assert (files.size("old"), files.size("new")) == (0, 4)
