"""What the attachments' operation needs besides CEE's database: contents by hash, and who uploaded which (our database)."""

from __future__ import annotations

from dataclasses import dataclass

from services.kernel.blobs import BlobStore
from services.kernel.postgres import Pool


@dataclass(frozen=True, slots=True)
class Files:
    """Opened in `__main__.py`: the blob store, and our database with its table `ceebus.upload_file`."""

    blobs: BlobStore
    ours: Pool
