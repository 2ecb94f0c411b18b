"""A crowd of devices, several a rep: each is cut off, sends everything three times, and is killed while it loads."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from schemas.topics import KINDS
from services.sandbox.device.contents import CHUNK
from services.sandbox.device.device import Device
from services.sandbox.device.failures import Interrupted, Refused
from services.sandbox.generate.ids import uuid
from services.sandbox.reps import papers, visits
from services.sandbox.reps.day import Made
from services.sandbox.reps.rep import Rep
from services.sandbox.reps.territory import of_device
from tests.faults.site import LIMIT_S, Site
from tests.faults.test_f21_attachments import TUS, announced, photo, picture
from tests.stack import eventually

DEVICES = 12  # 50 at full size
ROUNDS = 3
LOST = 0.1  # of all answers


@dataclass
class Phone:
    """One of the crowd; what it is called, and how often it was killed in the middle of something."""

    name: str
    device: Device
    rng: Random
    killed: int = 0
    repeated: int = 0
    turned: int = 0

    async def live(self, today: Any) -> None:
        """Makes, sends three times, loads, and is killed meanwhile; then goes on with what its database has."""
        for number in range(ROUNDS):
            territory = of_device(self.device, today)
            customer = self.rng.choice(territory.customers)
            plan = visits.planned(self.rng, customer["number"], territory.visit_types[0], today, f"W-{self.name}-{number}")
            made = [
                Made("visits", str(uuid(self.rng)), plan),
                Made("attachments", str(uuid(self.rng)), papers.note(self.rng, papers.owner_of(customer))),
                photo(self.rng, papers.owner_of(customer), picture(self.rng, CHUNK + 1_000)),
            ]
            rep = Rep(self.device)
            self._network()
            self.turned += await chunks_out_of_order(rep, made[-1])
            await rep.send(*made)
            for _ in range(2):
                with suppress(Interrupted):
                    self.repeated += len(await self.device.uploads.repeat([one.source_id for one in made]))
            await self._killed_in_a_pull()

    def _network(self) -> None:
        def lose(path: str) -> None:
            if self.rng.random() < LOST:
                raise Interrupted(f"the answer of {path} was lost")

        self.device.client.on_answer = lose

    async def _killed_in_a_pull(self) -> None:
        pulling = asyncio.create_task(self.device.pull(limit=self.rng.choice((5, 50)), pages=1))
        staged = self.device.store.recall("cursor")
        with suppress(TimeoutError):
            async with asyncio.timeout(LIMIT_S):
                while not pulling.done() and self.device.store.recall("cursor") == staged:
                    await asyncio.sleep(0)
        if not pulling.done():
            self.killed += 1
        pulling.cancel()
        await asyncio.gather(pulling, return_exceptions=True)
        await self.device.client.close()
        self.device.store.close()
        self.device = Device(self.device.url, self.device.path, attempts=100, patience=LIMIT_S)


async def gathered(here: Site, seed: int) -> list[Phone]:
    """Several devices a rep, all with everything."""
    reps = await here.running.reps(4)
    crowd = []
    for number in range(DEVICES):
        rep = reps[number % len(reps)]
        device = Device(here.settings.gateway.url, here.home / f"crowd-{number}.db", attempts=100, patience=LIMIT_S)
        await device.enrol(await here.running.code(rep))
        await device.pull()
        crowd.append(Phone(f"{rep}-{number}", device, Random(f"{seed}/{number}")))
    return crowd


async def lived(here: Site, crowd: Sequence[Phone], rng: Random) -> None:
    """All at once, while gateway and feed are killed."""
    today = await here.running.today()
    living = [asyncio.create_task(phone.live(today)) for phone in crowd]
    for share in (1, 2):

        async def reached(share: int = share) -> bool:
            done = sum(len(phone.device.uploads.all()) for phone in crowd)
            return done >= share * ROUNDS * len(crowd)

        await eventually(reached, within=LIMIT_S, every=0.02)
        for role in rng.sample(("gateway", "feed"), 2):
            await here.kill(role)
    await asyncio.gather(*living)


async def chunks_out_of_order(rep: Rep, made: Made) -> int:
    """The second chunk comes first and is sent away; the upload goes on in order. 1 when that was seen."""
    while True:
        with suppress(Interrupted):
            url = await announced(rep, made)
            break
    headers = TUS | {"upload-offset": str(CHUNK), "content-type": "application/offset+octet-stream"}
    while True:
        with suppress(Interrupted):
            try:
                await rep.device.client.request("PATCH", url, headers=headers, content=(made.content or b"")[CHUNK:])
            except Refused as refused:
                return int((refused.status, refused.code) == (409, "offset_wrong"))
            return 0


async def at_rest(here: Site, devices: Sequence[Device]) -> None:
    """Everything is sent, answered and loaded."""

    async def done() -> bool:
        for device in devices:
            rep = Rep(device)
            await rep.send()
            await device.pull()
            if rep.open():
                return False
        return True

    await eventually(done, within=LIMIT_S, every=0.2)
    await here.drained()
    for device in devices:
        await device.pull()


def differing(crowd: Sequence[Phone]) -> list[str]:
    """Devices of one rep that do not hold the same."""
    first: dict[str, dict[str, str]] = {}
    wrong = []
    for phone in crowd:
        digests = phone.device.digests(KINDS)
        known = first.setdefault(phone.name.partition("-")[0], digests)
        wrong += [f"{phone.name}: {kind}" for kind in KINDS if digests[kind] != known[kind]]
    return wrong
