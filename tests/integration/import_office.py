"""A company whose rep and manager upload over HTTP, and what the tests of codes ask: the answer to its sender, and what CEE made of it.

One device, one back-office app, two channels: the second one is strict (duplicates blocked, warnings to be confirmed, removals
recorded, one attempt). `@` in texts is the channel's id.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

import httpx
import orjson

from services.sandbox.demo.proof import SQL
from services.sandbox.device.device import Device
from services.sandbox.reps import partners
from tests.stack import eventually
from tests.system import System

STRICT = "update cee.channel set duplicate_check = 'block', confirm_warnings = false, deactivate_deleted = true, max_attempts = 1"
TEMPLATES = """
insert into cee.partner_template(code, customer_type, currency, payment_form, payment_term, tax_class, price_class, organisation)
select n || '@', 'RETAIL', 'PLN', 'TRANSFER', '14D', 'DOM', 'K1', 'HQ' from unnest(array['T1', 'T2']) n;
update cee.channel set template_with_tax_id = 'T1@', template_without_tax_id = 'T2@' where id = '@'"""
TUS = {"tus-resumable": "1.0.0"}
Body = dict[str, Any]


@dataclass
class Office:
    """`device` is R1's; `manager` the back-office app's client. `answers`: the last one by (source_id, revision)."""

    system: System
    channel: str
    device: Device
    manager: httpx.AsyncClient
    answers: dict[tuple[str, int], Body] = field(default_factory=dict)
    rng: Random = field(init=False)
    _cursors: dict[str, str] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.rng = Random(self.channel)  # ids of one company are never those of another

    async def push(self, kind: str, body: Body | bytes, *, by: str = "device", epoch: str | None = None) -> Body:
        """The gateway's verdict on one upload."""
        line = body if isinstance(body, bytes) else orjson.dumps({"kind": kind, "revision": 1, "source_id": str(uuid4())} | body)
        headers = {"content-type": "application/x-ndjson"}
        if by == "manager":
            answer = await self.manager.post("/v1/sync", content=line, headers=headers)
        else:
            own = {"authorization": f"Bearer {self.device.store.recall('access_token')}"}
            own["x-device-epoch"] = epoch or self.device.store.recall("db_epoch") or ""
            answer = await self.manager.post("/v1/sync", content=line, headers=headers | own)
        [verdict] = answer.json()["records"]
        return dict(verdict)

    async def send(self, kind: str, body: Body, outcome: str, code: str | None = None, **more: Any) -> Body:
        """An upload the gateway takes, and its answer once it is this one."""
        verdict = await self.push(kind, body, **more)
        assert verdict["status"] == "accepted", verdict
        return await self.becomes(verdict["source_id"], verdict["revision"], outcome, code)

    async def becomes(self, source_id: str, revision: int, outcome: str, code: str | None = None) -> Body:
        async def told() -> Body | None:
            await self._listen()
            answer = self.answers.get((source_id, revision))
            assert answer is None or not answer["final"] or answer["outcome"] == outcome, answer
            return answer if answer and answer["outcome"] == outcome and code in (None, *codes(answer)) else None

        found = await eventually(told, within=30, every=0.05)
        assert found is not None
        for said in (found, *found.get("warnings", ())):
            texts = said.get("messages") or {"pl": ".", "de": ".", "en": "."}
            assert all(text and "?" not in text for text in texts.values()), "a param of the code's text is missing"
        return found

    async def _listen(self) -> None:
        device = {"authorization": f"Bearer {self.device.store.recall('access_token')}"}
        for name, headers in (("device", device), ("manager", {})):
            query = {"cursor": self._cursors[name]} if name in self._cursors else {}
            answer = await self.manager.get("/v1/results", params=query, headers=headers)
            if answer.status_code == 200:
                page = answer.json()
                self._cursors[name] = page["cursor"]
                self.answers |= {(one["source_id"], one["revision"]): one for one in page["items"]}

    async def in_cee(self, kind: str, source_id: str) -> int:
        """How often CEE has the object."""
        [row] = await self.system.cee.fetch(SQL.held, [kind], [source_id])
        return int(row["count"])

    async def change(self, sql: str) -> None:
        await self.system.change(self.channel, sql)

    async def file(self, source_id: str, content: bytes, filename: str) -> int:
        """Uploads a content; the status of its last chunk."""
        said = {"source_id": source_id, "sha256": hashlib.sha256(content).hexdigest(), "filename": filename}
        pairs = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
        own = TUS | {"authorization": f"Bearer {self.device.store.recall('access_token')}"}
        began = await self.manager.post("/v1/files", headers=own | {"upload-length": str(len(content)), "upload-metadata": pairs})
        assert began.status_code == 201, began.text
        chunk = own | {"upload-offset": "0", "content-type": "application/offset+octet-stream"}
        return (await self.manager.patch(began.headers["location"], content=content, headers=chunk)).status_code

    def own(self, name: str) -> str:
        return f"{name}{self.channel}"

    @property
    def today(self) -> date:
        return datetime.now(UTC).date()

    def partner(self, **changes: Any) -> Body:
        return {"source_id": str(uuid4()), "rep": self.own("R1")} | partners.newcomer(self.rng, "PL") | changes

    def document(self, price: str = "12.5000", article: str = "A1", **changes: Any) -> Body:
        """Two pieces for `price` each; `line` changes the line."""
        net = Decimal(price) * 2
        vat = (net * 23 / 100).quantize(Decimal("0.01"))
        line = {
            "position": 1,
            "article": self.own(article),
            "article_name": "Artykuł",
            "quantity": "2.000",
            "unit": "PCS",
            "vat_rate": "V23",
        }
        line |= {"regular_price": price, "discounted_price": price, "price_unit": "1", "discount": "0.00", "value": f"{net:.2f}"}
        lines = [line | changes.pop("line", {}) | {"position": at} for at in range(1, changes.pop("count", 1) + 1)]
        head = {"type": "ZS", "mobile_number": f"ZS-{next(self._numbers)}/11/26/R1", "partner": self.own("P1"), "currency": "PLN"}
        head |= {"issue_date": self.today.isoformat(), "price_mode": "net", "payment_form": "TRANSFER", "warehouse": self.own("W")}
        totals = {"net_total": f"{net:.2f}", "vat_total": str(vat), "gross_total": f"{net + vat:.2f}"}
        return {"source_id": str(uuid4())} | head | totals | {"confirmed": True, "lines": lines} | changes

    def note(self, **changes: Any) -> Body:
        owner = {"owner_kind": "partner", "owner_key": self.own("P1")}
        return {"source_id": str(uuid4())} | owner | {"type": "note", "name": "Notatka", "text": f"Klient {uuid4()}"} | changes

    def photo(self, content: bytes, **changes: Any) -> Body:
        fields = {"type": "image", "name": "regał.jpg", "extension": "jpg", "sha256": hashlib.sha256(content).hexdigest()}
        note = self.note()
        return {name: part for name, part in note.items() if name != "text"} | fields | {"size": len(content)} | changes

    def visit(self, days: int = 2, **changes: Any) -> Body:
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
        times = {"planned_start": f"{start:%Y-%m-%dT%H:%M:%S}Z", "planned_end": f"{start + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}Z"}
        kind = {"number": f"V-{next(self._numbers)}", "name": "Wizyta", "action_type": "appointment", "visit_type": "HANDLOWA"}
        rest = {"partner": self.own("P1"), "all_day": False, "status": "confirmed"}
        return {"source_id": str(uuid4()), "rep": self.own("R1")} | kind | times | rest | changes


def codes(answer: Body) -> list[str | None]:
    """The answer's code and those of its warnings."""
    return [answer.get("code"), *(warned["code"] for warned in answer.get("warnings", ()))]


@asynccontextmanager
async def office(system: System, channel: str, *, strict: bool = False) -> AsyncIterator[Office]:
    await system.company(channel, active=False)
    await system.change(channel, TEMPLATES)
    if strict:
        await system.change(channel, f"{STRICT} where id = '@'")
    await system.change(channel, "update cee.channel set active = true where id = '@'")
    await system.in_feed(channel, "sales-documents", "ZS/1@", within=60)
    made = await system.http.post("/v1/clients", json={"channel": channel, "name": "office"})
    headers = {"authorization": f"Bearer {made.json()['token']}"}
    async with (
        system.device(channel, "R1@") as device,
        httpx.AsyncClient(base_url=system.settings.gateway.url, headers=headers, trust_env=False, timeout=30) as manager,
    ):
        yield Office(system, channel, device, manager)
