"""Reps of a scenario: each makes his uploads on a device of his own, sends them over a bad network, and hears what became of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from random import Random

from services.sandbox.commands.partner import change
from services.sandbox.device.device import Device
from services.sandbox.device.failures import Interrupted
from services.sandbox.generate.ids import uuid
from services.sandbox.reps import documents, papers, visits
from services.sandbox.reps.day import Amounts, Made, mixed, work
from services.sandbox.reps.mischief import Mischief
from services.sandbox.reps.rep import Rep
from services.sandbox.reps.territory import Territory, of_device
from tests.faults import checkers_in
from tests.faults.checkers_in import Books, sender_of
from tests.faults.site import CHANNEL, LIMIT_S, Site
from tests.stack import eventually

RESENT = 0.25  # of what was taken is sent once more
AT_ONCE = 12  # uploads made before a push, at most
BLOCKED = """
select p.number from cee.partner p join cee.channel_partner c on c.partner = p.number and c.channel = $1
where p.origin_source_id is not null and p.status = 'blocked'"""


@dataclass
class Crew:
    """`reps` by their numbers; `books`: whom the checkers ask. `resent`: verdicts on repeats; `wrong`: those that differed."""

    here: Site
    reps: dict[str, Rep]
    books: Books
    resent: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def phones(self) -> dict[str, Device]:
        return {name: rep.device for name, rep in self.reps.items()}

    async def days(self, seed: int, amounts: Amounts) -> dict[str, list[Made]]:
        """A day's work of each rep, with what belongs to the partners he found that day."""
        today, found = await self.here.running.today(), {}
        for name, rep in self.reps.items():
            rng = Random(f"{seed}/{name}/work")
            territory = await asyncio.to_thread(of_device, rep.device, today)
            found[name] = with_families(territory, rng, work(territory, rng, amounts))
        return found

    async def work(self, name: str, day: Sequence[Made], rng: Random) -> None:
        """Makes and sends it in parts of any size, and a share of it again."""
        rep, at = self.reps[name], 0
        while at < len(day):
            part = day[at : at + rng.randint(1, AT_ONCE)]
            at += len(part)
            await rep.send(*part)
            await self.repeat(name, [made.source_id for made in part if rng.random() < RESENT])

    async def repeat(self, name: str, source_ids: Sequence[str]) -> None:
        """Sends what the gateway has of these objects once more: it must say what it said before."""
        device = self.reps[name].device
        said = {(upload.source_id, upload.revision): upload.upload_id for upload in device.uploads.all()}
        with suppress(Interrupted):
            verdicts = await device.uploads.repeat(source_ids) if source_ids else []
            self.resent += len(verdicts)
            self.wrong += [f"{name}: {v}" for v in verdicts if v.get("upload_id") != said[v["source_id"], v["revision"]]]

    async def settled(self, within: float = LIMIT_S) -> None:
        """Returns when every upload has its final answer on its device; what was not sent is."""

        async def done() -> bool:
            for rep in self.reps.values():
                if any(upload.state in ("new", "sent") for upload in rep.device.uploads.all()):
                    await rep.send()
                with suppress(Interrupted):
                    await rep.device.pull()
            return not any(rep.open() for rep in self.reps.values())

        await eventually(done, within=within, every=0.2)

    async def offences(self) -> dict[str, list[str]]:
        """Drains, lets the devices pull, and asks all five checkers of the way in; those that passed are left out."""
        await self.settled()
        await self.here.drained()
        for phone in self.phones.values():
            await phone.pull()
        return await asked(self.books, self.phones, self.wrong)

    async def taken(self) -> int:
        """How many uploads of this crew have come to an end in CEE."""
        ends = await self.here.cee.fetch(checkers_in.SQL.inbox, CHANNEL)
        senders = {sender_of(phone) for phone in self.phones.values()}
        return sum(row["sender"] in senders for row in ends)

    def ends(self) -> Counter[tuple[str, str | None, str | None]]:
        """(kind, outcome, code) of all uploads, as their devices have it."""
        return Counter((u.kind, u.outcome, u.code) for phone in self.phones.values() for u in phone.uploads.all())


