"""What the routes stand on, made once in __main__.py and handed down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.export.results import KIND as RESULTS
from schemas.topics import IMPORT_KINDS, KINDS
from services.control.cee import Cee
from services.control.known import Channels
from services.control.runs.progress import Progress
from services.control.status import Status
from services.kernel.http import Problem
from services.kernel.kafka_logs import Logs
from services.kernel.postgres import Pool
from services.kernel.settings import Settings

IMPORTS = "import/"  # before the kind of what is due on its way in
DUE_KINDS = (*KINDS, RESULTS, *(IMPORTS + kind for kind in IMPORT_KINDS))


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a request may need."""

    settings: Settings
    pool: Pool
    cee: Cee
    channels: Channels
    status: Status
    logs: Logs
    progress: Progress

    async def filters(self, channel: str | None, kind: str | None = None, kinds: Sequence[str] = KINDS) -> None:
        """Raises Problem 404 for a filter nothing can fit: an empty list would say that all is well."""
        if channel is not None:
            await self.channels.one(channel)
        if kind is not None:
            known_kind(kind, kinds)


def known_kind(kind: str, kinds: Sequence[str] = KINDS) -> str:
    """Raises Problem 404 `kind_unknown`."""
    if kind not in kinds:
        raise Problem(404, "kind_unknown", f"There is no kind {kind}. Kinds: {', '.join(kinds)}.")
    return kind
