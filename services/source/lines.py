"""What one ingested line is: a record for cee.*, or a defect with its code. Knows no Kafka and no SQL."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from schemas.cee.registry import CEE
from schemas.defect import Defect, defect_of
from schemas.envelope import RECORD_LIMIT
from services.kernel.blobs import BlobStore
from services.kernel.ndjson import Line
from services.kernel.signatures import CONTENT_LIMIT, fits, mime_of

KEY_LIMIT = 512  # bytes
LINE_LIMIT = {"attachments": 6 << 20}  # a content may come inside, as base64

Fields = dict[str, Any]


class Rejected(Exception):
    """A line that is not published."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.defect = Defect(code, params)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A record to publish; `value` None is a tombstone."""

    key: str
    value: bytes | None


class Judge:
    """Holds every line to the contract of its kind, which is the published schema."""

    def __init__(self, channel: str, kind: str, store: BlobStore) -> None:
        self._channel, self._kind, self._store = channel, kind, store
        self.limit = LINE_LIMIT.get(kind, RECORD_LIMIT)

    async def judge(self, line: Line) -> Accepted | Defect:
        """Never raises for what a line holds."""
        try:
            return await self._judge(line)
        except Rejected as rejected:
            return rejected.defect
        except ValidationError as error:
            return defect_of(error)

    async def _judge(self, line: Line) -> Accepted:
        if line.size > self.limit:
            raise Rejected("record_too_large", size=line.size, limit=self.limit)
        body = _object(line.text)
        if body.setdefault("channel", self._channel) != self._channel:
            raise Rejected("channel_unknown", value=body["channel"])
        if body.setdefault("kind", self._kind) != self._kind:
            raise Rejected("kind_unknown", value=body["kind"])
        if body.get("op") == "delete":
            return Accepted(_key(body), None)
        body.setdefault("member", True)
        key = _key(body)
        if self._kind == "attachments":
            await self._add_content(body)
        value = orjson.dumps(body)
        change = CEE[self._kind].validate_json(value)
        if change.own_key() != key:
            raise Rejected("field_invalid", field="key", value=key)
        if len(value) > RECORD_LIMIT:
            raise Rejected("record_too_large", size=len(value), limit=RECORD_LIMIT)
        return Accepted(key, value)

    async def _add_content(self, body: Fields) -> None:
        """`sha256`, `size` and `mime` are what the store has, whatever the line says."""
        if body.get("type") == "note" or not body["member"]:
            if isinstance(body.get("text"), str):
                body["sha256"] = hashlib.sha256(body["text"].encode()).hexdigest()
            return
        given = body.get("sha256")
        if "content" in body:
            sha256 = await self._store.put(_decoded(body.pop("content")))
            if given not in (None, sha256):
                raise Rejected("content_hash_mismatch", name=body.get("name"))
            given = sha256
        path = self._stored(given, body.get("name"))
        content, extension = path.read_bytes(), str(body.get("extension"))
        mime = mime_of(extension)
        if mime is None:
            raise Rejected("extension_not_allowed", extension=extension)
        if not fits(extension, content):
            raise Rejected("content_type_mismatch", name=body.get("name"), extension=extension)
        body |= {"sha256": given, "size": len(content), "mime": mime}

    def _stored(self, sha256: Any, name: Any) -> Path:
        try:
            path = self._store.path(str(sha256))
        except ValueError:
            raise Rejected("content_missing", name=name) from None
        if not path.is_file():
            raise Rejected("content_missing", name=name)
        return path


def _object(text: bytes) -> Fields:
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Rejected("malformed") from None
    if not isinstance(body, dict):
        raise Rejected("malformed")
    return body


def _key(body: Fields) -> str:
    key = body.get("key")
    if not key:
        raise Rejected("field_missing", field="key")
    if not isinstance(key, str) or "\x00" in key:
        raise Rejected("field_invalid", field="key", value=str(key)[:100])
    if len(key.encode()) > KEY_LIMIT:
        raise Rejected("field_too_long", field="key", limit=KEY_LIMIT)
    return key


def _decoded(content: Any) -> bytes:
    try:
        found = base64.b64decode(content, validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise Rejected("field_invalid", field="content", value="not base64") from None
    if len(found) > CONTENT_LIMIT:
        raise Rejected("attachment_too_large", size=len(found), limit=CONTENT_LIMIT)
    if not found:
        raise Rejected("content_missing")
    return found
