"""Facts of an object that has arrived, for tests that spoil one thing at a time."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.control.explain.facts import CeeFacts, ChannelFacts, Inbound, LogFacts, Outbound, Place

FOLDER = Path(__file__).parents[3] / "services/control/explain"
AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
OUTBOX = {
    "begun": True,
    "expanding": False,
    "rows": 0,
    "held": False,
    "scoped": False,
    "age_s": None,
    "own": 0,
    "own_held": False,
    "own_age_s": None,
}
FEED = {
    "objectversion": 7,
    "op": "upsert",
    "removed": False,
    "position": 20,
    "audience": None,
    "left_audience": None,
    "left_at": None,
    "hash": "ab",
}
FEED |= {"event_at": AT, "at": AT, "topic_partition": 1, "topic_offset": 3, "remark": None}
DUE = {
    "objectversion": 7,
    "outcome": "quarantined",
    "code": "field_missing",
    "params": {"field": "name"},
    "attempts": 1,
    "exhausted": False,
}
DUE |= {"first_at": AT, "last_at": AT, "topic": "cee.PL1.partners", "topic_partition": 1, "topic_offset": 4}
DEVICE = {"id": "D1", "channel": "PL1", "rep": "R1", "state": "active", "enrol_expires_at": None, "revoked_at": None, "last_seen_at": AT}
DEVICE |= {"acked_at": AT, "data_position": 20, "attachments_position": 0, "valid": True, "last": 20}
TRANSFER = {
    "mode": "live",
    "queue": "default",
    "held": False,
    "detached": False,
    "reason": None,
    "held_by": None,
    "held_at": None,
    "paused": False,
}


def place(offset: int | None = 4, marker: int = 5, **fields: Any) -> Place:
    return Place("cee.PL1.partners", 1, marker, 5, offset=offset, **fields)


def outbound(**changed: Any) -> Outbound:
    """A partner at version 7, on its one device."""
    facts: dict[str, Any] = {
        "channel": ChannelFacts("PL1"),
        "kind": "partners",
        "key": "P1",
        "feed": FEED,
        "log": LogFacts(place(), place()),
    }
    facts["cee"] = CeeFacts({"version": 3, "member": True, "body": {}}, {"objectversion": 7, "removed": False, "at": AT}, None, OUTBOX)
    facts["devices"] = [{"id": "D1", "rep": "R1", "last_seen_at": AT, "acked": 20, "total": 1, "behind": 0}]
    return Outbound(**facts | changed)


def cee(**changed: Any) -> CeeFacts:
    """What CEE says of it, with something else in one place."""
    made = outbound().cee
    assert made is not None
    for name, value in changed.items():
        setattr(made, name, value)
    return made


WORD = {"revision": 1, "sender": "device/D1", "outcome": "imported", "code": None, "params": {}, "attempt": 1, "final": True}


def inbound(**changed: Any) -> Inbound:
    """An order that is in CEE, back on its device, and answered."""
    upload = WORD | {"warnings": [], "number": "ZS/1", "received_at": AT, "answered_at": AT, "final_at": AT}
    facts: dict[str, Any] = {"channel": ChannelFacts("PL1"), "kind": "documents", "key": "x", "source_id": "s", "upload": upload}
    facts |= {
        "importer": place(),
        "writer": place(),
        "results": place(None),
        "answer": WORD | {"at": AT, "sent_at": AT, "received_at": AT, "number": "ZS/1"},
    }
    facts |= {
        "imported": {"key": "ZS/ZS-1", "number": "ZS-1", "revision": 1, "at": AT},
        "told": {"position": 19, "at": AT},
        "sender": DEVICE,
    }
    facts["back"] = outbound(kind="sales-documents", key="ZS/ZS-1", asked="D1", device=DEVICE)
    return Inbound(**facts | changed)


def literals() -> set[str]:
    """Every word that stands in the code of explain."""
    return {node.value for tree in _trees() for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def named_in_findings() -> set[str]:
    """Every code that is written where a finding is made."""
    calls = [node for tree in _trees() for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "Finding"]
    return {code for call in calls if len(call.args) > 2 for code in _codes(call.args[2])}


def _codes(node: ast.expr) -> set[str]:
    if isinstance(node, ast.IfExp):
        return _codes(node.body) | _codes(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def _trees() -> list[ast.Module]:
    return [ast.parse(file.read_text()) for file in FOLDER.glob("*.py") if not file.name.startswith("texts_")]
