"""What becomes of uploads of new partners and of removals (domain.md 4.1), decided from what CEE has."""

from __future__ import annotations

import pytest

from services.writer.rules.tax_ids import normal, spellings
from tests.unit.writer.partner_cee import HOME, S1, S2, S3, Cee, edit, new, upload


@pytest.mark.parametrize(("approval", "status"), [(False, "blocked"), (True, "released")])
@pytest.mark.parametrize("role", ["customer", "prospect"])
def test_a_new_partner_has_the_status_of_the_channel_s_approval_and_the_template_s_values(approval: bool, status: str, role: str) -> None:
    plan, _held = Cee({"customer_approval": approval}).decide(new(role=role, tax_id="5261040828"))
    assert (plan.answers[0].outcome, plan.answers[0].code, plan.answers[0].status) == ("imported", None, status)
    made = plan.created[S1]
    assert (made["role"], made["customer_type"], made["payment_term"], made["organisation"]) == (role, "SHOP", "14D", "X")


@pytest.mark.parametrize(("tax_id", "template"), [("5261040828", "T1"), (None, "T2")])
def test_a_new_partner_waits_for_the_template_of_its_kind(tax_id: str | None, template: str) -> None:
    answer = Cee(templates=()).answer(new(tax_id=tax_id))
    assert (answer.outcome, answer.code, answer.params) == ("waiting", "template_missing", {"template": template})


def test_whoever_the_channel_does_not_know_as_a_rep_waits() -> None:
    answer = Cee().answer(new(rep="R9"))
    assert (answer.outcome, answer.code, answer.params) == ("waiting", "rep_missing", {"rep": "R9"})
    assert answer.parent == ("sales-reps", "R9")


@pytest.mark.parametrize(
    ("check", "outcome", "code", "warnings"),
    [
        ("warn", "imported", None, ["duplicate_tax_id_warning"]),
        ("block", "rejected", "duplicate_tax_id", []),
        ("off", "imported", None, []),
    ],
)
def test_the_duplicate_check_compares_without_separators_and_with_the_country(
    check: str, outcome: str, code: str | None, warnings: list[str]
) -> None:
    answer = Cee({"duplicate_check": check}).answer(new(tax_id="PL 123.456.32.18"))
    assert (answer.outcome, answer.code, [remark.code for remark in answer.remarks]) == (outcome, code, warnings)
    if check != "off":
        assert (answer.params or answer.remarks[0].params) == {"partner": "K1", "value": "PL 123.456.32.18"}


def test_the_duplicate_check_sees_those_before_in_the_batch_but_not_those_refused() -> None:
    cee = Cee({"duplicate_check": "block"})
    plan, _held = cee.decide(new(S1, tax_id="5261040828", rep="R9"), new(S2, tax_id="526-104-08-28"), new(S3, tax_id="5261040828"))
    assert [answer.code for answer in plan.answers] == ["rep_missing", None, "duplicate_tax_id"]
    assert plan.answers[2].params["partner"] == S2


def test_the_same_digits_of_another_country_are_no_duplicate() -> None:
    german = new(tax_id="DE123456321", addresses=[HOME | {"country": "DE", "postal_code": "10115"}])
    assert Cee(taxed=[("K1", "123456321", "CZ")]).answer(german).remarks == ()
    assert [remark.code for remark in Cee(taxed=[("K1", "123456321", "DE")]).answer(german).remarks] == ["duplicate_tax_id_warning"]


def test_a_tax_id_is_looked_for_in_every_spelling_it_can_have() -> None:
    assert normal("el 99-88", "GR") == normal("9988", "GR") == "EL9988"
    assert set(spellings("123-456", "PL")) == {"PL123456", "123456"}
    assert normal("CHE-1", "CH") == "CHE1"


def test_cee_s_own_fields_are_remarked_only_where_the_device_has_them_otherwise() -> None:
    said = [{"field": "currency", "value": "PLN"}, {"field": "status", "value": "released"}, {"field": "credit_limit", "value": None}]
    answer = Cee().answer(new(read_only=said))
    assert [remark.params["field"] for remark in answer.remarks] == ["status"]


def test_a_warning_waits_for_an_operator_where_the_channel_says_so() -> None:
    cee = Cee({"confirm_warnings": False})
    waiting, _held = cee.decide(new(tax_id="1234563218"))
    assert (waiting.answers[0].outcome, waiting.answers[0].code) == ("waiting", "warning_not_confirmed")
    assert [remark.code for remark in waiting.answers[0].remarks] == ["duplicate_tax_id_warning"]
    assert waiting.created == {}
    assert cee.answer(new(tax_id="1234563218", confirmed=True)).outcome == "imported"
    assert cee.answer(new()).outcome == "imported"


def test_an_element_of_another_partner_cannot_be_taken_over() -> None:
    answer = Cee(owners={("addresses", S1): "K7"}).answer(new())
    assert (answer.outcome, answer.code) == ("rejected", "field_invalid")
    plan, _held = Cee().decide(new(S1), new(S2, addresses=[HOME | {"id": S1}]))
    assert [answer.code for answer in plan.answers] == [None, "field_invalid"]


def test_a_removal_is_noted_where_the_channel_says_so_and_only_once() -> None:
    cee = Cee({"deactivate_deleted": True})
    plan, _held = cee.decide(edit(S1, op="delete"), edit(S2, op="delete"))
    assert [(answer.outcome, answer.code) for answer in plan.answers] == [("imported", None), ("unchanged", "echo_ignored")]
    assert plan.removed == ["K1"]
    assert Cee({"deactivate_deleted": True}, deleted=("K1",)).answer(edit(op="delete")).code == "echo_ignored"


def test_a_removal_is_ignored_with_a_warning_otherwise() -> None:
    plan, _held = Cee().decide(edit(op="delete"))
    assert [remark.params for remark in plan.answers[0].remarks if remark.code == "removal_ignored"] == [{"partner": "K1"}]
    assert (plan.answers[0].outcome, plan.removed) == ("imported", [])
    assert Cee({"confirm_warnings": False}).answer(edit(op="delete")).code == "warning_not_confirmed"


def test_a_removal_of_what_never_came_is_nothing() -> None:
    assert Cee().answer(upload(op="delete")).outcome == "unchanged"
