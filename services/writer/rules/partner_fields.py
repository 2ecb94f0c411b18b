"""A partner's fields as the import sees them: which a device may edit, how they merge, and how they read in a message.

Used by rules/partners.py. CEE's side is the body of its view `partners`, the same that devices receive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from schemas.imports.partners import Partner
from schemas.mobile.partners import PartnerFields
from schemas.tax_ids import bare
from services.kernel.guard import Remark
from services.writer.rules.merge import Element, Fields, Lost, Shape, plain

POSITION = ("latitude", "longitude")
# editable whenever (domain.md 4.1); tax_id besides, while the partner is a prospect
EDITABLE = ("name", "matchcode", "addresses", "contacts", "contact_persons", *POSITION)
ONCE = ("legal_kind", "role", "tax_id")
LISTS = {"addresses": 50, "contacts": 30, "contact_persons": 50}


def _one_main(addresses: list[Element]) -> bool:
    return len(addresses) <= LISTS["addresses"] and sum(address["type"] == "main" for address in addresses) == 1


def _preferred_once(contacts: list[Element]) -> bool:
    preferred = [contact["type"] for contact in contacts if contact.get("preferred")]
    return len(contacts) <= LISTS["contacts"] and len(preferred) == len(set(preferred))


def _persons(persons: list[Element]) -> bool:
    return len(persons) <= LISTS["contact_persons"] and all(_preferred_once(person.get("contacts", [])) for person in persons)


SHAPE = Shape(
    parts={"addresses": (), "contacts": (), "contact_persons": ("contacts",)},
    whole={"position": POSITION},
    checks={"addresses": _one_main, "contacts": _preferred_once, "contact_persons": _persons},
)


def said(body: Partner) -> dict[str, Any]:
    """What the device says: of a whole partner every field, of an edit those it names."""
    return named(body, None if body.number is None else body.model_fields_set)


def named(fields: PartnerFields, names: set[str] | None = None) -> dict[str, Any]:
    """The fields as compared with CEE's; `names`: only these, None: all."""
    wanted = [name for name in PartnerFields.model_fields if names is None or name in names]
    values = fields.model_dump(mode="json", include=set(wanted))
    return {name: comparable(name, values[name]) for name in wanted}


def comparable(name: str, value: Any) -> Any:
    """One value in the one way it is written here: degrees without trailing zeros, lists by id, none as None."""
    if name in POSITION:
        return None if value is None else f"{Decimal(value):.6f}"
    return plain(value or []) if name in LISTS else value


def of_cee(body: Fields) -> dict[str, Any]:
    """CEE's state with every field a device may speak of."""
    return dict(body) | {name: comparable(name, body.get(name)) for name in PartnerFields.model_fields}


def ids(fields: Fields) -> Iterator[tuple[str, str]]:
    """(list, id) of every element of a partner's lists."""
    for name in LISTS:
        for element in fields.get(name) or ():
            yield name, str(element["id"])
            for inner in element.get("contacts") or ():
                yield "contact_persons/contacts", str(inner["id"])


def country(fields: Fields) -> str | None:
    """Where the partner is at home: of the main address."""
    main = (address.get("country") for address in fields.get("addresses") or () if address["type"] == "main")
    return next(main, None)


def read_only(body: Partner, cee: Fields) -> list[Remark]:
    """A remark for each of CEE's own fields that the device has otherwise."""
    differing = (sent.field for sent in body.read_only if not _same(sent.value, cee.get(sent.field)))
    return [Remark("field_read_only", {"field": name}) for name in sorted(set(differing))]


def given_once(device: Fields, base: Fields, cee: Fields) -> list[Remark]:
    """The same for what only a new partner may say; what the device had from CEE is no edit of its own."""
    edited = (name for name in ONCE if name in device and (name not in base or device[name] != base[name]))
    return [Remark("field_read_only", {"field": name}) for name in edited if not _equal_once(name, device[name], cee.get(name))]


def _equal_once(name: str, device: Any, cee: Any) -> bool:
    return bare(device or "") == bare(cee or "") if name == "tax_id" else device == cee


def _same(sent: Any, cee: Any) -> bool:
    """Equal for a reader: "5000" is 5000.00, an empty list is none, lists have no order."""
    if isinstance(sent, list | tuple) or isinstance(cee, list | tuple):
        return isinstance(sent or [], list | tuple) and bool(plain(sent or []) == plain(cee or []))
    if sent in (None, "") or cee in (None, ""):
        return sent in (None, "") and cee in (None, "")
    return str(sent) == str(cee) or (_number(sent) is not None and _number(sent) == _number(cee))


def _number(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def lost_edit(loss: Lost) -> dict[str, str]:
    """The params of `edit_lost`."""
    return {"field": loss.field, "device_value": readable(loss.device), "cee_value": readable(loss.cee)}


def readable(value: Any) -> str:
    """A value or an element of a list for people: its parts without the id."""
    if isinstance(value, Mapping):
        return ", ".join(part for name, inner in value.items() if name != "id" and (part := readable(inner)))
    if isinstance(value, list | tuple):
        return "; ".join(readable(inner) for inner in value)
    return "" if value is None or value is False else str(value)
