"""The way of an upload: one thing is spoilt at a time, and that is the first obstacle."""

from __future__ import annotations

from typing import Any

import pytest

from services.control.explain.facts import ChannelFacts, Inbound, Place
from services.control.explain.finding import obstacle
from services.control.explain.way_in import way_in
from tests.unit.control.explained import AT, DEVICE, FEED, TRANSFER, WORD, inbound, outbound, place

NOTHING: dict[str, Any] = {"upload": None, "answer": None, "imported": None, "told": None, "back": None, "sender": None}


def first(facts: Inbound) -> str | None:
    found = obstacle(way_in(facts))
    return found.code if found else None


def test_an_upload_that_is_in_cee_back_and_answered_has_no_obstacle() -> None:
    steps = way_in(inbound())
    assert obstacle(steps) is None
    assert [step.code for step in steps if step.stage in ("imported", "answer")] == ["upload_imported", "answer_fetched"]
    assert [step.code for step in steps if step.stage == "device"] == ["on_device"]


def test_what_never_came_is_told_and_what_cannot_be_told_blames_nobody() -> None:
    assert first(inbound(**NOTHING, importer=place(None), writer=place(None))) == "upload_unknown"
    assert first(inbound(**NOTHING, source_id=None, importer=None, writer=None)) == "upload_unknown"
    assert first(inbound(**NOTHING, importer=None, writer=None)) is None
    assert first(inbound(**NOTHING, importer=None, writer=None, cee_away=True)) is None
    assert first(inbound(**NOTHING, importer=place(3), writer=place(3))) == "answer_lost"


LANES: list[tuple[Place, Place, str]] = [
    (place(4, 4), place(), "importer_behind"),
    (place(4, 4, members=0), place(), "importer_stopped"),
    (place(None, 2, searched=False), place(None), "importer_behind"),
    (place(), place(4, 4), "writer_behind"),
    (place(), place(4, 4, members=0), "writer_stopped"),
]


@pytest.mark.parametrize(("importer", "writer", "code"), LANES)
def test_the_lane_that_has_the_upload_before_it_is_named(importer: Place, writer: Place, code: str) -> None:
    assert first(inbound(**NOTHING, importer=importer, writer=writer)) == code


def test_a_newer_revision_on_its_way_counts_before_the_answer_to_an_older_one() -> None:
    assert first(inbound(importer=place(4, 4))) == "importer_behind"


def test_a_held_direction_keeps_what_the_importer_has_before_it_only() -> None:
    held = ChannelFacts("PL1", transfer=TRANSFER | {"held": True})
    assert first(inbound(channel=held, importer=place(4, 4))) == "transfer_held"
    assert first(inbound(channel=held)) is None
    assert first(inbound(channel=ChannelFacts("PL1", active=False))) == "channel_inactive"


SAID: list[tuple[str, str | None, str | None]] = [
    ("waiting", "partner_blocked", "upload_waits"),
    ("waiting", "warning_not_confirmed", "upload_to_confirm"),
    ("quarantined", "attempts_exhausted", "upload_quarantined"),
    ("rejected", "quote_expired", "upload_rejected"),
    ("conflict", "content_conflict", "upload_conflict"),
    ("unchanged", "already_imported", None),
]


@pytest.mark.parametrize(("outcome", "code", "expected"), SAID)
def test_the_writer_s_word_is_told_with_its_code(outcome: str, code: str, expected: str | None) -> None:
    said = WORD | {"outcome": outcome, "code": code, "at": AT, "sent_at": AT, "received_at": AT, "number": None}
    facts = inbound(answer=said, imported=None, back=None, upload=None, results=place(None, 3))
    found = obstacle(way_in(facts))
    assert found is not None
    if expected is None:
        assert found.code == "answer_behind", "done, but the sender has not heard of it"
    else:
        assert (found.code, found.facts["because"]) == (expected, code)


def test_what_waits_counts_before_an_answer_of_the_same_revision() -> None:
    waiting = WORD | {"outcome": "waiting", "code": "partner_missing", "attempts": 2, "at": AT}
    assert first(inbound(waiting=waiting)) == "upload_waits"


def test_an_answer_that_has_not_left_cee_is_told() -> None:
    unsent = WORD | {"attempt": 2, "at": AT, "sent_at": None, "received_at": AT, "number": "ZS/1"}
    assert first(inbound(answer=unsent)) == "answer_unsent"


def test_the_way_back_and_the_sender_s_device_come_last() -> None:
    behind = outbound(kind="sales-documents", key="ZS/ZS-1", asked="D1", device=DEVICE, feed=FEED | {"position": 21})
    assert first(inbound(back=behind)) == "device_behind"
    assert first(inbound(back=None, sender=DEVICE | {"data_position": 18})) == "answer_not_fetched"
    assert first(inbound(back=None, sender=DEVICE | {"acked_at": None, "data_position": None})) == "answer_not_fetched"
    assert first(inbound(sender=None)) is None, "the back-office app acknowledges nothing"
