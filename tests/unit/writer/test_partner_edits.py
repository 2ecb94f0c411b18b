"""What becomes of edits of partners (domain.md 4.1) and of later revisions, decided from what CEE has."""

from __future__ import annotations

from typing import Any

import pytest

from services.writer.rules.partner_facts import LastSaid
from tests.unit.writer.partner_cee import HOME, K1, PHONE, S1, S2, SHOP, Cee, applied, edit, new


def test_an_edit_of_the_state_cee_has_is_applied() -> None:
    plan, held = Cee().decide(edit(name="Żabka 2", matchcode=None, contacts=[], latitude="50.1", longitude="20"))
    assert (plan.answers[0].outcome, plan.answers[0].code, plan.answers[0].number) == ("imported", None, "K1")
    assert (held["K1"].fields["name"], held["K1"].fields["matchcode"], held["K1"].fields["contacts"]) == ("Żabka 2", None, [])
    assert held["K1"].fields["latitude"] == "50.100000"
    assert held["K1"].is_changed


def test_an_edit_that_says_what_cee_has_is_an_echo() -> None:
    plan, held = Cee().decide(edit(name="Żabka", latitude="50.0614", longitude="19.9366", contacts=[PHONE]))
    assert (plan.answers[0].outcome, plan.answers[0].code) == ("unchanged", "echo_ignored")
    assert not held["K1"].is_changed
    assert Cee().answer(edit(base_version=3, base={"name": "Żabka"}, name="Żabka")).code == "echo_ignored"
    assert Cee().answer(edit(base_version=3, base={"name": "Stara"}, name="Żabka")).outcome == "imported"


def test_an_edit_of_an_older_state_takes_what_cee_has_not_changed_and_names_what_is_lost() -> None:
    older = {"name": "Stara", "matchcode": "ZABKA", "addresses": [HOME]}
    plan, held = Cee().decide(edit(base_version=3, base=older, name="Nowa", matchcode="NEU", addresses=[HOME, SHOP]))
    answer = plan.answers[0]
    assert (answer.outcome, answer.code, answer.applied) == ("conflict", "edit_lost", True)
    assert answer.params == {"field": "name", "device_value": "Nowa", "cee_value": "Żabka"}
    assert (held["K1"].fields["name"], held["K1"].fields["matchcode"], len(held["K1"].fields["addresses"])) == ("Żabka", "NEU", 2)


def test_a_field_that_was_empty_need_not_be_in_the_base() -> None:
    cee = Cee(partners={"K1": K1 | {"matchcode": None}})
    assert cee.answer(edit(base_version=3, base={"name": "Żabka"}, matchcode="NEU")).outcome == "imported"
    assert Cee().answer(edit(base_version=3, base={"name": "Żabka"}, matchcode=None)).code == "edit_lost"


def test_every_further_loss_is_a_remark_that_people_can_read() -> None:
    base = {"name": "Stara", "addresses": [HOME | {"city": "Opole"}]}
    answer = Cee().answer(edit(base_version=3, base=base, name="Nowa", addresses=[HOME | {"city": "Lublin"}]))
    lost = {answer.params["field"]: answer.params} | {remark.params["field"]: remark.params for remark in answer.remarks}
    assert lost.keys() == {"name", f"addresses/{HOME['id']}"}
    assert "Lublin" in lost[f"addresses/{HOME['id']}"]["device_value"]
    assert "Kraków" in lost[f"addresses/{HOME['id']}"]["cee_value"]
    assert answer.applied is False


@pytest.mark.parametrize("given", [{"base_version": None}, {"base_version": 9, "base": {"name": "Stara"}}, {"base_version": 3}])
def test_an_edit_with_an_unknown_base_changes_nothing_that_differs(given: dict[str, Any]) -> None:
    plan, held = Cee().decide(edit(name="Nowa", **given))
    answer = plan.answers[0]
    assert (answer.outcome, answer.code, answer.applied) == ("conflict", "base_version_unknown", False)
    assert [remark.params["field"] for remark in answer.remarks] == ["name"]
    assert not held["K1"].is_changed
    assert Cee().answer(edit(name="Żabka", **given)).code in ("echo_ignored", None)


def test_what_only_cee_may_edit_is_left_and_named() -> None:
    plan, held = Cee().decide(
        edit(name="Nowa", tax_id="5261040828", role="prospect", read_only=[{"field": "credit_limit", "value": "100"}])
    )
    assert plan.answers[0].outcome == "imported"
    assert [remark.params["field"] for remark in plan.answers[0].remarks] == ["role", "tax_id"]
    assert held["K1"].fields["tax_id"] == "1234563218"
    assert Cee().answer(edit(tax_id="123-456-32-18")).code == "echo_ignored"


