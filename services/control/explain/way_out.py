"""The way of an exported object: what was gathered -> every stage in order, decided. Pure; called by explanation.py and way_in.py."""

from __future__ import annotations

from typing import Literal

from services.control.explain.channel_way import channel_step, reader_step, transfer_step
from services.control.explain.device_way import arrival
from services.control.explain.facts import OUTBOX_ROWS, CeeFacts, Outbound
from services.control.explain.finding import Fields, Finding, told
from services.control.explain.membership import membership
from services.control.explain.outcome_way import outcome_step

Fate = Literal["delivered", "due", "ledger", "before_exporter", "before_feed", "lost", "unpublished", "unknown"]


def fate_of(facts: Outbound) -> Fate:
    """What has become of the newest published state. What stands in our tables at that version proves that every lane was past it."""
    version, log = facts.version, facts.log
    if version is None and facts.cee is not None:
        return "unpublished"
    if _reaches(facts.due, version):
        return "due"
    if _reaches(facts.feed, version):
        return "delivered"
    if _reaches(facts.ledger, version) and facts.ledger is not None and facts.ledger["outcome"] != "warning":
        return "ledger"
    if version is None or log is None or log.exporter is None or log.feed is None:
        return "unknown"
    if not log.exporter.passed:
        return "before_exporter"
    return "lost" if log.feed.passed else "before_feed"


def _reaches(row: Fields | None, version: int | None) -> bool:
    return row is not None and (version is None or row["objectversion"] >= version)


def way_out(facts: Outbound) -> list[Finding]:
    """Every stage from CEE to the devices."""
    fate = fate_of(facts)
    before_exporter = fate == "before_exporter" or (fate == "unknown" and facts.cee is not None)
    transfer = transfer_step(facts.channel, "export", before_exporter)
    exporter = facts.log.exporter if facts.log else None
    steps = [
        channel_step(facts.channel),
        transfer,
        Finding("source", True, f"source_{facts.source}", {"kind": facts.kind}),
        *_in_cee(facts),
        _published(facts, fate),
    ]
    if fate == "unpublished":
        return steps
    steps.append(reader_step("exporter", exporter, before_exporter, transfer.ok is False))
    if before_exporter:
        return steps + _older(facts)
    steps.append(outcome_step(facts, fate))
    if fate in ("due", "ledger", "lost"):
        return steps + _older(facts)
    steps.append(reader_step("feed", facts.log.feed if facts.log else None, fate == "before_feed", False))
    if fate == "before_feed":
        return steps + _older(facts)
    return steps + arrival(facts)


def _in_cee(facts: Outbound) -> list[Finding]:
    """Is it a member of the channel, and is a change of it still in the outbox?"""
    cee = facts.cee
    if cee is None:
        return [Finding("cee", None, "cee_away")]
    if facts.source == "ingest":
        return [Finding("cee", None, "no_view", {"kind": facts.kind})]
    return [membership(facts, cee), _outbox(facts, cee)]


def _outbox(facts: Outbound, cee: CeeFacts) -> Finding:
    """Its own change, or, of an object that was not published yet, any that may make it due."""
    outbox = cee.outbox
    found = told(outbox, "rows", "own", "age_s", "own_age_s")
    if not outbox.get("begun"):
        return Finding("outbox", False, "source_behind" if cee.source_works else "source_stopped", found)
    whole = facts.version is None and cee.row is not None and (outbox["scoped"] or outbox["expanding"])
    if not outbox["own"] and not whole and outbox["rows"] > OUTBOX_ROWS:
        return Finding("outbox", None, "outbox_long", found | {"rows": OUTBOX_ROWS})
    if not outbox["own"] and not whole:
        return Finding("outbox", True, "outbox_clear", found)
    if outbox["own_held"] if outbox["own"] else outbox["held"]:
        return Finding("outbox", False, "transaction_open", found | told(cee.transaction, "pid", "application", "database", "open_s"))
    return Finding("outbox", False, "source_behind" if cee.source_works else "source_stopped", found)


def _published(facts: Outbound, fate: Fate) -> Finding:
    """The state that stands in cee.*; a snapshot that has not come to the key is what keeps the rest."""
    place = facts.log.exporter.facts() if facts.log and facts.log.exporter else {}
    names = {"channel": facts.channel.id, "kind": facts.kind, "key": facts.key}
    if facts.cee is None:
        return Finding("published", None, "cee_away")
    arrived = fate in ("delivered", "due", "ledger")
    if facts.cee.snapshot is not None and not arrived:
        return Finding("published", False, "snapshot_behind", names | told(facts.cee.snapshot, "state", "done", "total", "reason"))
    if facts.cee.published is None:
        if facts.source == "ingest":
            return Finding("published", False, "not_ingested", names)
        is_member = facts.cee.row is not None and facts.cee.row["member"]
        return Finding("published", False, "not_published", names) if is_member else Finding("published", None, "never_published")
    code = "removal_published" if facts.cee.published["removed"] else "published"
    return Finding("published", True, code, names | told(facts.cee.published, "objectversion", "at") | place)


def _older(facts: Outbound) -> list[Finding]:
    """What devices go on having meanwhile."""
    row = facts.feed
    if row is None or row["removed"] or not row["position"]:
        return []
    return [Finding("feed", None, "older_in_feed", told(row, "objectversion", "position", "op", "event_at", "at"))]
