"""The envelope of everything that travels, and the only place that turns models into bytes and bytes into models.

CloudEvents binary mode, lean (design.md 4): attributes are headers, the value is one flat JSON object.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict

from schemas.fields import Flag, Int64, Moment, Uuid

Headers = list[tuple[str, bytes]]
Reference = tuple[str, str]  # (kind, key)

VOLATILE = frozenset({"version", "changed_at", "run_id", "as_of", "list_version", "content_hash"})
INCARNATION_SHIFT = 48
RECORD_LIMIT = 1_000_000  # bytes of one value; domain.md 8 `record_too_large`

_CONSTANT: Headers = [("ce_specversion", b"1.0"), ("content-type", b"application/json")]


class Contract(BaseModel):
    """Base of all that travels: immutable; readers ignore fields they do not know."""

    # cache_strings: values hardly ever repeat, looking for them costs more than it saves
    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True, cache_strings="keys")

    def __init_subclass__(cls, **keywords: Any) -> None:
        """Keywords such as `kind` are for `__pydantic_init_subclass__`."""
        super().__init_subclass__()


class Problem(Contract):
    """What CEE's view or the blob step found wrong with a record; `code` is of domain.md 8."""

    code: str
    params: dict[str, Any] = {}


class CeeChange(Contract):
    """One object's state as CEE states it, on `cee.<ch>.<kind>`. Fields: domain.md 3, marked B or C."""

    kind_name: ClassVar[str] = ""

    channel: str
    kind: str
    key: str
    member: Flag
    version: Int64
    changed_at: Moment | None = None
    origin_source_id: Uuid | None = None
    stub: Flag | None = None
    audience: tuple[str, ...] | None = None
    problems: tuple[Problem, ...] | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, kind: str = "", **keywords: Any) -> None:
        cls.kind_name = kind or cls.kind_name

    def own_key(self) -> str:
        """The key that the object's own fields make (domain.md 5)."""
        raise NotImplementedError


class Export(Contract):
    """What a device receives, on `export.<ch>.<kind>`. Fields: domain.md 3, marked B or P.

    `leaves` is the op of an object that left the channel (domain.md 7.3), `stub` the fields a deactivation keeps.
    """

    kind_name: ClassVar[str] = ""
    leaves: ClassVar[Literal["deactivate", "delete"]] = "delete"
    stub: ClassVar[tuple[str, ...]] = ()

    channel: str
    kind: str
    key: str
    op: Literal["upsert", "deactivate"] = "upsert"
    version: Int64
    changed_at: Moment | None = None
    origin_source_id: Uuid | None = None

    @classmethod
    def __pydantic_init_subclass__(
        cls, kind: str = "", leaves: Literal["deactivate", "delete", ""] = "", stub: tuple[str, ...] = (), **keywords: Any
    ) -> None:
        cls.kind_name = kind or cls.kind_name
        cls.leaves = leaves or cls.leaves
        cls.stub = stub or cls.stub

    @classmethod
    def of(cls, change: CeeChange, **derived: Any) -> Self:
        """The payload of a change: fields of the same name are taken over unchecked, they were checked on the way in."""
        shape = _shapes.get((cls, type(change)))
        if shape is None:
            shape = _shapes[(cls, type(change))] = _shape(cls, type(change))
        only_in_change, defaults = shape
        # what model_construct does, without looking at every field again: this is the exporter's hot path
        values = change.__dict__.copy()
        for name in only_in_change:
            del values[name]
        values.update(defaults)
        values.update(derived)
        made = cls.__new__(cls)
        object.__setattr__(made, "__dict__", values)
        object.__setattr__(made, "__pydantic_fields_set__", set())
        object.__setattr__(made, "__pydantic_extra__", None)
        object.__setattr__(made, "__pydantic_private__", None)
        return made

    @classmethod
    def needs(cls, body: dict[str, Any]) -> list[Reference]:
        """The records that must be in the channel's feed before this one (domain.md 5, "needs first")."""
        return []

    @classmethod
    def soft(cls, body: dict[str, Any]) -> list[Reference]:
        """References that are left out of the record until they arrive (domain.md 3.5)."""
        return []


_shapes: dict[tuple[type, type], tuple[tuple[str, ...], dict[str, Any]]] = {}


def _shape(payload: type[Export], change: type[CeeChange]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The fields that only the change has, and those that only the payload has with their defaults."""
    only_in_change = tuple(name for name in change.model_fields if name not in payload.model_fields)
    new = {name: field for name, field in payload.model_fields.items() if name not in change.model_fields}
    return only_in_change, {name: None if field.is_required() else field.get_default() for name, field in new.items()}


def content_hash(fields: dict[str, Any]) -> str:
    """SHA-256, hex, of the canonical JSON (RFC 8785) of `fields` without the volatile ones.

    `fields` is json-mode data without floats: then sorted keys and orjson's escaping are RFC 8785.
    """
    kept = fields.copy()
    for name in VOLATILE:
        kept.pop(name, None)
    return hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)).hexdigest()


def encode(fields: dict[str, Any]) -> tuple[bytes, str]:
    """Json-mode fields of a payload -> (value bytes with its hash inside, content hash)."""
    digest = content_hash(fields)
    fields["content_hash"] = digest
    return orjson.dumps(fields), digest


def object_version(incarnation: int, read_number: int) -> int:
    """The number that orders an object's states: CEE incarnation (15 bits), read number (48 bits)."""
    return incarnation << INCARNATION_SHIFT | read_number


def cee_headers(kind: str, key: str, version: int, source: bytes, extra: Sequence[tuple[str, bytes]] = ()) -> Headers:
    """Headers of a record on `cee.*`; `version` is the object version, `source` like `/cee/main`."""
    number = b"%d" % version
    name, shared = _of_kind(kind, source)
    return [*_CONSTANT, ("ce_id", b"%s/%s@%s" % (name, key.encode(), number)), *shared, ("ce_objectversion", number), *extra]


@lru_cache(maxsize=64)
def _of_kind(kind: str, source: bytes) -> tuple[bytes, Headers]:
    """Its name, and what all its records say."""
    return kind.encode(), [("ce_source", source), ("ce_type", b"ceebus.cee.%s.v1" % kind.encode())]


def header(headers: Sequence[tuple[str, bytes]], name: str) -> bytes | None:
    """The value of a header, or None."""
    for found, value in headers:
        if found == name:
            return value
    return None
