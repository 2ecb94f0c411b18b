"""What travels inside the writer: an upload as the importer passed it on, and the answer to it.

Made by batch.py and release.py, decided on by rules/<kind>.py, written by target/<kind>.py. Values only: no I/O, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from services.kernel.guard import Remark

Outcome = Literal["imported", "unchanged", "waiting", "rejected", "conflict", "quarantined"]
Parent = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Imported:
    """What a source_id has become in CEE: row `ceebus.imported`. `key` is CEE's: partner number, `<type>/<hq number>`, uuid."""

    revision: int
    hash: str
    key: str
    number: str | None


@dataclass(frozen=True, slots=True)
class Upload:
    """One accepted record of `import.<ch>.<kind>`. Ids are lower-case text.

    body: the validated model of schemas/imports/<kind>.py; sender: `device/<id>` or `management/<id>`;
    device_state: `ok`, `foreign_epoch`, None for management; content_hash: hex, equal for equal content whoever sends it;
    known: what the source_id already is in CEE (None: never imported), as of this transaction;
    confirmed: an operator has confirmed its warnings; attempts: failed deliveries so far;
    received_at: when the gateway took it.
    """

    kind: str
    source_id: str
    revision: int
    op: Literal["upsert", "delete"]
    client: Literal["device", "management"]
    sender: str
    rep: str
    device_state: str | None
    upload_id: str
    content_hash: str
    body: Any
    received_at: datetime
    known: Imported | None = None
    confirmed: bool = False
    attempts: int = 0

    @property
    def is_foreign(self) -> bool:
        """It comes from a database of the device that is not the registered one (domain.md 7.5)."""
        return self.device_state == "foreign_epoch"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an upload. `code` is None only when plainly imported.

    remarks: warnings, and the further lost fields of an `edit_lost`; number, mobile_number, status, version: as CEE has them now;
    key: CEE's key of the object (needed when `applied`); parent: (kind, key) that it waits for, for a quick release: import kinds
    with a source_id or CEE's key (`("partners", number or source_id)`, `("documents", source_id or "<type>/<hq>")`), or
    `("sales-reps", number)`, `("articles", number)`; None: looked at by the sweep each second.
    applied: this revision is from now on what CEE has of the source_id; None: exactly when outcome is `imported`.
    An `edit_lost` whose other fields were written says applied=True.
    """

    upload: Upload
    outcome: Outcome
    code: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()
    number: str | None = None
    mobile_number: str | None = None
    status: str | None = None
    version: int | None = None
    key: str | None = None
    parent: Parent | None = None
    applied: bool | None = None

    @property
    def final(self) -> bool:
        """Nothing more will be said about this upload."""
        return self.outcome not in ("waiting", "quarantined")

    @property
    def is_applied(self) -> bool:
        return self.outcome == "imported" if self.applied is None else self.applied
