"""F02: the writer is killed when its effects are written, when they are committed, and when their answers are out and not marked."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from random import Random

from services.kernel.kafka_admin import log_bounds
from services.sandbox.generate.ids import uuid
from services.sandbox.reps import documents
from services.sandbox.reps.day import Made
from services.sandbox.reps.mischief import Mischief
from services.sandbox.reps.territory import of_device
from tests.faults.checkers_in import SQL, pair_of
from tests.faults.crew import Crew, crew
from tests.faults.log import read_log
from tests.faults.site import CHANNEL, LIMIT_S, Site, site
from tests.stack import eventually

ROUNDS = 2
ORDERS = 10  # of each window
BACKOFF_S = (0.2,)
STEPPING = """
select exists(select from pg_stat_activity where datname = current_database() and application_name = 'ceebus-writer'
              and wait_event_type = 'Lock' and query like '%lane_offset%')"""
HIDDEN = """
create function ceebus.fault_hide() returns trigger language plpgsql as $$ begin new.sent_at := 'infinity'; return new; end $$;
create trigger fault_hide before insert on ceebus.answer for each row execute function ceebus.fault_hide()"""
SHOWN = "drop function ceebus.fault_hide() cascade; update ceebus.answer set sent_at = null where sent_at = 'infinity'"
UNMARKED = """
create function ceebus.fault_slow() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(4711); return new; end $$;
create trigger fault_slow before update on ceebus.answer for each row execute function ceebus.fault_slow()"""
MARKED = "drop function ceebus.fault_slow() cascade"
Window = Callable[[Site], AbstractAsyncContextManager[Callable[[], object]]]


async def test_a_writer_killed_where_it_hurts_writes_once_and_answers_once(surroundings: dict[str, str], tmp_path: Path, seed: int) -> None:
    rng, killed = Random(seed), Counter[str]()
    async with site(surroundings, tmp_path) as here:
        here.supervisor.backoff_s = BACKOFF_S
        await here.first_export()
        async with crew(here, 2, Mischief(), seed) as reps:
            for number in range(ROUNDS * len(WINDOWS)):
                if number % len(WINDOWS) == 0:
                    left = rng.sample(sorted(WINDOWS), len(WINDOWS))
                window = left.pop()
                async with WINDOWS[window](here) as is_there:
                    await send_orders(reps, rng)
                    await eventually(is_there, within=LIMIT_S, every=0.002)
                    here.supervisor.kill("writer")
                    killed[window] += 1
                await reps.settled()
            assert await reps.offences() == {}
            assert await here.offences() == {}
            assert reps.ends() == {("documents", "imported", None): ORDERS * ROUNDS * len(WINDOWS)}
            assert await answered_again(here) >= ROUNDS
        assert killed == dict.fromkeys(WINDOWS, ROUNDS)
        assert here.supervisor.restarts("writer") == ROUNDS * len(WINDOWS)


async def send_orders(reps: Crew, rng: Random) -> None:
    today = await reps.here.running.today()
    for rep in reps.reps.values():
        territory = of_device(rep.device, today)
        for _ in range(ORDERS // len(reps.reps)):
            body = documents.order(territory, rng, rng.choice(territory.customers), rng.randint(1, 6))
            await rep.send(Made("documents", str(uuid(rng)), body))


@asynccontextmanager
async def before_the_commit(here: Site) -> AsyncIterator[Callable[[], object]]:
    """Documents, inbox and answers are written; the offset row can't be moved."""
    async with here.cee.acquire() as connection, connection.transaction():
        await connection.execute("lock table ceebus.lane_offset in exclusive mode")
        yield lambda: here.cee.fetchval(STEPPING)


@asynccontextmanager
async def before_the_answers(here: Site) -> AsyncIterator[Callable[[], object]]:
    """All is committed, and nobody has been told."""
    before = len(await here.cee.fetch(SQL.inbox, CHANNEL))

    async def committed() -> bool:
        return len(await here.cee.fetch(SQL.inbox, CHANNEL)) > before

    await here.cee.execute(HIDDEN)
    yield committed
    await here.cee.execute(SHOWN)


@asynccontextmanager
async def before_the_mark(here: Site) -> AsyncIterator[Callable[[], object]]:
    """Answers are on results.*, and the database does not know it."""
    place = (f"results.{CHANNEL}", 0)
    before = (await log_bounds(here.settings.kafka, [place]))[place][1]

    async def sent() -> bool:
        return (await log_bounds(here.settings.kafka, [place]))[place][1] > before

    async with here.cee.acquire() as connection, connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(4711)")
        await here.cee.execute(UNMARKED)
        yield sent
    await here.cee.execute(MARKED)


WINDOWS: dict[str, Window] = {
    "before the commit": before_the_commit,
    "before the answers": before_the_answers,
    "before the mark": before_the_mark,
}


async def answered_again(here: Site) -> int:
    """Answers that lie more than once on results.*: readers take them as one."""
    log = await read_log(here.settings.kafka, CHANNEL, ("results",))
    ids = Counter(pair_of(record) for records in log.values() for record in records)
    return sum(count - 1 for count in ids.values())
