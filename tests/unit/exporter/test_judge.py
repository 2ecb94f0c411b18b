"""What one record becomes, where a golden file would be too large or would not show it."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from schemas.channel import Channel
from schemas.envelope import RECORD_LIMIT
from services.exporter.judge import Verdict, judge
from tests.contracts.test_golden import CHANNEL as SETTINGS
from tests.contracts.test_golden import change_of
from tests.failing import failing

CHANNEL = Channel.model_validate(SETTINGS)


def judged(change: dict[str, Any], key: str | None = None) -> Verdict:
    return judge(CHANNEL, change["kind"], (key or change["key"]).encode(), orjson.dumps(change))


def test_a_record_of_exactly_the_limit_goes_and_one_more_byte_does_not() -> None:
    change = change_of("partners/customer")
    room = RECORD_LIMIT - len(orjson.dumps(change | {"unknown": ""}))
    assert judged(change | {"unknown": "x" * room}).op == "upsert"
    refused = judged(change | {"unknown": "x" * (room + 1)}).refused
    assert refused is not None
    assert (refused.outcome, refused.code, refused.params) == (
        "quarantined",
        "record_too_large",
        {"size": RECORD_LIMIT + 1, "limit": RECORD_LIMIT},
    )


def test_what_left_goes_however_long_its_record_is() -> None:
    change = change_of("partners/customer") | {"member": False, "matchcode": "x" * RECORD_LIMIT}
    verdict = judged(change)
    assert verdict.op == "deactivate"
    assert orjson.loads(verdict.value or b"")["name"] == change["name"]
    assert len(verdict.value or b"") < 1000
    price = change_of("price-lists/price") | {"member": False, "unknown": "x" * RECORD_LIMIT}
    assert (judged(price).op, judged(price).value) == ("delete", None)


def test_a_fault_of_a_handler_waits_for_another_attempt_and_is_named() -> None:
    change = change_of("partners/customer")
    with failing("partners", {change["key"]}):
        refused = judged(change).refused
        other = judged(change | {"key": "K-2", "number": "K-2"})
    assert refused is not None
    assert (refused.outcome, refused.code) == ("waiting", "delivery_failed")
    assert refused.params == {"error": "Unforeseen: by design"}
    assert other.op == "upsert"
    assert judged(change).op == "upsert"


def test_a_problem_that_is_not_in_the_table_keeps_the_record_from_going() -> None:
    refused = judged(change_of("partners/customer") | {"problems": [{"code": "moon_phase"}]}).refused
    assert refused is not None
    assert (refused.outcome, refused.code) == ("quarantined", "moon_phase")


def test_a_problem_that_is_a_warning_goes_with_the_record_as_a_remark() -> None:
    params = {"list": "DETAL", "profile": "R1"}
    verdict = judged(change_of("price-lists/list") | {"problems": [{"code": "list_not_on_profile", "params": params}]})
    assert verdict.op == "upsert"
    assert [(remark.code, remark.params) for remark in verdict.remarks] == [("list_not_on_profile", params)]


def test_the_same_content_has_the_same_hash_whatever_changed_around_it() -> None:
    change = change_of("availability/reserve")
    first, second = (
        judged(change),
        judged(change | {"version": 99, "changed_at": "2026-12-24T00:00:00.000Z", "as_of": "2026-12-24T00:00:00Z"}),
    )
    assert first.hash == second.hash
    assert first.value != second.value
    assert judged(change | {"available": "1"}).hash != first.hash


@pytest.mark.parametrize("kind", ["sales-reps", "partners", "articles", "sales-documents"])
def test_a_tombstone_of_a_kind_that_is_kept_becomes_a_deactivation_with_the_key_only(kind: str) -> None:
    verdict = judge(CHANNEL, kind, "K-Ż".encode(), None)
    value = orjson.loads(verdict.value or b"")
    assert value.pop("content_hash") == verdict.hash
    assert value == {"channel": CHANNEL.id, "kind": kind, "key": "K-Ż", "op": "deactivate", "version": 0}
    assert verdict.audience is None
