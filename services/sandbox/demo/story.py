"""What happens to one new customer on the demo's day, from the manager's prospect to refused papers; each step waits for its answer.

Called by workday.py while CEE changes and the other uploads travel. Every upload of the story says what must become of it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random

from services.kernel.postgres import Pool
from services.sandbox.commands.partner import change
from services.sandbox.demo.phone import NoAnswer, Phone
from services.sandbox.demo.proof import Expected
from services.sandbox.device.uploads import Sent
from services.sandbox.generate.ids import uuid
from services.sandbox.reps import documents, papers, partners, visits
from services.sandbox.reps.day import Made
from services.sandbox.reps.manager import Manager
from services.sandbox.reps.rep import Place
from services.sandbox.reps.territory import Body, Territory

LINES = 3
PATIENCE_S = 30
# what a rep or a manager did, and what became of it
DEEDS = {"ZS": "order", "OS": "quote", "image": "photo", "note": "note", "customer": "new customer", "prospect": "prospect"}
ENDS = {"imported": "CEE has it", "waiting": "it waits", "rejected": "refused", "unchanged": "nothing to do", "conflict": "CEE's stands"}


@dataclass
class Story:
    """One rep's part of it. `expected`: what must become of which upload; `told`: sentences for the console."""

    phone: Phone
    territory: Territory
    manager: Manager
    cee: Pool
    rng: Random
    expected: dict[Place, Expected] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    async def play(self) -> None:
        """Raises NoAnswer where an expected answer does not come."""
        await self._lead()
        customer = await self._first_order()
        await self._refusals(customer)
        await self._duplicates(customer)

    async def _lead(self) -> None:
        """A manager enters a prospect and plans a visit at his."""
        territory = self.territory
        lead = self._made("partners", partners.newcomer(self.rng, partners.home_of(territory.currency), "prospect"))
        visit = visits.planned(self.rng, lead.source_id, territory.visit_types[0], territory.today, "M-1")
        plan = self._made("visits", visit)
        await self.manager.send(territory.rep, lead, plan)
        for made in (lead, plan):
            answer = await self._answer(made.source_id)
            self._told("The manager's", made, answer)

    async def _answer(self, source_id: str) -> Body:
        try:
            async with asyncio.timeout(PATIENCE_S):
                while (source_id, 1) in self.manager.open():
                    await self.manager.listen()
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise NoAnswer(f"the manager was told nothing of {source_id} within {PATIENCE_S} s") from None
        return self.manager.answers[source_id, 1]

    async def _first_order(self) -> Made:
        """A new customer, his first order, a photo of his shelf and a note; the order waits until somebody releases him."""
        phone = self.phone
        customer = self._made("partners", partners.newcomer(self.rng, partners.home_of(self.territory.currency)))
        order = self._made("documents", documents.order(self.territory, self.rng, customer.body, LINES, customer.source_id))
        photo = papers.photo(self.rng, {"owner_kind": "document", "owner_key": order.source_id}, full=True)
        note = papers.note(self.rng, {"owner_kind": "partner", "owner_key": customer.source_id})
        shelf, talk = self._made("attachments", *photo), self._made("attachments", note)
        phone.untimed |= {("documents", order.source_id, 1), ("attachments", shelf.source_id, 1)}
        await phone.rep.send(customer, order, shelf, talk)
        born = await self._becomes(customer, "imported")
        await self._becomes(order, "waiting", "partner_blocked")
        async with self.cee.acquire() as connection:
            await change(connection, (str(born.number), phone.device.store.recall("channel")), "status", "released")
        self.told.append(f"Head office releases the customer: ceebus cee partner release {born.number}.")
        for made in (order, shelf, talk):
            await self._becomes(made, "imported")
        await phone.until(lambda: phone.device.uploads.shown("documents").get(order.source_id) == ["confirmed"], "the order came back")
        self.told.append(f"The order is on the rep's phone as CEE confirmed it, once, with its number {self._number(order)}.")
        return order

    def _number(self, order: Made) -> str:
        bodies = self.phone.device.rows("sales-documents").values()
        return next(str(body["hq_number"]) for body in bodies if body.get("origin_source_id") == order.source_id)

    async def _refusals(self, order: Made) -> None:
        """A quote that has expired, and an order whose total is not what its lines make."""
        customer = self.rng.choice(self.territory.customers)
        day = (self.territory.today - timedelta(days=10)).isoformat(), (self.territory.today - timedelta(days=1)).isoformat()
        dates = {"issue_date": day[0], "expiry_date": day[1]}
        expired = documents.quote(self.territory, self.rng, customer, LINES) | dates
        old = self._made("documents", expired, refused="quote_expired")
        wrong = documents.order(self.territory, self.rng, customer, LINES)
        wrong["gross_total"] = str(Decimal(wrong["gross_total"]) + 1)
        bad = self._made("documents", wrong, refused="totals_mismatch")
        await self.phone.rep.send(old, bad)
        for made in (old, bad):
            await self._becomes(made, "rejected")

    async def _duplicates(self, order: Made) -> None:
        """The same upload once more, as after a lost answer, and the same order under another revision."""
        upload = self.phone.upload(order.source_id, "imported")
        verdicts = await self.phone.device.uploads.repeat([order.source_id])
        if upload is None or [verdict.get("upload_id") for verdict in verdicts] != [upload.upload_id]:
            raise NoAnswer("an upload that is sent again must be the same upload")
        self.told.append(f"The rep sends {_name(order)} again, as after a lost answer: it is the same upload. Then as something new:")
        self.expected["documents", order.source_id, 2] = Expected(order, self.territory.rep, "unchanged", "already_imported")
        await self.phone.rep.send(order)
        await self._becomes(order, "unchanged")

    def _made(self, kind: str, body: Body, content: bytes | None = None, *, refused: str | None = None) -> Made:
        made = Made(kind, str(uuid(self.rng)), body, content)
        self.expected[kind, made.source_id, 1] = Expected(made, self.territory.rep, "rejected" if refused else "imported", refused)
        return made

    async def _becomes(self, made: Made, outcome: str, code: str | None = None) -> Sent:
        """The upload once this has become of it, and a sentence about it. Raises NoAnswer."""
        what = f"{made.kind} {_name(made)} is {outcome}"
        found = await self.phone.until(lambda: self.phone.upload(made.source_id, outcome, code), what)
        answers = self.phone.device.uploads.results().values()
        self._told("The rep's", made, next(body for body in answers if _is_of(body, found)))
        return found

    def _told(self, whose: str, made: Made, answer: Body) -> None:
        """One sentence, the reason as a Polish rep reads it."""
        body = made.body
        deed = "visit" if made.kind == "visits" else DEEDS[body.get("type") or body["role"]]
        number = f" as {answer['number']}" if answer.get("number") and answer["outcome"] == "imported" else ""
        reason = f": {answer['messages']['pl']} [{answer['code']}]" if answer.get("code") else "."
        self.told.append(f"{whose} {deed} {_name(made)}: {ENDS[answer['outcome']]}{number}{reason}")


def _name(made: Made) -> str:
    return str(made.body.get("mobile_number") or (made.body["number"] if made.kind == "visits" else made.body["name"]))


def _is_of(answer: Body, upload: Sent) -> bool:
    return bool(answer["source_id"] == upload.source_id and answer["revision"] == upload.revision)
