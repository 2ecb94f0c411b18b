"""What still travels of an object that left the channel (domain.md 7.3), however wrong its other fields are. Used by judge.py."""

from __future__ import annotations

from copy import copy
from typing import Any

from pydantic import TypeAdapter, ValidationError, create_model

from schemas.envelope import Contract
from schemas.export.registry import EXPORT

Fields = dict[str, Any]

_AUDIENCE: TypeAdapter[tuple[str, ...] | None] = TypeAdapter(tuple[str, ...] | None)


def _stub(kind: str) -> type[Contract]:
    """The stub fields and the version of a kind's payload, none of them required."""
    fields: Fields = {}
    for name in ("version", *EXPORT[kind].stub):
        field = copy(EXPORT[kind].model_fields[name])
        field.default = None
        fields[name] = (field.annotation, field)
    made: type[Contract] = create_model(f"Stub of {kind}", __base__=Contract, **fields)
    return made


_STUBS = {kind: _stub(kind) for kind in EXPORT if EXPORT[kind].leaves == "deactivate"}


def deactivated(channel: str, kind: str, key: str, body: Fields) -> Fields:
    """The value that is sent with op `deactivate`; fields that break the contract stay out of it."""
    stub = _STUBS[kind]
    try:
        kept = stub.model_validate(body)
    except ValidationError as error:
        wrong = {fault["loc"][0] for fault in error.errors(include_url=False, include_input=False)}
        kept = stub.model_validate({name: value for name, value in body.items() if name not in wrong})
    head: Fields = {"channel": channel, "kind": kind, "key": key, "op": "deactivate", "version": 0}
    return head | kept.model_dump(mode="json", exclude_none=True)


def audience_of(body: Fields) -> tuple[str, ...] | None:
    """Whom the removal concerns; None = the whole channel. An audience that nobody can read is nobody's."""
    try:
        return _AUDIENCE.validate_python(body.get("recipients", body.get("audience")))
    except ValidationError:
        return ()
