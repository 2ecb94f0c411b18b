"""The blob step: contents are stored and checked once, before the record that names them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.kernel.blobs import BlobStore
from services.kernel.signatures import CONTENT_LIMIT
from services.sandbox.stack import Stack
from tests.source_bed import Bed, small_cee, source_task
from tests.stack import eventually

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
async def bed(stack: Stack, tmp_path: Path) -> AsyncIterator[Bed]:
    async with small_cee(stack, tmp_path) as made:
        yield made


async def attach(bed: Bed, channel: str, key: str, content: bytes | None, **body: Any) -> None:
    if content is not None:
        await bed.cee.execute("insert into cee.content values($1, $2)", f"c-{key}", content)
    await bed.put(channel, "attachments", key, **{"name": key, "extension": "png", "content_id": f"c-{key}"} | body)


async def test_contents_are_stored_before_their_records_and_what_is_wrong_is_said(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    await attach(bed, channel, "good", PNG + b"1")
    await attach(bed, channel, "limit", PNG + b"0" * (CONTENT_LIMIT - len(PNG)))
    await attach(bed, channel, "large", PNG + b"0" * (CONTENT_LIMIT - len(PNG) + 1))
    await attach(bed, channel, "wrong", b"GIF89a")
    await attach(bed, channel, "strange", b"MZ", extension="exe")
    await attach(bed, channel, "missing", None)
    await attach(bed, channel, "note", None, content_id=None, extension=None, type="note", text="Zażółć")
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel))
        newest = {key: value or {} for key, value in (await bed.newest(channel, "attachments")).items()}
    sha256 = hashlib.sha256(PNG + b"1").hexdigest()
    assert (newest["good"]["sha256"], newest["good"]["size"], newest["good"]["mime"]) == (sha256, 9, "image/png")
    assert BlobStore(bed.settings.blobs).path(sha256).read_bytes() == PNG + b"1"
    assert newest["limit"]["size"] == CONTENT_LIMIT
    assert newest["note"]["sha256"] == hashlib.sha256("Zażółć".encode()).hexdigest()
    codes = {key: value["problems"][0]["code"] for key, value in newest.items() if "problems" in value}
    assert codes == {
        "large": "attachment_too_large",
        "wrong": "content_type_mismatch",
        "strange": "extension_not_allowed",
        "missing": "content_missing",
    }


async def test_a_content_is_fetched_once_until_its_file_is_lost(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    await attach(bed, channel, "A", PNG)
    store, sha256 = BlobStore(bed.settings.blobs), hashlib.sha256(PNG).hexdigest()
    async with source_task(bed.settings):
        await eventually(lambda: bed.has_newest(channel, "attachments", {"A"}))
        await bed.cee.execute("alter function cee.attachment_content(text) rename to hidden")  # fetching again would fail
        await bed.put(channel, "attachments", "A", name="renamed", extension="png", content_id="c-A")
        await eventually(lambda: bed.has_records(channel, "attachments", 2))
        await bed.cee.execute("alter function cee.hidden(text) rename to attachment_content")
        store.path(sha256).unlink()
        await bed.want(channel, "attachments", "A", "republish")
        await eventually(lambda: store.exists(sha256))
