"""What the exporter and the feed have made of the newest state: sent, held back with a code, given up, passed over. Pure."""

from __future__ import annotations

from typing import Any

from services.control.explain.facts import Outbound
from services.control.explain.finding import Fields, Finding, told

_SHOWN = 3  # parents that are named


def outcome_step(facts: Outbound, fate: str) -> Finding:
    """Exactly one outcome."""
    names = {"channel": facts.channel.id, "kind": facts.kind, "key": facts.key}
    if fate == "due" and facts.due is not None:
        return _due(facts, facts.due, names)
    if fate == "ledger" and facts.ledger is not None:
        code = {"discarded": "discarded", "unchanged": "passed_over"}.get(facts.ledger["outcome"], "refused_for_good")
        found = _why(facts.ledger) | told(facts.ledger, "outcome", "at")
        reason = facts.ledger["params"].get("reason")
        return Finding("outcome", False, code, names | found | ({"reason": reason} if reason else {}))
    if fate == "lost":
        return Finding("outcome", False, "lost", names)
    if fate != "delivered":
        return Finding("outcome", None, "outcome_unknown", names)
    if facts.ledger is not None and facts.feed is not None and facts.ledger["objectversion"] >= facts.feed["objectversion"]:
        return Finding("outcome", True, "sent_with_remark", names | _why(facts.ledger))
    return Finding("outcome", True, "sent", names)


def _due(facts: Outbound, due: Fields, names: dict[str, Any]) -> Finding:
    found = names | _why(due) | told(due, "attempts", "first_at", "last_at", "topic", "topic_partition", "topic_offset")
    if due["exhausted"]:
        return Finding("outcome", False, "exhausted", found)
    if due["code"] == "reference_missing":
        return _parents(facts, due, found)
    return Finding("outcome", False, "condition_not_met" if due["outcome"] == "waiting" else "quarantined", found)


def _parents(facts: Outbound, due: Fields, found: dict[str, Any]) -> Finding:
    """Which parents it waits for, and why the first of them is not there."""
    missing = [f"{kind}/{key}" for kind, key in facts.waiting["missing"]] if facts.waiting else [str(due["params"].get("ref", "?"))]
    found |= {"missing": missing[:_SHOWN], "count": len(missing)}
    for kind, key, why in facts.parents[:1]:
        found |= {"parent_kind": kind, "parent_key": key} | ({"parent_code": why.code, "parent_facts": why.facts} if why else {})
    return Finding("outcome", False, "parent_missing", found)


def _why(row: Fields) -> dict[str, Any]:
    """The result code and its params; its text is made from them (schemas/codes.py)."""
    return {"because": row["code"], "params": dict(row["params"])}
