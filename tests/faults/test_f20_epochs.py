"""F20: a telephone goes back to an old backup, is cloned, and is emptied: nothing old reaches CEE, no number is given twice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from services.sandbox.device.device import EVERYTHING, Device
from services.sandbox.generate.ids import uuid
from services.sandbox.reps import documents, partners, visits
from services.sandbox.reps.day import Made
from services.sandbox.reps.mischief import Mischief, backup, cloned, restored
from services.sandbox.reps.rep import Rep
from services.sandbox.reps.territory import Territory, of_device
from tests.faults.crew import Crew, asked, crew
from tests.faults.site import LIMIT_S, Site, site
from tests.stack import eventually

# of every table that uploads may change
STATE = """
select jsonb_build_array(
    (select jsonb_agg(p order by number) from cee.partner p), (select jsonb_agg(c order by id) from cee.contact_person c),
    (select jsonb_agg(c order by channel, partner) from cee.channel_partner c), (select jsonb_agg(d order by key) from cee.document d),
    (select jsonb_agg(l order by l) from cee.document_line l), (select jsonb_agg(v order by source_id) from cee.visit v),
    (select jsonb_agg(a.digest order by id) from cee.attachment a), (select jsonb_agg(n order by name) from cee.number_range n))::text"""


@dataclass
class Hand:
    """Who writes on a telephone, from what it holds."""

    rep: Rep
    territory: Territory
    rng: Random

    @classmethod
    async def on(cls, here: Site, device: Device, rng: Random) -> Hand:
        return cls(Rep(device), of_device(device, await here.running.today()), rng)

    def made(self, kind: str, body: dict[str, object]) -> Made:
        return Made(kind, str(uuid(self.rng)), body)

    def order(self) -> Made:
        return self.made("documents", documents.order(self.territory, self.rng, self._customer(), 3))

    def edit(self) -> Made:
        return self.made("partners", partners.edit(self.rng, self._customer()))

    def plan(self, number: str) -> Made:
        who, kind = self._customer()["number"], self.territory.visit_types[0]
        return self.made("visits", visits.planned(self.rng, who, kind, self.territory.today, number))

    def delete(self) -> Made:
        return self.made("partners", {"number": self._customer()["number"], "op": "delete"})

    def _customer(self) -> dict[str, object]:
        found: dict[str, object] = self.rng.choice(self.territory.customers)
        return found


async def test_old_databases_change_nothing_and_take_no_numbers(surroundings: dict[str, str], tmp_path: Path, seed: int) -> None:
    async with site(surroundings, tmp_path) as here:
        await here.first_export()
        async with crew(here, 1, Mischief(), seed) as reps:
            first = next(iter(reps.phones.values()))
            rng = Random(seed)
            old = await worked_on(here, reps, first, rng)
            async with old, cloned(old, tmp_path / "clone.db") as clone, restored(old, tmp_path / "empty.db") as empty:
                await gone_back(here, reps, old, rng)
                await two_of_one(here, reps, (old, clone), rng)
                await emptied(here, empty, rng)
                await here.drained()
                for device in (old, clone, empty):
                    await device.pull()
                assert await asked(reps.books, {"first": first, "old": old, "clone": clone, "empty": empty}) == {}
                assert await here.offences() == {}


async def worked_on(here: Site, reps: Crew, device: Device, rng: Random) -> Device:
    """A telephone that was backed up with two uploads unsent, and went back to that after they and others had been imported."""
    hand = await Hand.on(here, device, rng)
    plan = hand.plan("W-1")
    await hand.rep.send(plan, hand.order())
    await settled(hand.rep)
    for made in (hand.edit(), hand.order()):
        device.uploads.put(made.kind, made.body, source_id=made.source_id)
    backup(device, device.path.with_name("backup.db"))
    await hand.rep.send(hand.order(), Made("visits", plan.source_id, plan.body | {"status": "completed"}))
    await settled(hand.rep)
    assert {outcome for _, outcome, _ in reps.ends()} == {"imported"}
    # it is never heard of again, so it must have seen its orders come back
    await eventually(lambda: has_its_orders(device), within=LIMIT_S, every=0.1)
    return restored(device, device.path.with_name("backup.db"))


async def has_its_orders(device: Device) -> bool:
    await device.pull()
    return all(which == ["confirmed"] for which in device.uploads.shown("documents").values())


async def gone_back(here: Site, reps: Crew, old: Device, rng: Random) -> None:
    hand = await Hand.on(here, old, rng)
    plan = next(upload.source_id for upload in old.uploads.all() if upload.kind == "visits")
    before, taken = await here.cee.fetchval(STATE), await reps.taken()
    moved = hand.plan("W-1").body | {"name": "another one"}
    stale = [Made("visits", plan, moved), hand.edit(), hand.delete(), hand.order()]
    await hand.rep.send(*stale)
    await eventually(lambda: has_ended(reps, taken + len(stale)), within=LIMIT_S)
    await here.drained()
    assert await here.cee.fetchval(STATE) == before
    pulled = await old.pull()
    assert set(pulled.full) == set(EVERYTHING)  # all of it is loaded again
    told = {upload.source_id: (upload.outcome, upload.code) for upload in old.uploads.all()}
    wanted = [("conflict", "epoch_changed")] * 3 + [("conflict", "mobile_number_taken")]
    assert [told[made.source_id] for made in stale] == wanted
    assert not hand.rep.open()  # what was unsent in the backup had come before, from the database that is gone
    hand = await Hand.on(here, old, rng)
    good = [hand.order(), hand.edit(), hand.plan("W-2")]
    await hand.rep.send(*good)
    await settled(hand.rep)
    assert [outcome_of(old, made) for made in good] == [("imported", None)] * 3


async def two_of_one(here: Site, reps: Crew, pair: tuple[Device, Device], rng: Random) -> None:
    """Both telephones send what stood in the outbox of the first, and then each an order under the same number."""
    one, other = pair
    await other.enrol(await here.running.code(one.store.recall("rep") or ""))
    await other.pull()
    first, second = await Hand.on(here, one, rng), await Hand.on(here, other, rng)
    order, visit = first.order(), first.plan("W-3")
    for device in pair:
        for made in (order, visit):
            device.uploads.put(made.kind, made.body, source_id=made.source_id)
    for hand in (first, second):
        await hand.rep.send()
        await settled(hand.rep)
    assert {outcome_of(device, made) for device in pair for made in (order, visit)} == {
        ("imported", None),
        ("unchanged", "already_imported"),
    }
    await settled(first.rep)
    clash = second.order()
    clash = Made(clash.kind, clash.source_id, clash.body | {"mobile_number": order.body["mobile_number"]})
    await second.rep.send(clash)
    await settled(second.rep)
    assert outcome_of(other, clash) == ("conflict", "mobile_number_taken")
    further = (await Hand.on(here, other, rng)).order()
    await second.rep.send(further)
    await settled(second.rep)
    assert outcome_of(other, further) == ("imported", None)
    await one.pull()


async def emptied(here: Site, empty: Device, rng: Random) -> None:
    """A telephone that has nothing but its tokens loads all and goes on behind the highest number."""
    pulled = await empty.pull()
    assert set(pulled.full) == set(EVERYTHING)
    hand = await Hand.on(here, empty, rng)
    order = hand.order()
    await hand.rep.send(order)
    await settled(hand.rep)
    assert outcome_of(empty, order) == ("imported", None)


async def settled(rep: Rep) -> None:
    async def done() -> bool:
        await rep.device.pull()
        return not rep.open()

    await eventually(done, within=LIMIT_S, every=0.1)


def outcome_of(device: Device, made: Made) -> tuple[str | None, str | None]:
    found = [upload for upload in device.uploads.all() if upload.source_id == made.source_id]
    return found[-1].outcome, found[-1].code


async def has_ended(reps: Crew, count: int) -> bool:
    return await reps.taken() >= count
