"""What becomes of uploaded documents (domain.md 4.2), decided from what CEE has. The first rule that applies decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bench.setup import settings_of
from services.kernel.guard import Remark
from services.writer.model import Answer, Imported, Upload
from services.writer.rules.documents import Accepted, Facts, Judging, Partner, Written
from tests.unit.writer.document_uploads import document, known, line, upload

TODAY = date.today()
SOURCE = "5d0c5f5e-7a43-4d0f-9d7d-0a6f0f0f1a01"
PARTNER = Partner("P1", "customer", "released", "K1", True)
CHANNEL = settings_of("Q1")  # max_user_discount 10


def facts(**changed: Any) -> Facts:
    """A company in which everything that the documents name is as it should be."""
    made = Facts(
        TODAY,
        2,
        partners={"P1": PARTNER, SOURCE: PARTNER},
        limits={"R1": Decimal("5.00")},
        rates={"V23": [(date(2011, 1, 1), Decimal(23)), (date(2004, 5, 1), Decimal(22))]},
    )
    return replace(made, **changed)


def order(*lines: dict[str, Any], **fields: Any) -> Upload:
    more = {name: fields.pop(name) for name in ("rep", "source_id", "device_state", "known") if name in fields}
    return upload("documents", document(lines or (line("A1"), line("A2")), **({"partner": "P1", "warehouse": "W1"} | fields)), **more)


def judged(one: Upload, **changed: Any) -> Answer:
    answer = Judging(facts(**changed), CHANNEL).decide(one)
    assert isinstance(answer, Answer)
    return answer


def accepted(one: Upload, **changed: Any) -> Accepted:
    decision = Judging(facts(**changed), CHANNEL).decide(one)
    assert isinstance(decision, Accepted), decision
    return decision


@pytest.mark.parametrize("partner", [{"partner": "P1"}, {"partner": None, "partner_source_id": SOURCE}])
def test_a_valid_document_is_accepted_for_its_partner_however_he_is_named(partner: dict[str, Any]) -> None:
    one = order(**partner)
    assert accepted(one) == Accepted(one, PARTNER, ())


def test_a_known_document_is_a_repeat_or_a_conflict() -> None:
    one = order()
    repeat = known(one, "ZS/1", "1")
    seen = {one.source_id: Written("ZS/1", "1", one.body.mobile_number, "released", 7)}
    answer = judged(repeat, written=seen)
    assert (answer.outcome, answer.code, answer.number, answer.status, answer.version) == (
        "unchanged",
        "already_imported",
        "1",
        "released",
        7,
    )
    other = replace(repeat, content_hash="f" * 64)
    assert (judged(other).outcome, judged(other).code) == ("conflict", "content_conflict")
    foreign = replace(other, device_state="foreign_epoch")
    assert (judged(foreign).outcome, judged(foreign).code) == ("conflict", "epoch_changed")
    assert judged(replace(repeat, device_state="foreign_epoch")).code == "already_imported"


def test_a_document_that_only_cee_remembers_is_not_written_again() -> None:
    one = order()
    assert judged(one, written={one.source_id: Written("ZS/1", "1", "ZS-1/11/26/R1", "released", 7)}).code == "content_conflict"


def test_a_new_document_from_a_foreign_epoch_is_imported() -> None:
    accepted(order(device_state="foreign_epoch"))


def test_a_mobile_number_belongs_to_one_document() -> None:
    one = order()
    for owner in (None, "another"):
        answer = judged(one, taken={one.body.mobile_number: owner})
        assert (answer.outcome, answer.code, answer.params) == (
            "conflict",
            "mobile_number_taken",
            {"mobile_number": one.body.mobile_number},
        )


def test_within_a_batch_the_first_document_takes_the_number_and_a_refused_one_does_not() -> None:
    refused, first, second = (order(mobile_number="ZS-1/11/26/R1", net_total=total) for total in ("1.00", "50.00", "50.00"))
    judging = Judging(facts(), CHANNEL)
    codes = [getattr(judging.decide(one), "code", "accepted") for one in (refused, first, second)]
    assert codes == ["totals_mismatch", "accepted", "mobile_number_taken"]


def test_a_source_id_twice_in_a_batch_is_one_document() -> None:
    judging, one = Judging(facts(), CHANNEL), order()
    assert isinstance(judging.decide(one), Accepted)
    assert [judging.decide(two).code for two in (one, replace(one, content_hash="0" * 64))] == ["already_imported", "content_conflict"]  # type: ignore[union-attr]


def test_a_quote_is_accepted_on_its_last_day() -> None:
    accepted(order(type="OS", mobile_number="OS-1/11/26/R1", expiry_date=TODAY.isoformat()))
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    answer = judged(order(type="OS", mobile_number="OS-1/11/26/R1", expiry_date=yesterday))
    assert (answer.outcome, answer.code, answer.params) == (
        "rejected",
        "quote_expired",
        {"mobile_number": "OS-1/11/26/R1", "date": yesterday},
    )


def test_amounts_that_do_not_add_up_are_refused_by_name() -> None:
    answer = judged(order(gross_total="99.00"))
    assert (answer.outcome, answer.code) == ("rejected", "totals_mismatch")
    assert answer.params == {"field": "gross_total", "value": "99.00", "expected": "61.50"}


def test_the_rate_of_the_issue_date_counts_and_one_that_is_not_known_is_refused() -> None:
    early = order(issue_date="2010-12-31", vat_total="11.00", gross_total="61.00")
    accepted(early)
    assert judged(order(issue_date="2004-01-01")).params == {"field": "lines[0].vat_rate", "value": "V23"}
    assert judged(order(line("A1", vat_rate="V8"))).code == "field_invalid"


@pytest.mark.parametrize(
    ("value", "limits", "limit"), [("5.01", {"R1": Decimal(5)}, "5"), ("10.01", {"R1": Decimal(50)}, "10"), ("10.01", {}, "10")]
)
def test_a_discount_above_the_profile_s_or_the_channel_s_maximum_is_refused(value: str, limits: dict[str, Decimal], limit: str) -> None:
    answer = judged(order(user_discount=value), limits=limits)
    assert (answer.outcome, answer.code, answer.params) == ("rejected", "discount_above_limit", {"value": value, "limit": limit})


def test_a_discount_up_to_the_maximum_is_accepted() -> None:
    accepted(order(user_discount="5"))


PROSPECT = replace(PARTNER, role="prospect", status="blocked")
BLOCKED = replace(PARTNER, status="blocked", is_active=False)
GATES: list[tuple[dict[str, Any], str, dict[str, str], tuple[str, str]]] = [
    ({"limits": {}}, "rep_missing", {"rep": "R1"}, ("sales-reps", "R1")),
    ({"partners": {}}, "partner_missing", {"partner": "P1"}, ("partners", "P1")),
    ({"partners": {"P1": PROSPECT}}, "partner_is_prospect", {"partner": "P1"}, ("partners", "P1")),
    ({"partners": {"P1": BLOCKED}}, "partner_blocked", {"partner": "P1"}, ("partners", "P1")),
    ({"partners": {"P1": replace(PARTNER, status="inactive")}}, "partner_inactive", {"partner": "P1"}, ("partners", "P1")),
    ({"partners": {"P1": replace(PARTNER, is_active=False)}}, "partner_inactive", {"partner": "P1"}, ("partners", "P1")),
    ({"unknown": {"A2"}}, "article_missing", {"article": "A2"}, ("articles", "A2")),
]


@pytest.mark.parametrize(("changed", "code", "params", "parent"), GATES, ids=[gate[1] for gate in GATES])
def test_what_a_document_needs_first_makes_it_wait(
    changed: dict[str, Any], code: str, params: dict[str, str], parent: tuple[str, str]
) -> None:
    answer = judged(order(), **changed)
    assert (answer.outcome, answer.code, answer.params, answer.parent, answer.final) == ("waiting", code, params, parent, False)


def test_a_partner_named_by_source_id_is_waited_for_by_it_and_then_by_his_number() -> None:
    one = order(partner=None, partner_source_id=SOURCE)
    assert judged(one, partners={}).parent == ("partners", SOURCE)
    assert judged(one, partners={SOURCE: replace(PARTNER, status="blocked")}).params == {"partner": "P1"}


def test_articles_that_left_the_channel_are_a_remark() -> None:
    assert accepted(order(), left={"A2"}).remarks == (Remark("article_deactivated", {"position": 2, "article": "A2"}),)


def test_the_rules_are_asked_in_their_order() -> None:
    """Everything is wrong at once; one thing after the other is put right."""
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    wrong: dict[str, Any] = {
        "type": "OS",
        "mobile_number": "OS-1/11/26/R1",
        "expiry_date": yesterday,
        "net_total": "0",
        "user_discount": "9",
    }
    world: dict[str, Any] = {"taken": {"OS-1/11/26/R1": None}, "limits": {}, "partners": {}, "unknown": {"A1"}}
    found = [judged(order(**wrong, known=Imported(1, "0" * 64, "OS/1", "1")), **world).code]
    for name, right in (("taken", {}), ("expiry_date", TODAY.isoformat()), ("net_total", "50.00")):
        found.append(judged(order(**wrong), **world).code)
        (world if name in world else wrong)[name] = right
    found.append(judged(order(**wrong), **world | {"limits": {"R1": Decimal(5)}}).code)
    for name, right in (("limits", {"R1": Decimal(9)}), ("partners", {"P1": PARTNER}), ("unknown", set())):
        found.append(judged(order(**wrong), **world).code)
        world[name] = right
    accepted(order(**wrong), **world)
    order_of_rules = ["content_conflict", "mobile_number_taken", "quote_expired", "totals_mismatch", "discount_above_limit"]
    assert found == [*order_of_rules, "rep_missing", "partner_missing", "article_missing"]
