"""Edits of a partner in whatever order, from whatever base: CEE's own fields stay, its state stays valid, what it has is an echo."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.mobile.partners import CEE_OWNED
from services.writer.rules.partner_fields import EDITABLE, comparable
from tests.unit.writer.partner_cee import HOME, K1, PHONE, S1, S2, S3, SHOP, Cee, edit

texts = st.sampled_from(["Żabka", "Nowa", "Inna"])
addresses = st.sampled_from([[HOME], [HOME, SHOP], [HOME | {"type": "delivery"}, SHOP | {"type": "main"}], [HOME | {"city": "Opole"}]])
contacts = st.sampled_from([[], [PHONE], [PHONE | {"value": "2"}]])
FIELDS: dict[str, st.SearchStrategy[Any]] = {"name": texts, "matchcode": st.none() | texts, "addresses": addresses, "contacts": contacts}
values = st.fixed_dictionaries({}, optional=FIELDS)
owned = st.sampled_from([[], [{"field": "status", "value": "inactive"}, {"field": "credit_limit", "value": "9"}]])
edits = st.tuples(values, values, st.sampled_from([None, 3, 5, 9]), owned)


@given(st.lists(edits, min_size=1, max_size=3))
def test_edits_never_touch_cee_s_own_fields_nor_leave_an_invalid_partner(given_: list[Any]) -> None:
    uploads = [
        edit(source, base_version=version, base=base, read_only=sent, **said)
        for source, (said, base, version, sent) in zip((S1, S2, S3), given_, strict=False)
    ]
    plan, held = Cee().decide(*uploads)
    fields = held["K1"].fields
    assert [answer.upload for answer in plan.answers] == uploads
    assert {name: fields.get(name) for name in CEE_OWNED} == {name: K1.get(name) for name in CEE_OWNED}
    assert sum(address["type"] == "main" for address in fields["addresses"]) == 1
    for upload, answer in zip(uploads, plan.answers, strict=True):
        assert (upload.source_id in plan.said) == answer.is_applied
        assert answer.outcome in ("imported", "unchanged", "conflict")
    again, held = Cee(partners={"K1": fields}).decide(edit(**{name: fields[name] for name in EDITABLE}))
    assert (again.answers[0].code, held["K1"].is_changed) == ("echo_ignored", False)


@given(values, values)
def test_an_edit_of_the_present_state_arrives_whatever_its_base_says(said: dict[str, Any], base: dict[str, Any]) -> None:
    plan, held = Cee().decide(edit(base=base, **said))
    assert {name: held["K1"].fields[name] for name in said} == {name: comparable(name, value) for name, value in said.items()}
    assert plan.answers[0].outcome == ("imported" if held["K1"].is_changed else "unchanged")
