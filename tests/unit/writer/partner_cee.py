"""What the unit tests of partners share: a CEE of one channel with partner K1, and uploads made with few words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from schemas.channel import Channel
from schemas.imports.partners import Partner
from services.writer.model import Answer, Imported, Upload
from services.writer.rules.partner_facts import Held, LastSaid, Plan, Situation
from services.writer.rules.partner_fields import of_cee
from services.writer.rules.partners import decide

S1, S2, S3 = ("00000000-0000-4000-8000-00000000000" + digit for digit in "123")
HOME = {"id": "00000000-0000-4000-8000-0000000000a1", "type": "main", "street": "Długa", "house": "7", "postal_code": "30-001"}
HOME |= {"city": "Kraków", "country": "PL"}
SHOP = HOME | {"id": "00000000-0000-4000-8000-0000000000a2", "type": "delivery", "street": "Polna"}
PHONE = {"id": "00000000-0000-4000-8000-0000000000b1", "type": "phone", "value": "1", "preferred": True}
TEMPLATE = {"customer_type": "SHOP", "currency": "PLN", "payment_form": "CASH", "payment_term": None, "tax_class": "T"}
TEMPLATE |= {"price_class": "A", "organisation": None}
K1 = {"number": "K1", "name": "Żabka", "matchcode": "ZABKA", "legal_kind": "organisation", "role": "customer", "status": "released"}
K1 |= {"customer_type": "SHOP", "currency": "PLN", "payment_form": "CASH", "payment_term": "14D", "credit_limit": "100.000"}
K1 |= {"tax_id": "1234563218", "addresses": [HOME], "contacts": [PHONE], "latitude": "50.061400", "longitude": "19.936600"}


def channel(**settings: Any) -> Channel:
    texts = "description sales_organisation assortment_listing price_listing category_root order_type_zs order_type_os inventory_owner"
    base = dict.fromkeys(texts.split(), "X") | {"id": "C1", "currency": "PLN", "active": True, "delivery_warehouse": "W"}
    base |= {"default_payment_form": "CASH", "default_payment_term": "14D", "template_with_tax_id": "T1", "template_without_tax_id": "T2"}
    base |= {"max_user_discount": "10", "availability_warehouses": ["W"], "file_types": {}}
    return Channel.model_validate(base | settings)


@dataclass
class Cee:
    """What CEE has; partners by number as their fields, all of version 5."""

    settings: dict[str, Any] = field(default_factory=dict)
    partners: dict[str, dict[str, Any]] = field(default_factory=lambda: {"K1": K1})
    said: dict[str, LastSaid] = field(default_factory=dict)
    owners: dict[tuple[str, str], str] = field(default_factory=dict)
    taxed: list[tuple[str, str, str | None]] = field(default_factory=lambda: [("K1", "123-456-32-18", "PL")])
    templates: tuple[str, ...] = ("T1", "T2")
    outside: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()

    def situation(self) -> Situation:
        held = {
            number: Held(number, 5, of_cee(fields), number not in self.outside, number in self.deleted)
            for number, fields in self.partners.items()
        }
        templates = dict.fromkeys(self.templates, TEMPLATE)
        return Situation(channel(**self.settings), frozenset({"R1"}), templates, held, {}, self.said, self.taxed, self.owners)

    def decide(self, *uploads: Upload) -> tuple[Plan, dict[str, Held]]:
        situation = self.situation()
        return decide(situation, uploads), situation.held

    def answer(self, upload: Upload) -> Answer:
        return self.decide(upload)[0].answers[0]


def upload(source_id: str = S1, revision: int = 1, *, known: Imported | None = None, state: str = "ok", **body: Any) -> Upload:
    confirmed = body.pop("confirmed", False)
    stamped = {"channel": "C1", "kind": "partners", "source_id": source_id, "revision": revision, "client": "device", "rep": "R1"}
    record = Partner.model_validate_json(json.dumps(stamped | body))
    return Upload(
        kind="partners",
        source_id=source_id,
        revision=revision,
        op=record.op,
        client="device",
        sender="device/d1",
        rep=record.rep,
        device_state=state,
        upload_id=f"{source_id}/{revision}",
        content_hash=json.dumps(body, sort_keys=True),
        body=record,
        received_at=datetime(2026, 3, 2, tzinfo=UTC),
        known=known,
        confirmed=confirmed,
    )


def new(source_id: str = S1, **body: Any) -> Upload:
    whole = {"name": "Nowy", "legal_kind": "organisation", "role": "customer", "addresses": [HOME | {"id": source_id}]}
    return upload(source_id, **(whole | body))


def edit(source_id: str = S1, *, base_version: int | None = 5, **body: Any) -> Upload:
    return upload(source_id, **({"number": "K1", "base_version": base_version} | body))


def applied(revision: int = 1, content: str = "other") -> Imported:
    return Imported(revision, content, "K1", "K1")
