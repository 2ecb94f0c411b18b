"""The way of an upload: what was gathered -> every stage in order, decided. Pure; called by explanation.py."""

from __future__ import annotations

from typing import Any

from services.control.explain.channel_way import channel_step, reader_step, transfer_step
from services.control.explain.facts import Inbound, Place
from services.control.explain.finding import Fields, Finding, told
from services.control.explain.way_out import way_out

_FATES = {
    "imported": (True, "upload_imported"),
    "unchanged": (True, "upload_unchanged"),
    "waiting": (False, "upload_waits"),
    "quarantined": (False, "upload_quarantined"),
    "rejected": (False, "upload_rejected"),
    "conflict": (False, "upload_conflict"),
}
_TO_CONFIRM = "warning_not_confirmed"


def way_in(facts: Inbound) -> list[Finding]:
    """Every stage from the gateway to CEE, back out again, and to the sender."""
    word = _word(facts)
    before_importer = _holds(facts.importer, word)
    before_writer = not before_importer and _holds(facts.writer, word)
    transfer = transfer_step(facts.channel, "import", before_importer)
    steps = [channel_step(facts.channel), transfer]
    if word is None and not before_importer and not before_writer:
        return [*steps, *_nowhere(facts)]
    steps.append(_received(facts, word, before_importer))
    steps.append(reader_step("importer", facts.importer, before_importer, transfer.ok is False))
    if before_importer:
        return steps
    steps.append(reader_step("writer", facts.writer, before_writer, False))
    if before_writer or word is None:
        return steps
    steps.append(_judged(facts, word))
    steps += _answered(facts)
    return steps + _back(facts)


def _holds(place: Place | None, word: Fields | None) -> bool:
    """The reader has an upload of the object still before it: found there, or not looked for to the end while nothing else is known."""
    if place is None:
        return False
    return not place.passed and (place.offset is not None or (word is None and not place.searched))


def _word(facts: Inbound) -> Fields | None:
    """The newest thing said about the upload: by the writer if CEE answers, else as the feed has it."""
    rows = [row for row in (facts.waiting, facts.answer, facts.inbox, facts.upload) if row is not None]
    return max(rows, key=lambda row: row["revision"], default=None)  # of equal revisions the first: what waits is not settled


def _nowhere(facts: Inbound) -> list[Finding]:
    names = {"channel": facts.channel.id, "kind": facts.kind, "key": facts.key}
    if facts.cee_away:
        return [Finding("cee", None, "cee_away")]
    if facts.importer is None and facts.source_id is not None:
        return [Finding("received", None, "kafka_away")]
    if facts.importer is not None and facts.importer.offset is not None:
        return [Finding("received", True, "upload_on_its_way", facts.importer.facts()), Finding("answer", False, "answer_lost", names)]
    return [Finding("received", False, "upload_unknown", names)]


def _received(facts: Inbound, word: Fields | None, before_importer: bool) -> Finding:
    place = facts.importer if before_importer else facts.writer
    if word is None or before_importer:
        return Finding("received", True, "upload_on_its_way", place.facts() if place else {})
    return Finding("received", True, "upload_received", told(facts.upload or facts.answer or word, "received_at", "sender", "revision"))


def _judged(facts: Inbound, word: Fields) -> Finding:
    """What became of it, with code and text."""
    ok, code = _FATES[word["outcome"]]
    if word["outcome"] == "waiting" and word["code"] == _TO_CONFIRM:
        code = "upload_to_confirm"
    found: dict[str, Any] = {"channel": facts.channel.id, "kind": facts.kind, "source_id": facts.source_id}
    found |= told(word, "revision", "sender", "outcome", "attempts", "at") | told(facts.upload, "number", "answered_at")
    if "at" not in found and facts.upload is not None:
        found |= {"at": facts.upload["answered_at"].isoformat()}
    if word["code"] is not None:
        found |= {"because": word["code"], "params": dict(word["params"])}
        found.setdefault("attempts", word["params"].get("count", 0))
    if facts.imported is not None:
        found |= {"object": facts.imported["key"]} | told(facts.imported, "number")
    return Finding("imported", ok, code, found)


def _answered(facts: Inbound) -> list[Finding]:
    """Whether the answer has left CEE and come to the feed."""
    answer, upload = facts.answer, facts.upload
    if answer is None or (upload is not None and (upload["revision"], upload["attempt"]) >= (answer["revision"], answer["attempt"])):
        return []
    if answer["sent_at"] is None:
        return [Finding("answer", False, "answer_unsent", told(answer, "at"))]
    return [Finding("answer", False, "answer_behind", facts.results.facts() if facts.results else {})]


def _back(facts: Inbound) -> list[Finding]:
    """The object's own way out, and the answer on the sender's device."""
    steps = way_out(facts.back)[1:] if facts.back is not None else []
    sender, row = facts.sender, facts.told
    if row is None:
        return steps
    if sender is None:  # the back-office app fetches its answers without acknowledging them
        return [*steps, Finding("answer", True, "answer_published", told(row, "position"))]
    found = {"sender": sender["id"], "position": row["position"]} | told(sender, "acked_at", "last_seen_at", "data_position")
    fetched = sender["acked_at"] is not None and bool(sender["valid"]) and sender["data_position"] >= row["position"]
    return [*steps, Finding("answer", fetched, "answer_fetched" if fetched else "answer_not_fetched", found)]
