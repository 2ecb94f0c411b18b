"""Partners: new ones, edits, removals (domain.md 4.1). What an edit does to CEE's partner is for the writer to find out."""

from __future__ import annotations

from typing import Any

from schemas.channel import Channel
from schemas.imports import partners as imports
from schemas.imports.partners import ReadOnly
from schemas.mobile.partners import CEE_OWNED, Partner, PartnerFields
from schemas.partner_rules import address_defect, contact_defect, repeated_element
from schemas.tax_ids import is_tax_id
from services.importer.refusal import refused
from services.kernel.guard import Refused

NEVER_EMPTY = ("name", "addresses")
DEFAULTS = {"legal_kind": "organisation", "role": "customer"}


def handle(upload: Partner, channel: Channel) -> imports.Partner:
    """Raises Refused field_missing, field_invalid, tax_id_invalid."""
    if upload.op == "delete":
        return imports.Partner.of(upload, read_only=(), **dict.fromkeys(PartnerFields.model_fields))
    for field in NEVER_EMPTY:
        asked = upload.number is None or field in upload.model_fields_set
        if asked and upload.__dict__[field] is None:
            raise Refused("rejected", "field_missing", field=field)
    _check_lists(upload)
    _check_place(upload)
    _check_tax_id(upload)
    return imports.Partner.of(upload, read_only=_read_only(upload), **_defaults(upload))


def _check_lists(upload: Partner) -> None:
    defect = address_defect(upload.addresses) if upload.addresses else None
    defect = defect or contact_defect(upload.contacts or (), upload.contact_persons or ())
    for field in ("addresses", "contacts", "contact_persons"):
        defect = defect or repeated_element(field, upload.__dict__[field] or ())
    for place, person in enumerate(upload.contact_persons or ()):
        defect = defect or repeated_element(f"contact_persons[{place}].contacts", person.contacts or ())
    if defect:
        raise refused(defect)


def _check_place(upload: Partner) -> None:
    """Both or none; an edit may move one of them, but neither take nor leave one alone."""
    asked = [name for name in ("latitude", "longitude") if upload.number is None or name in upload.model_fields_set]
    empty = [name for name in asked if upload.__dict__[name] is None]
    if len(empty) == 1:
        raise Refused("rejected", "field_missing", field=empty[0])


def _check_tax_id(upload: Partner) -> None:
    """By the country of the main address, new or received; of an edit that names none only CEE knows it: the writer checks."""
    addresses = upload.addresses or (upload.base.addresses if upload.base else None) or ()
    country = next((address.country for address in addresses if address.type == "main"), None)
    if upload.tax_id is not None and country is not None and not is_tax_id(upload.tax_id, country):
        raise Refused("rejected", "tax_id_invalid", value=upload.tax_id)


def _read_only(upload: Partner) -> tuple[ReadOnly, ...]:
    """What the device says of CEE's fields: to be compared with CEE, not to be written."""
    is_edit = upload.number is not None
    values = upload.__dict__
    said = [name for name in CEE_OWNED if name in upload.model_fields_set and (is_edit or values[name] is not None)]
    return tuple(ReadOnly(field=name, value=values[name]) for name in said)


def _defaults(upload: Partner) -> dict[str, Any]:
    """What a whole partner need not say."""
    return {} if upload.number is not None else {name: upload.__dict__[name] or value for name, value in DEFAULTS.items()}
