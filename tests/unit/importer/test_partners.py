"""Partners: what is new, what is an edit, and how a tax id is written."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from schemas.imports.registry import IMPORTS
from schemas.mobile.partners import CEE_OWNED
from schemas.tax_ids import is_tax_id
from services.importer.judge import Verdict, judge
from tests.unit.importer.judging import AS_MANAGEMENT, CHANNEL, DEVICE, good, judged, refusal, sent, written

ADDRESS = good("partners")["addresses"][0]
SAID = ("name", "addresses", "legal_kind", "role", "tax_id", "contacts")


def edited(**fields: Any) -> Verdict:
    """What becomes of an edit of K-100 that says `fields` and nothing else."""
    upload = {name: value for name, value in good("partners").items() if name not in SAID}
    return judge(CHANNEL, "partners", sent(upload | {"number": "K-100", "base_version": 7} | fields), DEVICE)


def said(verdict: Verdict) -> dict[str, Any]:
    assert verdict.refused is None, verdict.refused
    fields: dict[str, Any] = orjson.loads(verdict.value or b"")
    return fields


def why(verdict: Verdict) -> tuple[str, dict[str, Any]]:
    assert verdict.refused is not None
    return verdict.refused.code, verdict.refused.params


def test_a_new_partner_is_a_customer_and_an_organisation_unless_it_says_otherwise() -> None:
    value = written("partners", legal_kind=None, role=None)
    assert (value["legal_kind"], value["role"]) == ("organisation", "customer")
    assert written("partners", role="prospect")["role"] == "prospect"


def test_an_edit_says_what_was_edited_and_nothing_else() -> None:
    value = said(edited(matchcode=None, name="Nowa"))
    assert (value["matchcode"], value["name"]) == (None, "Nowa")
    assert {"legal_kind", "role", "addresses", "contacts", "tax_id"}.isdisjoint(value)
    record = IMPORTS["partners"].model_validate_json(orjson.dumps(value))
    assert {"matchcode", "name"} <= record.model_fields_set
    assert "contacts" not in record.model_fields_set


def test_the_base_keeps_what_was_empty_apart_from_what_was_not_edited() -> None:
    value = said(edited(matchcode="M", base={"matchcode": None, "name": " Stara ", "unknown": 1}))
    assert value["base"] == {"matchcode": None, "name": "Stara"}


def test_a_wrong_base_is_refused_by_its_path() -> None:
    assert why(edited(base={"addresses": [ADDRESS | {"id": "x"}]})) == ("field_invalid", {"field": "base.addresses[0].id", "value": "x"})


@pytest.mark.parametrize("field", ["name", "addresses"])
def test_what_a_partner_must_have_cannot_be_emptied(field: str) -> None:
    assert why(edited(**{field: None})) == ("field_missing", {"field": field})


def test_addresses_of_an_edit_are_all_of_them() -> None:
    assert why(edited(addresses=[ADDRESS | {"type": "delivery"}])) == ("field_missing", {"field": "addresses.main"})


@pytest.mark.parametrize(
    ("place", "missing"),
    [
        ({"latitude": "50.06", "longitude": "19.94"}, None),
        ({"latitude": "50.06"}, None),
        ({"latitude": None, "longitude": None}, None),
        ({"longitude": None}, "longitude"),
        ({"latitude": "50.06", "longitude": None}, "longitude"),
    ],
)
def test_an_edit_may_move_a_place_but_not_halve_it(place: dict[str, Any], missing: str | None) -> None:
    verdict = edited(**place)
    if missing is None:
        assert {name: said(verdict)[name] for name in place} == place
    else:
        assert why(verdict) == ("field_missing", {"field": missing})


@pytest.mark.parametrize("field", CEE_OWNED)
def test_what_is_ces_is_not_written_but_named(field: str) -> None:
    value = written("partners", **{field: {"any": ["thing", 1.5]}})
    assert field not in value
    assert value["read_only"] == [{"field": field, "value": {"any": ["thing", 1.5]}}]
    assert "read_only" not in written("partners", **{field: None})
    assert said(edited(**{field: None}))["read_only"] == [{"field": field}]


def test_a_removal_names_the_partner_and_says_nothing_else() -> None:
    value = written("partners", op="delete", number="K-100", base_version=7, status="released")
    assert (value["op"], value["number"], value["base_version"]) == ("delete", "K-100", 7)
    assert {"name", "addresses", "role", "read_only"}.isdisjoint(value)


def test_the_same_element_twice_is_refused_in_each_list() -> None:
    contact = good("partners")["contacts"][0]
    person = {"id": ADDRESS["id"], "last_name": "Nowak", "contacts": [contact, contact | {"preferred": False}]}
    assert refusal("partners", contacts=[contact, contact | {"preferred": False}])[1]["field"] == "contacts[1].id"
    assert refusal("partners", contact_persons=[person])[1]["field"] == "contact_persons[0].contacts[1].id"
    assert refusal("partners", contact_persons=[person | {"contacts": None}] * 2)[1]["field"] == "contact_persons[1].id"


@pytest.mark.parametrize("role", [None, "customer"])
def test_management_sends_leads_only(role: str | None) -> None:
    assert refusal("partners", **AS_MANAGEMENT, role=role) == ("field_invalid", {"field": "role", "value": role or ""})
    assert judged("partners", **AS_MANAGEMENT, role="prospect").refused is None


@pytest.mark.parametrize(
    ("tax_id", "country", "good"),
    [
        ("1234563218", "PL", True),
        ("123-456-32-18", "PL", True),
        ("pl 123.456.32.18", "PL", True),
        ("1234563219", "PL", False),
        ("123456321", "PL", False),
        ("12345632180", "PL", False),
        ("123456789O", "PL", False),
        ("\u0661234563218", "PL", False),
        ("5260001246", "PL", True),
        ("0000000010", "PL", False),
        ("DE123456789", "DE", True),
        ("de 123 456 789", "DE", True),
        ("123456789", "DE", False),
        ("DE1", "DE", False),
        ("DE1234567890123", "DE", False),
        ("EL123456789", "GR", True),
        ("IE1+23456A", "IE", True),
        ("whatever", "CH", True),
        ("?", "UA", True),
    ],
)
def test_tax_ids_are_checked_as_their_country_writes_them(tax_id: str, country: str, good: bool) -> None:
    assert is_tax_id(tax_id, country) is good


def test_the_country_of_the_tax_id_is_that_of_the_main_address_new_or_received() -> None:
    german = ADDRESS | {"country": "DE", "postal_code": "10115"}
    assert refusal("partners", addresses=[german], tax_id="1234563218") == ("tax_id_invalid", {"value": "1234563218"})
    assert why(edited(tax_id="12", base={"addresses": [ADDRESS], "tax_id": None})) == ("tax_id_invalid", {"value": "12"})
    assert said(edited(tax_id="12"))["tax_id"] == "12"  # only CEE knows where it is
