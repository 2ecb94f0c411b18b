"""What the tests of `explain` share: asking for one object's way, and roles that stand still for a while."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson

from schemas import topics
from schemas.mobile.envelope import device_sender, upload_hash, upload_id
from services.kernel.kafka import Outgoing, partition_for, producer
from services.sandbox.device.device import Device
from tests.stack import eventually
from tests.system import FIRST, System
from tests.unit.writer.document_uploads import document, line

ADDRESS = {"type": "main", "street": "Krótka", "house": "3", "postal_code": "30-002", "city": "Kraków", "country": "PL"}
PARTNER = """
insert into cee.partner(number, name, customer_type, currency, tax_class, payment_form, payment_term, price_class)
values('{0}@', 'Sklep {0}', 'RETAIL', 'PLN', 'DOM', 'TRANSFER', '14D', 'K1');
insert into cee.partner_address(id, partner, street, house, postal_code, city, country)
values(gen_random_uuid(), '{0}@', 'Długa', '7', '30-001', 'Kraków', 'PL');
"""
ASSIGNED = PARTNER + "insert into cee.channel_partner(channel, partner) values('@', '{0}@');"
ARTICLE = """
insert into cee.article(number, name, vat_rate, base_unit, sales_unit) values('{0}@', '{{"pl": "Artykuł"}}', 'V23', 'PCS', 'PCS');
insert into cee.article_unit(article, unit, factor) values('{0}@', 'PCS', 1);
"""
OFFERED = ARTICLE + "insert into cee.assortment_item(listing, list, article) values('AL@', 'S@', '{0}@');"
PRICE = "insert into cee.price(row_id, list, article, unit, valid_from, price) values('{0}', 'L@', '{1}@', 'PCS', '{2}', 3);"

DOCUMENT = """
insert into cee.document(type, hq_number, channel, partner, issue_date, currency, payment_form, warehouse, net_total, vat_total,
    gross_total, order_type, status_general, status_delivery, status_invoice)
values('ZS', '{0}@', '@', '{1}@', current_date, 'PLN', 'TRANSFER', 'W@', 25, 5.75, 30.75, 'ZSM', 'released', 'none', 'none');
insert into cee.document_line(type, hq_number, position, article, article_name, quantity, unit, vat_rate, regular_price,
    discounted_price, value)
values('ZS', '{0}@', 1, 'A1@', 'Artykuł', 2, 'PCS', 'V23', 12.5, 12.5, 25);
"""


@dataclass
class Here:
    """A channel with a company and a device of R1 that has all of it."""

    system: System
    channel: str
    device: Device

    @property
    def device_id(self) -> str:
        return str(self.device.store.recall("device_id"))

    async def change(self, sql: str) -> None:
        await self.system.change(self.channel, sql)

    async def explain(self, kind: str, key: str, **query: Any) -> dict[str, Any]:
        path = f"/v1/channels/{self.channel}/explain/{kind}"
        answer = await self.system.http.get(path, params={"key": key.replace("@", self.channel), **query})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def keeps(self, kind: str, key: str, code: str | None, within: float = 60, **query: Any) -> dict[str, Any]:
        """The explanation, once its obstacle is this one; until then the object is on its way there."""

        async def named() -> dict[str, Any]:
            found = await self.explain(kind, key, **query)
            seen = found["obstacle"]["code"] if found["obstacle"] else None
            assert seen == code, f"{seen} instead of {code}: {found}"
            return found

        return await eventually(named, within=within, every=0.1)

    async def why(self, kind: str, key: str, code: str, **query: Any) -> dict[str, Any]:
        """The obstacle of that code."""
        found: dict[str, Any] = (await self.keeps(kind, key, code, **query))["obstacle"]
        return found

    async def steer(self, direction: str, what: str, **body: Any) -> None:
        """As `ceebus hold`, `release` and `mode set` do it."""
        method = "PUT" if what == "mode" else "POST"
        answer = await self.system.http.request(
            method, f"/v1/channels/{self.channel}/{direction}/{what}", json={"reason": "inventory"} | body
        )
        assert answer.status_code == 200, answer.text

    async def customer(self, **fields: Any) -> str:
        """A new customer, uploaded from the device; its source_id."""
        return await self.upload("partners", {"name": "Nowy sklep", "addresses": [ADDRESS | {"id": str(uuid4())}], **fields})

    async def order(self, **fields: Any) -> tuple[str, str]:
        """A document, uploaded from the device: its source_id and its number there."""
        names = {"partner": f"P1{self.channel}", "warehouse": f"W{self.channel}", "confirmed": True} | fields
        body = document([line(f"A1{self.channel}")], **names)
        return await self.upload("documents", body), body["mobile_number"]

    async def upload(self, kind: str, body: dict[str, Any], source_id: str | None = None) -> str:
        """A record of mobile.* as the gateway stores it for this device; its source_id."""
        source, device = source_id or str(uuid4()), self.device_id
        stamped = {"channel": self.channel, "kind": kind, "source_id": source, "revision": 1, "client": "device", "device_id": device}
        record = stamped | {"db_epoch": self.device.store.recall("db_epoch"), "rep": f"R1{self.channel}"} | body
        key, digest, sender = source.encode(), upload_hash(record), device_sender(device).encode()
        headers = [
            ("ce_specversion", b"1.0"),
            ("content-type", b"application/json"),
            ("ce_id", upload_id(self.channel, source, 1, digest).encode()),
            ("ce_source", b"/" + sender),
            ("ce_type", f"ceebus.mobile.{kind}.v1".encode()),
            ("ce_time", b"2026-11-29T10:15:00.000Z"),
            ("ce_sender", sender),
            ("ce_contenthash", digest.encode()),
        ]
        made = Outgoing(topics.mobile(self.channel, kind), partition_for(key, topics.IMPORT_PARTITIONS), key, orjson.dumps(record), headers)
        async with producer(self.system.settings.kafka, "test") as out:
            await out.send_all([made])
        return source


@asynccontextmanager
async def explained_company(system: System, channel: str, settings: str = "") -> AsyncIterator[Here]:
    """A company that is completely in the feed, and a device that has pulled. `settings`: SQL before the channel is active."""
    await system.company(channel, active=False)
    await system.change(channel, f"{settings}; update cee.channel set active = true where id = '@'")
    for kind, key in FIRST:
        await system.in_feed(channel, kind, key, within=120)
    async with system.device(channel, "R1@") as device:
        await device.pull()
        yield Here(system, channel, device)


@asynccontextmanager
async def standing_still(system: System, role: str) -> AsyncIterator[None]:
    """The role's process is stopped in its tracks; it goes on, or is started again, afterwards."""
    pid = system.supervisor.pid(role)
    system.supervisor.kill(role, signal.SIGSTOP)
    try:
        yield
    finally:
        if system.supervisor.pid(role) == pid:
            system.supervisor.kill(role, signal.SIGCONT)
