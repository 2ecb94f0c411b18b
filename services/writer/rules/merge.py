"""The three-way merge of a device's edit with what CEE has meanwhile (domain.md 4.1): per field, in lists per element id.

Pure. Changed on one side only: taken. On both, alike: fine. On both, differently: CEE wins and the device's edit is lost.
A field whose base is unknown counts as changed on both sides; an element taken out is a change. An element is one value
(half an address from here and half from there is no address); `parts` names lists within an element, merged by id again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Fields = Mapping[str, Any]
Element = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lost:
    """An edit of the device that CEE's state overrides; None: not there (any more). `field` like `contacts/<id>` in lists."""

    field: str
    device: Any
    cee: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """`state`: CEE's fields with the device's edits in them; lists in the order of their ids."""

    state: dict[str, Any]
    lost: tuple[Lost, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """`parts`: lists and the lists within their elements. `whole`: fields that only make sense together, by a name for them.

    `checks`: what a list must keep to; where the merged one does not but CEE's does, CEE's list stands as it is.
    """

    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    whole: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    checks: Mapping[str, Callable[[list[Element]], bool]] = field(default_factory=dict)


class _Unknown:
    """The base of something nobody told of: equal to nothing."""


UNKNOWN = _Unknown()


def merge(shape: Shape, base: Fields, device: Fields, cee: Fields) -> Merged:
    """`device` names the edited fields only, `base` what is known of them, `cee` everything; an empty list is as good as none."""
    state, lost = {name: plain(value) for name, value in cee.items()}, list[Lost]()
    grouped = {name: names for names in shape.whole.values() for name in names}
    for name in sorted(device):
        if name in shape.parts:
            state[name] = _merge_list(shape, name, (base.get(name, UNKNOWN), device[name], cee.get(name)), lost)
        elif name not in grouped:
            state[name] = _merge_value(name, (plain(base.get(name, UNKNOWN)), plain(device[name]), plain(cee.get(name))), lost)
    for names in shape.whole.values():
        if any(name in device for name in names):
            _merge_group(names, (base, device, cee), state, lost)
    return Merged(state, tuple(lost))


def plain(value: Any) -> Any:
    """A value as it is compared: empty parts of an element left out, lists in the order of their ids."""
    if isinstance(value, Mapping):
        return {
            name: plain(part) for name, part in sorted(value.items()) if part is not None and part is not False and part not in ([], ())
        }
    if isinstance(value, list | tuple):
        return sorted((plain(part) for part in value), key=_place)
    return value


def _place(part: Any) -> str:
    return str(part["id"]) if isinstance(part, Mapping) and "id" in part else str(part)


def _merge_value(name: str, sides: tuple[Any, Any, Any], lost: list[Lost]) -> Any:
    base, device, cee = sides
    if device in (cee, base):
        return cee
    if cee == base:
        return device
    lost.append(Lost(name, device, cee))
    return cee


def _merge_group(names: tuple[str, ...], sides: tuple[Fields, Fields, Fields], state: dict[str, Any], lost: list[Lost]) -> None:
    """Either all of the device's values or all of CEE's; what the edit leaves out is as in CEE."""
    base, device, cee = sides
    given = tuple(name for name in names if name in device)
    own = tuple(device[name] for name in given)
    there = tuple(cee.get(name) for name in given)
    before = tuple(base[name] for name in given) if all(name in base for name in given) else UNKNOWN
    chosen = _merge_value("", (before, own, there), found := list[Lost]())
    state.update(zip(given, chosen, strict=True))
    if found:
        lost += [Lost(name, device[name], cee.get(name)) for name in given if device[name] != cee.get(name)]


def _merge_list(shape: Shape, name: str, sides: tuple[Any, Any, Any], lost: list[Lost]) -> list[Element]:
    found: list[Lost] = []
    merged = _merge_elements(name, shape.parts[name], sides, found)
    keeps = shape.checks.get(name)
    cee = list(by_id(sides[2]).values())
    if keeps is not None and not keeps(merged) and keeps(cee):
        merged, found = plain(cee), _all_lost(name, sides)
    lost += found
    return merged


def _merge_elements(name: str, parts: tuple[str, ...], sides: tuple[Any, Any, Any], lost: list[Lost]) -> list[Element]:
    base, device, cee = (UNKNOWN if side is UNKNOWN else by_id(side) for side in sides)
    merged: list[Element] = []
    for key in sorted(device.keys() | cee.keys() | (set() if base is UNKNOWN else base.keys())):
        before = UNKNOWN if base is UNKNOWN else base.get(key)
        element = _merge_element(f"{name}/{key}", parts, (before, device.get(key), cee.get(key)), lost)
        if element is not None:
            merged.append(element)
    return merged


def _merge_element(name: str, parts: tuple[str, ...], sides: tuple[Any, Any, Any], lost: list[Lost]) -> Element | None:
    base, device, cee = sides
    if not parts or device is None or cee is None:
        chosen: Element | None = _merge_value(name, sides, lost)
        return chosen
    before = base if base is UNKNOWN else _without(base or {}, parts)
    merged: Element = dict(_merge_value(name, (before, _without(device, parts), _without(cee, parts)), lost))
    for part in parts:
        inner = (UNKNOWN if base is UNKNOWN else (base or {}).get(part), device.get(part), cee.get(part))
        if elements := _merge_elements(f"{name}/{part}", (), inner, lost):
            merged[part] = elements
    return merged


def _all_lost(name: str, sides: tuple[Any, Any, Any]) -> list[Lost]:
    """Every element that the device has changed, and that CEE has otherwise."""
    base, device, cee = ({} if side is UNKNOWN else by_id(side) for side in sides)
    changed = sorted(key for key in device.keys() | base.keys() if device.get(key) != base.get(key) and device.get(key) != cee.get(key))
    return [Lost(f"{name}/{key}", device.get(key), cee.get(key)) for key in changed]


def by_id(elements: Iterable[Fields] | None) -> dict[str, Element]:
    """The elements of a list, each as it is compared, by id."""
    return {str(element["id"]): plain(element) for element in elements or ()}


def _without(element: Fields, parts: tuple[str, ...]) -> Element:
    return {name: value for name, value in element.items() if name not in parts}
