"""The way of an exported object: one thing is spoilt at a time, and that is the first obstacle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from services.control.explain.facts import OUTBOX_ROWS, ChannelFacts, LogFacts, Outbound
from services.control.explain.finding import Finding, obstacle
from services.control.explain.way_out import fate_of, way_out
from tests.unit.control.explained import AT, DEVICE, DUE, FEED, OUTBOX, TRANSFER, cee, outbound, place

BEFORE = LogFacts(place(4, 4), place(None, 5))
OLD = FEED | {"objectversion": 6}
PENDING = OUTBOX | {"rows": 3, "own": 1, "age_s": 9.0, "own_age_s": 2.0}


def first(facts: Outbound) -> str | None:
    found = obstacle(way_out(facts))
    return found.code if found else None


def test_what_has_arrived_has_no_obstacle_and_every_stage() -> None:
    steps = way_out(outbound())
    assert obstacle(steps) is None
    assert [step.code for step in steps if step.stage in ("audience", "device")] == ["audience_channel", "on_all_devices"]


CHANNEL: list[tuple[dict[str, Any], str]] = [
    ({"in_cee": False}, "channel_gone"),
    ({"active": False}, "channel_inactive"),
    ({"on_bus": False}, "channel_not_on_bus"),
    ({"invalid": "currency", "on_bus": False}, "channel_invalid"),
]


@pytest.mark.parametrize(("changed", "code"), CHANNEL)
def test_the_channel_comes_first(changed: dict[str, Any], code: str) -> None:
    assert first(outbound(channel=ChannelFacts("PL1", **changed), feed=None, log=None, cee=None)) == code


def test_settings_that_became_invalid_keep_nothing_while_the_last_valid_ones_stand() -> None:
    assert first(outbound(channel=ChannelFacts("PL1", invalid="currency"))) is None


WANTED: list[tuple[dict[str, Any], str]] = [
    ({"transfer": TRANSFER | {"held": True}}, "transfer_held"),
    ({"transfer": TRANSFER | {"held": True, "detached": True}}, "transfer_detached"),
    ({"transfer": TRANSFER | {"mode": "on-demand"}}, "transfer_on_demand"),
    ({"transfer": TRANSFER | {"mode": "scheduled"}, "schedule": {"name": "night", "next_at": AT}}, "transfer_scheduled"),
    (
        {"transfer": TRANSFER | {"mode": "on-demand"}, "run": {"state": "waiting", "run": "r", "code": "no_slot", "queue": "q"}},
        "transfer_run_waits",
    ),
    (
        {"transfer": TRANSFER | {"mode": "scheduled", "paused": True}, "run": {"state": "waiting", "run": "r", "code": "x", "queue": "q"}},
        "transfer_queue_paused",
    ),
    ({"transfer": TRANSFER | {"mode": "on-demand"}, "run": {"state": "running", "run": "r"}}, "exporter_behind"),
]


@pytest.mark.parametrize(("changed", "code"), WANTED)
def test_a_lane_that_stands_by_an_operator_s_will_keeps_what_is_before_it_only(changed: dict[str, Any], code: str) -> None:
    channel = ChannelFacts("PL1", **changed)
    assert first(outbound(channel=channel, feed=OLD, log=BEFORE)) == code
    assert first(outbound(channel=channel)) is None
    assert first(outbound(channel=channel, due=DUE, feed=None)) == "quarantined"


MEMBERS: list[tuple[str, dict[str, Any], str]] = [
    ("partners", {}, "partner_not_assigned"),
    ("partners", {"assigned": True, "status": "inactive"}, "partner_is_inactive"),
    ("partners", {"assigned": True, "status": "released"}, "partner_deleted"),
    ("articles", {"status": "released"}, "article_not_in_assortment"),
    ("articles", {"in_assortment": True, "status": "marked_for_deletion"}, "article_marked_for_deletion"),
    ("sales-documents", {"issue_date": "2020-01-01", "status_general": "completed"}, "document_too_old"),
    ("sales-reps", {"sales_rep": True}, "rep_without_profile"),
    ("sales-reps", {"profile": {"series": "A"}, "sales_rep": False}, "rep_is_none"),
    ("sales-reps", {"profile": {"series": "A"}, "sales_rep": True, "employer": "X"}, "rep_not_employed"),
    ("availability", {}, "not_member"),
]


@pytest.mark.parametrize(("kind", "body", "code"), MEMBERS)
def test_why_an_object_is_no_member_is_read_from_its_own_fields(kind: str, body: dict[str, Any], code: str) -> None:
    row = {"version": 3, "member": False, "body": body | {"stub": True}}
    found = obstacle(way_out(outbound(kind=kind, cee=cee(row=row), feed=FEED | {"op": "deactivate"})))
    assert found is not None
    assert (found.stage, found.code, found.facts["stub"]) == ("cee", code, True)


def test_a_key_without_a_row_is_gone_unknown_or_kept_out_by_another_object() -> None:
    assert first(outbound(cee=cee(row=None))) == "gone_from_cee"
    assert first(outbound(cee=cee(row=None, published=None), feed=None)) == "key_unknown"
    assert first(outbound(cee=cee(row=None, lacking=("article_lacking", {"article": "A"})))) == "article_lacking"


OUTBOXES: list[tuple[dict[str, Any], str]] = [
    ({"outbox": PENDING}, "source_behind"),
    ({"outbox": PENDING, "source_works": False}, "source_stopped"),
    (
        {"outbox": PENDING | {"held": True, "own_held": True}, "transaction": {"pid": "1", "application": "x", "open_s": 3.0}},
        "transaction_open",
    ),
    ({"outbox": PENDING | {"held": True}}, "source_behind"),
    ({"outbox": OUTBOX | {"begun": False}, "source_works": False}, "source_stopped"),
    ({"published": None}, "not_published"),
    ({"published": None, "outbox": OUTBOX | {"rows": 2, "scoped": True}}, "source_behind"),
    ({"published": None, "outbox": OUTBOX | {"rows": 2, "scoped": True, "held": True}}, "transaction_open"),
    ({"published": None, "snapshot": {"state": "rows", "done": 1, "total": 9, "reason": "activated"}}, "snapshot_behind"),
]


@pytest.mark.parametrize(("changed", "code"), OUTBOXES)
def test_a_change_that_is_not_published_is_the_source_s_or_an_open_transaction_s(changed: dict[str, Any], code: str) -> None:
    assert first(outbound(cee=cee(**changed), feed=None if "published" in changed else FEED)) == code


def test_an_outbox_too_long_to_look_through_blames_nobody() -> None:
    steps = way_out(outbound(cee=cee(outbox=OUTBOX | {"rows": OUTBOX_ROWS + 1})))
    assert obstacle(steps) is None
    assert [step.code for step in steps if step.stage == "outbox"] == ["outbox_long"]


def test_a_snapshot_keeps_only_what_has_not_arrived() -> None:
    assert first(outbound(cee=cee(snapshot={"state": "rows", "done": 1, "total": 9, "reason": "gap"}))) is None


PLACES: list[tuple[LogFacts, str]] = [
    (BEFORE, "exporter_behind"),
    (LogFacts(place(4, 4, members=0), place(None, 5)), "exporter_stopped"),
    (LogFacts(place(None, 4), place(None, 5)), "exporter_behind"),
    (LogFacts(place(3, 4), place(None, 3)), "feed_behind"),
    (LogFacts(place(), place(None, 3, members=0)), "feed_stopped"),
    (LogFacts(place(), place(None, 5)), "lost"),
]


@pytest.mark.parametrize(("log", "code"), PLACES)
def test_the_lane_that_has_the_record_before_it_is_named(log: LogFacts, code: str) -> None:
    steps = way_out(outbound(log=log, feed=OLD))
    found = obstacle(steps)
    assert found is not None
    assert found.code == code
    assert steps[-1].code == "older_in_feed"


OUTCOMES: list[tuple[dict[str, Any], str]] = [
    ({"due": DUE}, "quarantined"),
    ({"due": DUE | {"exhausted": True}}, "exhausted"),
    ({"due": DUE | {"outcome": "waiting", "code": "category_not_released"}}, "condition_not_met"),
    ({"due": DUE | {"outcome": "waiting", "code": "reference_missing", "params": {"ref": "articles/A"}}}, "parent_missing"),
    ({"ledger": DUE | {"outcome": "discarded", "params": {"reason": "old"}, "at": AT}}, "discarded"),
    ({"ledger": DUE | {"outcome": "unchanged", "code": "filtered", "at": AT}}, "passed_over"),
    ({"ledger": DUE | {"outcome": "rejected", "code": "kind_unknown", "at": AT}}, "refused_for_good"),
]


@pytest.mark.parametrize(("changed", "code"), OUTCOMES)
def test_what_became_of_the_newest_state_is_told_whatever_kafka_says(changed: dict[str, Any], code: str) -> None:
    assert first(outbound(feed=OLD, log=None, **changed)) == code
    newer = {name: row | {"objectversion": 6} for name, row in changed.items()}
    assert first(outbound(feed=OLD, log=BEFORE, **newer)) == "exporter_behind", "an older state's fate is not this one's"


def test_a_missing_parent_is_told_with_what_keeps_it() -> None:
    due = DUE | {"outcome": "waiting", "code": "reference_missing"}
    waiting = {"objectversion": 7, "missing": [["articles", "A"], ["partners", "P"]], "soft": False, "at": AT}
    parents = [("articles", "A", Finding("cee", False, "key_unknown", {"key": "A"}))]
    found = obstacle(way_out(outbound(feed=None, due=due, waiting=waiting, parents=parents)))
    assert found is not None
    assert (found.facts["count"], found.facts["missing"]) == (2, ["articles/A", "partners/P"])
    assert (found.facts["parent_kind"], found.facts["parent_key"], found.facts["parent_code"]) == ("articles", "A", "key_unknown")


def test_a_warning_and_a_shortened_state_keep_nothing() -> None:
    remark = DUE | {"outcome": "warning", "code": "ean_invalid", "at": AT}
    steps = way_out(outbound(ledger=remark, waiting={"missing": [["partners", "P"]], "soft": True}))
    assert obstacle(steps) is None
    assert {"sent_with_remark", "shortened_in_feed"} <= {step.code for step in steps}


DEVICES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"audience": ["R2"]}, {}, "audience_other"),
    ({"audience": []}, {}, "audience_nobody"),
    ({"audience": ["R2"], "left_audience": ["R1"], "left_at": AT}, {}, "audience_left"),
    ({"audience": ["R2"], "left_audience": ["*"], "left_at": AT}, {"state": "revoked"}, "audience_left"),
    ({}, {"state": "revoked", "revoked_at": AT}, "device_revoked"),
    ({}, {"state": "enrolled"}, "device_not_enrolled"),
    ({}, {"channel": "DE1"}, "device_of_other_channel"),
    ({}, {"acked_at": None, "data_position": None}, "device_never_pulled"),
    ({}, {"valid": False}, "device_starts_again"),
    ({}, {"data_position": 19}, "device_behind"),
    ({"op": "deactivate"}, {}, "deactivated_in_feed"),
]


@pytest.mark.parametrize(("row", "device", "code"), DEVICES)
def test_the_named_device_s_obstacles_come_last(row: dict[str, Any], device: dict[str, Any], code: str) -> None:
    facts = outbound(asked="D1", feed=FEED | row, device=DEVICE | device)
    assert first(facts) == code
    assert first(replace(facts, feed=OLD, due=DUE)) == "quarantined"


def test_a_device_that_nobody_knows_and_one_that_has_it() -> None:
    assert first(outbound(asked="D9")) == "device_unknown"
    assert first(outbound(asked="D1", device=DEVICE, feed=FEED | {"audience": ["R1"]})) is None
    assert first(outbound(asked="D1", device=DEVICE, kind="attachments")) == "device_behind", "attachments have a position of their own"


def test_without_a_device_all_active_ones_of_the_audience_count() -> None:
    slow = {"id": "D2", "rep": "R1", "last_seen_at": AT, "acked": 3, "total": 2, "behind": 1}
    found = obstacle(way_out(outbound(devices=[slow, slow | {"id": "D1", "acked": 20}])))
    assert found is not None
    assert (found.code, found.facts["devices"]) == ("devices_behind", ["D2"])
    assert first(outbound(devices=[])) == "device_none"
    assert first(outbound(devices=[], feed=FEED | {"audience": []})) == "audience_nobody"


def test_an_ingested_kind_is_asked_of_no_view() -> None:
    assert first(outbound(source="ingest", cee=cee(row=None))) is None
    assert first(outbound(source="ingest", cee=cee(row=None, published=None), feed=None)) == "not_ingested"


AWAY: list[tuple[Callable[[], Outbound], set[str]]] = [
    (lambda: outbound(cee=None, log=None), {"cee_away"}),
    (lambda: outbound(log=None, feed=OLD), {"kafka_away"}),
]


@pytest.mark.parametrize(("made", "codes"), AWAY)
def test_a_part_that_is_away_is_told_and_blames_nobody(made: Callable[[], Outbound], codes: set[str]) -> None:
    steps = way_out(made())
    assert obstacle(steps) is None
    assert codes <= {step.code for step in steps if step.ok is None}
    assert fate_of(outbound(cee=None, log=None, feed=None)) == "unknown"
