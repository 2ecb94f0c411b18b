"""The envelope of an upload (domain.md 4), its content hash and its id. The record is one flat JSON object.

The gateway stamps channel, client, device_id or client_id, and db_epoch from the token and the request before it hashes and
stores a record; hash and id are those of the stamped record. Used by gateway, importer and writer.
"""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar, Literal
from uuid import NAMESPACE_DNS, uuid5

import orjson
from pydantic import Field

from schemas.envelope import Contract
from schemas.fields import Int64, Moment, Position, Text20, Text64, Uuid

NAMESPACE = uuid5(NAMESPACE_DNS, "ceebus")
# what says how and by whom a record came, not what it says: the same content from another device or epoch is the same upload
UNHASHED = frozenset({"channel", "source_id", "revision", "client", "device_id", "client_id", "db_epoch", "sent_at"})


class Upload(Contract):
    """One revision of an object born on a device, or of the edit of an object born in CEE; `source_id` names either.

    `device`: device_id and db_epoch are there. `management`: client_id is there, and neither of them.
    """

    kind_name: ClassVar[str] = ""

    channel: str
    kind: str
    source_id: Uuid
    revision: Position
    op: Literal["upsert", "delete"] = "upsert"
    client: Literal["device", "management"] = Field(description="This, the next three and `channel` are stamped by the gateway.")
    device_id: Text64 | None = None
    client_id: Text64 | None = None
    db_epoch: Uuid | None = None
    base_version: Int64 | None = None
    rep: Text20
    sent_at: Moment | None = Field(default=None, description="For display only.")

    @classmethod
    def __pydantic_init_subclass__(cls, kind: str = "", **keywords: Any) -> None:
        cls.kind_name = kind or cls.kind_name


def upload_hash(record: dict[str, Any]) -> str:
    """SHA-256, hex, of the canonical JSON of a stamped upload without what says how it came."""
    kept = {name: value for name, value in record.items() if name not in UNHASHED}
    return hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)).hexdigest()


def upload_id(channel: str, source_id: str, revision: int, content_hash: str) -> str:
    """The id of an upload, and its `ce_id`: whoever sends the same again sends the same upload."""
    return str(uuid5(NAMESPACE, f"{channel}/{source_id.lower()}/{revision}/{content_hash}"))


def device_sender(device_id: str) -> str:
    """Who an answer goes to, and `ce_sender`: a device."""
    return f"device/{device_id}"


def management_sender(client_id: str) -> str:
    """Who an answer goes to, and `ce_sender`: a client of the back-office app."""
    return f"management/{client_id}"
