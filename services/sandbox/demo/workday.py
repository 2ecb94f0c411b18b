"""The demo's working day: CEE changes, devices follow, reps and a manager upload, all at the same time.

Ends when every upload has its final answer and the devices have all that the feed had then. Called by run.py.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from rich.console import Console

from services.sandbox.demo.bars import Bars, bars
from services.sandbox.demo.company import Running
from services.sandbox.demo.phone import Arrivals, NoAnswer, Phone
from services.sandbox.demo.proof import End, Expected
from services.sandbox.demo.story import Story
from services.sandbox.device.device import Device
from services.sandbox.generate.day import run_day
from services.sandbox.reps.day import Made, sized, work
from services.sandbox.reps.manager import Manager
from services.sandbox.reps.rep import Place, place_of
from services.sandbox.reps.territory import of_device

SHARE = 0.8  # of the day's seconds in which the reps make their uploads; the rest is for the answers


@dataclass(frozen=True)
class Pace:
    """How long the day is, how many changes CEE makes a second, and the size whose amounts a rep's day has."""

    seconds: float
    per_second: float
    seed: int
    size: str


@dataclass
class Worked:
    """What the day brought. `expected`: what must become of each upload; `problems`: what did not come in time."""

    arrivals: Arrivals = field(default_factory=Arrivals)
    phones: dict[str, Phone] = field(default_factory=dict)
    expected: dict[Place, Expected] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    manager: Manager | None = None
    files: tuple[int, int] = (0, 0)  # on the devices, and named by their records

    @property
    def round_trips_ms(self) -> list[float]:
        return [took for phone in self.phones.values() for took in phone.round_trips_ms]

    def ends(self) -> dict[Place, End]:
        """What devices and manager were told of their uploads in the end."""
        found: dict[Place, End] = {}
        for phone in self.phones.values():
            found |= {place_of(upload): (upload.outcome, upload.code) for upload in phone.device.uploads.all()}
        for (source_id, revision), answer in self.manager.answers.items() if self.manager else ():
            found[answer["upload_kind"], source_id, revision] = (answer["outcome"], answer.get("code"))
        return found


async def workday(running: Running, devices: Mapping[str, Device], pace: Pace, console: Console) -> Worked:
    """Raises NoAnswer where the story stops, NotQuiet where the system does not come to rest."""
    done = Worked()
    done.phones = {rep: Phone(device, done.arrivals) for rep, device in devices.items()}
    stop = asyncio.Event()
    following = [asyncio.create_task(phone.follow(stop)) for phone in done.phones.values()]
    began = {rep: max((entry.seq for entry in device.log()), default=0) for rep, device in devices.items()}
    # one at a time: a device that works shows its data first
    arriving = [asyncio.create_task(device.fetch_attachments(at_once=1)) for device in devices.values()]
    try:
        with bars(console) as shown_here:
            async with asyncio.TaskGroup() as at_once:
                at_once.create_task(_clock(shown_here, pace.seconds))
                at_once.create_task(
                    run_day(running.cee, running.channel, pace.seconds, pace.per_second, pace.seed, done.arrivals.committed)
                )
                at_once.create_task(_uploads(running, done, pace))
        for phone in done.phones.values():
            await _tried(_answered(phone), done)
        await running.quiet()
    finally:
        stop.set()
        for task in arriving:
            task.cancel()
        await asyncio.gather(*following)
        await asyncio.gather(*arriving, return_exceptions=True)
        if done.manager is not None:
            await done.manager.close()
    for rep, device in devices.items():
        await device.pull()
        await device.fetch_attachments(after=began[rep])  # what is older goes on when the device has time
    named = [(device, sha256) for device in devices.values() for sha256 in device.store.contents()]
    done.files = sum(device.files.has(sha256) for device, sha256 in named), len(named)
    return done


async def _uploads(running: Running, done: Worked, pace: Pace) -> None:
    today = await running.today()
    done.manager = Manager(running.settings.gateway.url, await running.client_token("demo manager"))
    async with asyncio.TaskGroup() as at_once:
        for place, (rep, phone) in enumerate(done.phones.items()):
            territory = await asyncio.to_thread(of_device, phone.device, today)
            rng = Random(f"{pace.seed}/{rep}/work")
            made = work(territory, rng, sized(pace.size))
            done.expected |= _imported(made, rep)
            at_once.create_task(phone.rep.work(made, pace.seconds * SHARE))
            if place == 0:
                story = Story(phone, territory, done.manager, running.cee, rng, done.expected, done.told)
                at_once.create_task(_tried(story.play(), done))


def _imported(day: Sequence[Made], rep: str) -> dict[Place, Expected]:
    found: dict[Place, Expected] = {}
    revisions: Counter[str] = Counter()
    for made in day:
        revisions[made.source_id] += 1
        found[made.kind, made.source_id, revisions[made.source_id]] = Expected(made, rep)
    return found


async def _answered(phone: Phone) -> None:
    await phone.until(lambda: not phone.rep.open(), "each upload has its final answer")


async def _tried(part: Coroutine[Any, Any, None], done: Worked) -> None:
    """What does not come in time is a finding, not the end of the day."""
    try:
        await part
    except NoAnswer as error:
        done.problems.append(str(error))


async def _clock(shown: Bars, seconds: float) -> None:
    for second in range(int(seconds) + 1):
        shown.show("working day", second, int(seconds))
        await asyncio.sleep(1 if second < int(seconds) else 0)
