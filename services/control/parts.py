"""What the routes stand on, made once in __main__.py and handed down."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.topics import KINDS
from services.control.cee import Cee
from services.control.known import Channels
from services.control.status import Status
from services.kernel.http import Problem
from services.kernel.postgres import Pool
from services.kernel.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a request may need."""

    settings: Settings
    pool: Pool
    cee: Cee
    channels: Channels
    status: Status

    async def filters(self, channel: str | None, kind: str | None = None) -> None:
        """Raises Problem 404 for a filter nothing can fit: an empty list would say that all is well."""
        if channel is not None:
            await self.channels.one(channel)
        if kind is not None:
            known_kind(kind)


def known_kind(kind: str) -> str:
    """Raises Problem 404 `kind_unknown`."""
    if kind not in KINDS:
        raise Problem(404, "kind_unknown", f"There is no kind {kind}. Kinds: {', '.join(KINDS)}.")
    return kind
