"""The merge of a device's edit with CEE's state, for whatever three states of a partner: nothing is lost silently, nothing invented."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.writer.rules.merge import Lost, Shape, by_id, merge, plain

SHAPE = Shape(parts={"contacts": (), "persons": ("contacts",)}, whole={"position": ("latitude", "longitude")})

# few values and ids, so that the three sides often agree and often do not
values = st.sampled_from([None, "a", "b", "c"])
ids = st.sampled_from(["1", "2", "3"])


def lists(of: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[list[dict[str, Any]] | None]:
    return st.none() | st.lists(of, max_size=3, unique_by=lambda element: element["id"])


contacts = st.fixed_dictionaries({"id": ids, "value": values}, optional={"preferred": st.booleans()})
persons = st.fixed_dictionaries({"id": ids, "name": values}, optional={"contacts": lists(contacts)})
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "name": values,
    "matchcode": values,
    "latitude": values,
    "longitude": values,
    "contacts": lists(contacts),
    "persons": lists(persons),
}
states = st.fixed_dictionaries(FIELDS)
edits = st.fixed_dictionaries({}, optional=FIELDS)


def values_of(state: dict[str, Any]) -> dict[str, Any]:
    """The state as single values: scalars, elements, and the parts of persons, each by where it is."""
    found = {name: state.get(name) for name in ("name", "matchcode", "latitude", "longitude")}
    for key, contact in by_id(state.get("contacts")).items():
        found[f"contacts/{key}"] = contact
    for key, person in by_id(state.get("persons")).items():
        found[f"persons/{key}"] = {name: value for name, value in person.items() if name != "contacts"}
        found |= {f"persons/{key}/contacts/{inner}": contact for inner, contact in by_id(person.get("contacts")).items()}
    return found


def normal(state: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(state.get(name) or []) if name in SHAPE.parts else state.get(name) for name in FIELDS}


@given(states, edits)
def test_an_edit_of_what_cee_still_has_is_taken_as_it_is(cee: dict[str, Any], device: dict[str, Any]) -> None:
    merged = merge(SHAPE, cee, device, cee)
    assert normal(merged.state) == normal(cee | device)
    assert merged.lost == ()


@given(states, states)
def test_an_edit_that_changes_nothing_leaves_cee_s_state(base: dict[str, Any], cee: dict[str, Any]) -> None:
    merged = merge(SHAPE, base, base, cee)
    assert normal(merged.state) == normal(cee)
    assert merged.lost == ()


@given(states, states)
def test_what_both_sides_changed_alike_is_no_loss(base: dict[str, Any], both: dict[str, Any]) -> None:
    merged = merge(SHAPE, base, both, both)
    assert normal(merged.state) == normal(both)
    assert merged.lost == ()


@given(states, states, states)
def test_every_value_is_somebody_s_and_every_edit_arrived_or_is_named_as_lost(
    base: dict[str, Any], device: dict[str, Any], cee: dict[str, Any]
) -> None:
    merged = merge(SHAPE, base, device, cee)
    before, own, there, now = (values_of(state) for state in (base, device, cee, merged.state))
    lost = {loss.field: loss for loss in merged.lost}
    assert len(lost) == len(merged.lost)
    for place in before.keys() | own.keys() | there.keys() | now.keys():
        assert now.get(place) in (own.get(place), there.get(place))
        was_edited, has_changed = own.get(place) != before.get(place), there.get(place) != before.get(place)
        person = "/".join(place.split("/")[:2])  # a person taken out takes the contacts along, and is named as a whole
        if was_edited and own.get(place) != now.get(place) and place not in ("latitude", "longitude"):
            assert place in lost or person in lost
        if has_changed and not was_edited and place not in ("latitude", "longitude") and person not in lost:
            assert now.get(place) == there.get(place) or person not in own


@given(states, edits, states)
def test_a_lost_edit_names_what_the_device_and_cee_have(base: dict[str, Any], device: dict[str, Any], cee: dict[str, Any]) -> None:
    merged = merge(SHAPE, base, device, cee)
    own, there, now = (values_of(state) for state in (device, cee, merged.state))
    for loss in merged.lost:
        if "/" in loss.field and loss.field.count("/") == 1 and loss.field.startswith("persons"):
            continue  # an element as a whole, with its parts
        assert loss.device == own.get(loss.field)
        assert loss.cee == there.get(loss.field) == now.get(loss.field)
        assert loss.device != loss.cee


@given(states, edits)
def test_with_an_unknown_base_whatever_differs_stays_as_in_cee(cee: dict[str, Any], device: dict[str, Any]) -> None:
    merged = merge(SHAPE, {}, device, cee)
    assert normal(merged.state) == normal(cee)
    edited = cee | device
    assert bool(merged.lost) == (normal(edited) != normal(cee))


@given(states, edits, states, st.randoms())
def test_the_order_of_a_list_means_nothing(base: dict[str, Any], device: dict[str, Any], cee: dict[str, Any], rng: Any) -> None:
    def shuffled(state: dict[str, Any]) -> dict[str, Any]:
        made = dict(state)
        for name in SHAPE.parts:
            if made.get(name):
                made[name] = rng.sample(made[name], len(made[name]))
        return made

    assert merge(SHAPE, base, device, cee) == merge(SHAPE, shuffled(base), shuffled(device), shuffled(cee))


@given(states, edits, states)
def test_merging_twice_changes_nothing_more(base: dict[str, Any], device: dict[str, Any], cee: dict[str, Any]) -> None:
    once = merge(SHAPE, base, device, cee)
    again = merge(SHAPE, base, device, once.state)
    assert normal(again.state) == normal(once.state)
    assert [loss.field for loss in again.lost] == [loss.field for loss in once.lost]


@given(states, states)
def test_a_position_is_never_half_from_here_and_half_from_there(base: dict[str, Any], cee: dict[str, Any]) -> None:
    device = base | {"latitude": "x", "longitude": "y"}
    state = merge(SHAPE, base, device, cee).state
    assert (state["latitude"], state["longitude"]) in (("x", "y"), (cee["latitude"], cee["longitude"]))


def test_a_list_that_breaks_its_rule_only_by_the_merge_stays_as_in_cee() -> None:
    one_main = Shape(parts={"addresses": ()}, checks={"addresses": lambda made: sum(e["type"] == "main" for e in made) == 1})
    base = {"addresses": [{"id": "1", "type": "main", "city": "a"}]}
    device = {"addresses": [{"id": "1", "type": "delivery", "city": "a"}, {"id": "2", "type": "main", "city": "c"}]}
    cee = {"addresses": [{"id": "1", "type": "main", "city": "b"}]}
    merged = merge(one_main, base, device, cee)
    assert merged.state["addresses"] == [{"id": "1", "type": "main", "city": "b"}]
    assert merged.lost == (
        Lost("addresses/1", {"id": "1", "type": "delivery", "city": "a"}, {"id": "1", "type": "main", "city": "b"}),
        Lost("addresses/2", {"id": "2", "type": "main", "city": "c"}, None),
    )
