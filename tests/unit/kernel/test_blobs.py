"""Content is stored once, and its name can't leave the store."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from services.kernel.blobs import BlobStore


def test_the_same_content_is_stored_once(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)

    async def put_twice() -> tuple[str, str]:
        return await store.put(b"picture"), await store.put(b"picture")

    one, other = asyncio.run(put_twice())
    assert one == other == hashlib.sha256(b"picture").hexdigest()
    assert store.path(one).read_bytes() == b"picture"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [one]


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "", "ab/" + "0" * 61, "0" * 63 + "\n", "0" * 64 + "\n"])
def test_only_a_sha256_names_a_content(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a sha256"):
        BlobStore(tmp_path).path(name)