def test_a_prospect_s_tax_id_may_be_edited_and_is_checked() -> None:
    cee = Cee({"duplicate_check": "block"}, {"K1": K1, "L1": K1 | {"number": "L1", "role": "prospect", "tax_id": None}})
    plan, held = cee.decide(edit(number="L1", tax_id="5261040828"))
    assert plan.answers[0].outcome == "imported"
    assert held["L1"].fields["tax_id"] == "5261040828"
    assert cee.answer(edit(number="L1", tax_id="1234563218")).code == "duplicate_tax_id"
    wrong = cee.answer(edit(number="L1", tax_id="1234563219"))
    assert (wrong.outcome, wrong.code) == ("rejected", "tax_id_invalid")


@pytest.mark.parametrize("cee", [Cee(partners={}), Cee(outside=("K1",))])
def test_a_number_that_is_not_of_the_channel_is_refused(cee: Cee) -> None:
    answer = cee.answer(edit(name="Nowa"))
    assert (answer.outcome, answer.code, answer.params) == ("rejected", "field_invalid", {"field": "number", "value": "K1"})


def test_two_devices_that_edit_one_partner_in_one_batch_are_merged() -> None:
    plan, held = Cee().decide(edit(S1, name="Pierwsza"), edit(S2, name="Druga", matchcode="DRUGA"))
    assert [answer.code for answer in plan.answers] == [None, "edit_lost"]
    assert (held["K1"].fields["name"], held["K1"].fields["matchcode"]) == ("Pierwsza", "DRUGA")


def test_a_list_that_would_have_two_main_addresses_by_the_merge_stays_as_in_cee() -> None:
    cee = Cee(partners={"K1": K1 | {"addresses": [HOME | {"city": "Opole"}]}})
    moved = [HOME | {"type": "delivery"}, SHOP | {"type": "main"}]
    plan, held = cee.decide(edit(base_version=3, base={"addresses": [HOME]}, addresses=moved))
    assert plan.answers[0].code == "edit_lost"
    assert [address["city"] for address in held["K1"].fields["addresses"]] == ["Opole"]


def test_a_revision_is_built_on_the_one_before_though_the_device_has_not_heard_of_it() -> None:
    first = LastSaid(5, {"name": "Żabka", "matchcode": "ZABKA"})
    cee = Cee(said={S1: first})
    plan, held = cee.decide(edit(known=applied(), revision=2, base_version=3, base={"name": "Stara", "matchcode": "ZABKA"}, name="Trzecia"))
    assert plan.answers[0].outcome == "imported"
    assert held["K1"].fields["name"] == "Trzecia"
    assert plan.said[S1] == {"name": "Trzecia", "matchcode": "ZABKA"}


def test_a_whole_partner_s_next_revision_keeps_what_cee_has_changed_meanwhile() -> None:
    before = {"name": "Nowy", "matchcode": None, "addresses": [HOME], "contacts": [], "contact_persons": [], "tax_id": "1234563218"}
    before |= {"legal_kind": "organisation", "role": "prospect", "latitude": None, "longitude": None}
    cee = Cee(partners={"K1": K1 | {"name": "Nowy"}}, said={S1: LastSaid(4, before)})
    whole = new(S1, revision=2, known=applied(), name="Nowszy", addresses=[HOME], tax_id="1234563218", role="prospect")
    plan, held = cee.decide(whole)
    assert (plan.answers[0].outcome, plan.answers[0].remarks) == ("imported", ())
    assert (held["K1"].fields["name"], held["K1"].fields["matchcode"], len(held["K1"].fields["contacts"])) == ("Nowszy", "ZABKA", 1)
    assert held["K1"].fields["role"] == "customer"


def test_what_was_applied_is_not_applied_again_and_an_older_revision_is_stale() -> None:
    same = edit(name="Nowa")
    again = edit(known=applied(content=same.content_hash), name="Nowa")
    assert (Cee().answer(again).outcome, Cee().answer(again).code) == ("unchanged", "already_imported")
    stale = Cee().answer(edit(known=applied(revision=2), revision=2, name="Nowa"))
    assert (stale.outcome, stale.code) == ("unchanged", "stale_revision")


def test_a_foreign_database_adds_but_neither_changes_nor_removes() -> None:
    cee = Cee({"deactivate_deleted": True})
    assert cee.answer(new(state="foreign_epoch")).outcome == "imported"
    for upload_ in (edit(state="foreign_epoch", name="Nowa"), edit(state="foreign_epoch", op="delete")):
        plan, held = cee.decide(upload_)
        assert (plan.answers[0].outcome, plan.answers[0].code) == ("conflict", "epoch_changed")
        assert plan.removed == []
        assert not held["K1"].is_changed
