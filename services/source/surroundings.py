"""What all channel loops of a source process share."""

from __future__ import annotations

from dataclasses import dataclass

from services.kernel.postgres import Pool
from services.kernel.settings import Settings
from services.source.blobs import Blobs


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Opened in `__main__.py` and handed down: both databases, the blob step, the settings."""

    settings: Settings
    cee: Pool
    ours: Pool
    blobs: Blobs
