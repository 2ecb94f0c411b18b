"""Mixed uploads of forty reps in random order, a fifth of them sent again, while gateway, importer and writer are killed.

Used by `python -m tests.soak` and by tests/faults/test_mixed_uploads.py.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from services.kernel.kafka import Record
from services.sandbox.generate.ids import uuid
from services.sandbox.generate.sizes import SIZES
from services.sandbox.reps import papers
from services.sandbox.reps.day import Made, sized
from services.sandbox.reps.mischief import Mischief
from tests.faults.checkers_in import pair_of
from tests.faults.crew import Crew, crew, head_office
from tests.faults.log import read_log
from tests.faults.site import CHANNEL, LIMIT_S, Site
from tests.stack import eventually

SIZE = "forty reps"
REPS = 40
UUID = 36  # characters of a source_id
KILLED = ("gateway", "importer", "writer")
KILLS = 5
RESENT = 0.2
PER_DAY = 8  # uploads of a rep's tiny day, about
BACKOFF_S = (0.2,)  # the supervisor's own pauses get longer with each kill
BADLY = Mischief(lost_answers=0.05, cut_files=0.1)
STREAMS = ("mobile", "import")
WAITED = "select count(distinct upload_id) from ceebus.answer where channel = $1 and not final"
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Soaked:
    """What was seen. `came_twice`: records that lie more than once in a stream; `kills`: processes killed."""

    records: int
    resent: int
    kills: dict[str, int]
    ends: Counter[tuple[str, str | None, str | None]]
    came_twice: dict[str, int]
    waited: int
    seconds: float
    offences: dict[str, list[str]]


def add_size() -> None:
    """As tiny as it may be for forty reps."""
    SIZES[SIZE] = replace(SIZES["tiny"], reps=REPS, partners=4 * REPS)


async def soak(here: Site, amount: tuple[int, int], seed: int, progress: Progress) -> Soaked:
    """`amount`: records and reps. Works on a site of size SIZE that nothing was exported of yet; raises where it does not come to rest."""
    (records, count), here.supervisor.backoff_s = amount, BACKOFF_S
    await here.first_export()
    async with crew(here, count, BADLY, seed) as reps, head_office(here):
        days = cut(await reps.days(seed, sized("tiny", records / count / PER_DAY)), records, seed)
        began = time.monotonic()
        showing = asyncio.create_task(show(reps, records, progress))
        async with asyncio.TaskGroup() as at_once:
            for name, made in days.items():
                at_once.create_task(reps.work(name, made, Random(f"{seed}/{name}/parts")))
            killing = at_once.create_task(kill(reps, records, Random(f"{seed}/kills")))
        await resend(reps, int(RESENT * records), Random(f"{seed}/again"))
        await reps.settled(within=LIMIT_S + records / 20)
        await showing
        seconds = time.monotonic() - began
        log = await read_log(here.settings.kafka, CHANNEL, STREAMS)
        return Soaked(
            records=sum(reps.ends().values()),
            resent=reps.resent,
            kills=killing.result(),
            ends=reps.ends(),
            came_twice={stream: repeats(r for at, found in log.items() if at[0].startswith(stream) for r in found) for stream in STREAMS},
            waited=await here.cee.fetchval(WAITED, CHANNEL),
            seconds=seconds,
            offences=await reps.offences(),
        )


async def show(reps: Crew, records: int, progress: Progress) -> None:
    """Until all have come to an end in CEE."""
    done = 0
    while done < records:
        done = await reps.taken()
        progress("uploads settled", min(done, records), records)
        await asyncio.sleep(0.5)


async def kill(reps: Crew, records: int, rng: Random) -> dict[str, int]:
    """Each process KILLS times, spread over the work: every time something of each life of it has reached CEE. Returns how often."""
    kills = dict.fromkeys(KILLED, 0)
    for number in range(1, KILLS + 1):
        for role in rng.sample(KILLED, len(KILLED)):
            wanted = int(records * (number - rng.random()) / (KILLS + 1))

            async def reached(wanted: int = wanted) -> bool:
                return await reps.taken() >= wanted

            await eventually(reached, within=LIMIT_S + records / 50, every=0.05)
            await reps.here.kill(role)
            kills[role] += 1
    return kills


async def resend(reps: Crew, least: int, rng: Random) -> None:
    """What was taken long ago comes once more, until enough has."""
    while reps.resent < least:
        name = rng.choice(sorted(reps.reps))
        done = [upload.source_id for upload in reps.phones[name].uploads.all() if upload.upload_id]
        await reps.repeat(name, rng.sample(done, min(len(done), 10)))


def cut(days: Mapping[str, Sequence[Made]], records: int, seed: int) -> dict[str, list[Made]]:
    """As many in all as are wanted: what is too much goes, with all that would wait for it; notes fill up."""
    found = {}
    for place, (name, day) in enumerate(days.items()):
        share, rng = records * (place + 1) // len(days) - records * place // len(days), Random(f"{seed}/{name}/notes")
        made = without_orphans(day[:share])
        owner = next(one.body["owner_key"] for one in day if one.kind == "attachments" and len(one.body["owner_key"]) != UUID)
        while len(made) < share:
            made.append(Made("attachments", str(uuid(rng)), papers.note(rng, {"owner_kind": "partner", "owner_key": owner})))
        found[name] = made
    return found


def without_orphans(day: Sequence[Made]) -> list[Made]:
    there = {made.source_id for made in day}
    named = {made.source_id: str(made.body.get("partner") or made.body.get("owner_key") or "") for made in day}
    return [made for made in day if len(named[made.source_id]) != UUID or named[made.source_id] in there]


def repeats(records: Iterable[Record]) -> int:
    """How many records a stream has beyond one of each upload and sender."""
    return sum(count - 1 for count in Counter(pair_of(record) for record in records).values())
