"""Lays what a device holds beside what it must hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from schemas.topics import KINDS
from services.sandbox.expected.bodies import Body, Fields, fields_of
from services.sandbox.expected.expectation import Expected

Device = Mapping[str, Mapping[str, Body]]  # kind -> key -> body as received, `op` included; deleted rows are not there


@dataclass(frozen=True)
class Difference:
    """One record that is not as it must be. `want` and `have` are its fields, None where it must not or does not exist."""

    kind: str
    key: str
    problem: Literal["missing", "unexpected", "different"]
    want: Fields | None = None
    have: Fields | None = None

    def __str__(self) -> str:
        changed = [f"{have!r} instead of {want!r}" for want, have in zip(self.want or (), self.have or (), strict=False) if want != have]
        return f"{self.kind} {self.key}: {self.problem}{': ' + '; '.join(changed) if self.problem == 'different' else ''}"


def compare(expected: Expected, device: Device) -> list[Difference]:
    """Empty when the device is right. A deactivated record may as well be absent: it may never have been there."""
    known = {body["number"] for body in device.get("articles", {}).values() if body.get("op") != "deactivate"}
    return [found for kind in KINDS for found in _compare(kind, expected.get(kind, {}), device.get(kind, {}), known)]


def _compare(kind: str, want: Mapping[str, tuple[str, Fields]], have: Mapping[str, Body], articles: set[str]) -> list[Difference]:
    found = []
    for key, (op, fields) in want.items():
        body = have.get(key)
        active = body is not None and body.get("op") != "deactivate"
        if op == "deactivate":
            if active:
                found.append(Difference(kind, key, "unexpected"))
        elif body is None or not active:
            found.append(Difference(kind, key, "missing", fields))
        else:
            given = fields_of(kind, _of_active(kind, body, articles))
            if given != fields:
                found.append(Difference(kind, key, "different", fields, given))
    extra = (key for key, body in have.items() if key not in want and body.get("op") != "deactivate")
    return found + [Difference(kind, key, "unexpected") for key in extra]


def _of_active(kind: str, body: Body, articles: set[str]) -> Body:
    """A category may still name articles that left the assortment: the device does not show them."""
    if kind != "article-categories":
        return body
    kept: list[Any] = [entry for entry in body.get("articles") or () if entry["article"] in articles]
    return {**body, "articles": kept}