async def asked(books: Books, phones: Mapping[str, Device], lost: Sequence[str] = ()) -> dict[str, list[str]]:
    """What the five checkers of the way in find on a quiet system; those that passed are left out."""
    found = {
        "L": [*lost, *await checkers_in.loss(books, phones)],
        "D": await checkers_in.duplicates(books, phones),
        "O": await checkers_in.order(books, phones),
        "C": await checkers_in.convergence(books, phones),
        "M": await checkers_in.markers(books),
    }
    return {name: wrong[:20] for name, wrong in found.items() if wrong}


@asynccontextmanager
async def crew(here: Site, count: int, mischief: Mischief, seed: int) -> AsyncIterator[Crew]:
    """Devices of the busiest reps, which have pulled everything."""
    async with AsyncExitStack() as phones:
        reps = {}
        for number in await here.running.reps(count):
            device = await phones.enter_async_context(Device(here.settings.gateway.url, here.home / f"crew-{number}.db", patience=LIMIT_S))
            reps[number] = Rep(device, mischief, seed=Random(f"{seed}/{number}").randrange(1 << 31))
        slots = asyncio.Semaphore(8)

        async def begin(number: str) -> None:
            async with slots:
                await reps[number].device.enrol(await here.running.code(number))
                await reps[number].device.pull()

        await asyncio.gather(*(begin(number) for number in reps))
        books = Books(here.cee, here.ours, here.settings.kafka, CHANNEL)
        yield Crew(here, reps, replace(books, before=frozenset(await checkers_in.born_in_cee(books))))


@asynccontextmanager
async def head_office(here: Site) -> AsyncIterator[None]:
    """Somebody who releases new partners from devices, a while after they came."""

    async def release() -> None:
        while True:
            for row in await here.cee.fetch(BLOCKED, CHANNEL):
                async with here.cee.acquire() as connection:
                    await change(connection, (row["number"], CHANNEL), "status", "released")
            await asyncio.sleep(0.5)

    working = asyncio.create_task(release())
    try:
        yield
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


def with_families(territory: Territory, rng: Random, day: Sequence[Made]) -> list[Made]:
    """The day with an order, a photo and a visit for every newcomer of it, at any time of the day: before its parent, too."""
    families: list[list[Made]] = []
    for made in day:
        if made.kind != "partners" or made.body.get("number"):
            continue
        families += [[child] for child in children(territory, rng, made)]
    return mixed(rng, [[made] for made in day if made.kind != "visits"] + list(steps(day, "visits")) + families)


def steps(day: Sequence[Made], kind: str) -> Iterator[list[Made]]:
    """The uploads of each object of a kind, in order."""
    found: dict[str, list[Made]] = {}
    for made in day:
        if made.kind == kind:
            found.setdefault(made.source_id, []).append(made)
    yield from found.values()


def children(territory: Territory, rng: Random, parent: Made) -> Iterator[Made]:
    """What a rep does about a partner whom CEE does not know yet."""
    customer = rng.choice(territory.customers)
    if parent.body["role"] == "customer":
        yield Made("documents", str(uuid(rng)), documents.order(territory, rng, customer, rng.randint(1, 4), parent.source_id))
    body, content = papers.photo(rng, {"owner_kind": "partner", "owner_key": parent.source_id}, False)
    yield Made("attachments", str(uuid(rng)), body, content)
    if territory.own.get("visits_allowed") and territory.visit_types:
        number = f"W-N-{rng.randrange(1 << 40):x}"
        body = visits.planned(rng, parent.source_id, rng.choice(territory.visit_types), territory.today, number)
        yield Made("visits", str(uuid(rng)), body)
