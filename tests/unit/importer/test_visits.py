"""Visits by themselves: only appointments, and what a whole day is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.importer.judging import AS_MANAGEMENT, CHANNEL, refusal, written

NEW_YORK = CHANNEL.model_copy(update={"time_zone": "America/New_York"})


@pytest.mark.parametrize(
    ("changed", "code", "params"),
    [
        ({"action_type": "task"}, "not_an_appointment", {"number": "V-12"}),
        ({"action_type": "contact"}, "not_an_appointment", {"number": "V-12"}),
        ({"action_type": "call"}, "field_invalid", {"field": "action_type", "value": "call"}),
        ({"status": "done"}, "field_invalid", {"field": "status", "value": "done"}),
        ({"priority": "urgent"}, "field_invalid", {"field": "priority", "value": "urgent"}),
        ({"planned_end": "2026-03-09T08:00:00Z"}, "field_invalid", {"field": "planned_end", "value": "2026-03-09T08:00:00Z"}),
        ({"planned_end": "2026-03-09T10:00:00+01:00"}, "field_invalid", {"field": "planned_end", "value": "2026-03-09T10:00:00+01:00"}),
        ({"planned_start": "2026-02-30T08:00:00Z"}, "field_invalid", {"field": "planned_start", "value": "2026-02-30T08:00:00Z"}),
        ({"planned_start": "0000-01-01T08:00:00Z"}, "field_invalid", {"field": "planned_start", "value": "0000-01-01T08:00:00Z"}),
        ({"actual_start": "2025-02-29T08:00:00Z"}, "field_invalid", {"field": "actual_start", "value": "2025-02-29T08:00:00Z"}),
        ({"all_day": None}, "field_missing", {"field": "all_day"}),
        ({"all_day": "yes"}, "field_invalid", {"field": "all_day", "value": "yes"}),
        ({"rep": ""}, "field_missing", {"field": "rep"}),
        ({"name": "x" * 121}, "field_too_long", {"field": "name", "limit": 120}),
    ],
)
def test_a_visit_that_is_wrong_by_itself_is_rejected(changed: dict[str, Any], code: str, params: dict[str, Any]) -> None:
    assert refusal("visits", **changed) == (code, params)


def test_canceled_is_read_as_rejected() -> None:
    assert written("visits", status="canceled")["status"] == "rejected"
    assert written("visits", status="suspended")["status"] == "suspended"


def test_a_manager_plans_for_a_rep() -> None:
    value = written("visits", **AS_MANAGEMENT, rep="R2")
    assert (value["rep"], value["client_id"], "device_id" in value) == ("R2", "c-1", False)


def test_times_are_written_in_one_form() -> None:
    value = written("visits", planned_start="2026-03-09T08:00:00Z", planned_end="2026-03-09T08:30:00.500Z")
    assert (value["planned_start"], value["planned_end"]) == ("2026-03-09T08:00:00.000Z", "2026-03-09T08:30:00.500Z")


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("2026-03-09T08:00:00Z", "2026-03-09T09:00:00Z", "2026-03-08T23:00:00.000Z", "2026-03-09T23:00:00.000Z"),
        ("2026-03-08T23:00:00Z", "2026-03-09T23:00:00Z", "2026-03-08T23:00:00.000Z", "2026-03-09T23:00:00.000Z"),
        ("2026-03-08T23:00:00Z", "2026-03-08T23:00:00Z", "2026-03-08T23:00:00.000Z", "2026-03-09T23:00:00.000Z"),
        ("2026-03-29T08:00:00Z", "2026-03-29T09:00:00Z", "2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z"),
        ("2026-10-25T08:00:00Z", "2026-10-26T09:00:00Z", "2026-10-24T22:00:00.000Z", "2026-10-26T23:00:00.000Z"),
    ],
)
def test_a_whole_day_is_from_midnight_to_midnight_of_the_channel(start: str, end: str, first: str, last: str) -> None:
    value = written("visits", all_day=True, planned_start=start, planned_end=end)
    assert (value["planned_start"], value["planned_end"]) == (first, last)


def test_a_whole_day_is_that_of_the_channels_own_clocks() -> None:
    value = written("visits", NEW_YORK, all_day=True, planned_start="2026-01-02T03:00:00Z", planned_end="2026-01-02T04:00:00Z")
    assert (value["planned_start"], value["planned_end"]) == ("2026-01-01T05:00:00.000Z", "2026-01-02T05:00:00.000Z")


def test_days_in_the_wrong_order_are_refused() -> None:
    code, params = refusal("visits", all_day=True, planned_start="2026-03-09T08:00:00Z", planned_end="2026-03-07T09:00:00Z")
    assert (code, params["field"]) == ("field_invalid", "planned_end")


@pytest.mark.parametrize("moment", ["0001-01-01T00:30:00Z", "9999-12-31T23:30:00Z"])
def test_the_ends_of_the_calendar_do_no_harm(moment: str) -> None:
    value = refusal("visits", all_day=True, planned_start=moment, planned_end=moment)
    assert value == ("field_invalid", {"field": "planned_start", "value": moment})
