"""F04: feed, writer and exporter are stopped for longer than their sessions, others take over, and the stopped ones wake up."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from random import Random

import orjson
import pytest

from schemas.envelope import header
from services.kernel.kafka import Outgoing, producer
from services.kernel.postgres import Pool, Row
from services.sandbox.generate.changes import SQL as DAY
from services.sandbox.generate.ids import uuid
from services.sandbox.reps import visits
from services.sandbox.reps.day import Made
from services.sandbox.reps.mischief import Mischief
from services.sandbox.reps.territory import of_device
from services.sandbox.supervisor import supervised
from tests.faults.crew import Crew, crew
from tests.faults.log import members, read_log, version_of
from tests.faults.site import CHANNEL, LIMIT_S, Site, day, following, site
from tests.faults.test_f25_duplicates import SOONER, stale_ends
from tests.stack import eventually

SESSION_S = 6  # the shortest that a broker allows
ZOMBIES = {"feed": "ceebus.feed", "writer": "ceebus.writer", "exporter": f"ceebus.export.{CHANNEL}"}
AWAITED = b"settings_awaited"  # an exporter has a batch in hand and goes on when it knows the settings the batch was read with
VISITS = 30  # uploads on their way to the writer
STOCK = 20  # objects that change while everybody sleeps, and again when the second exporter has them
FIRST, AGAIN = 10_000_000, 20_000_000  # pieces: more than any reserve or other change takes away or brings
SENT = "select key from ceebus.feed where channel = $1 and kind = 'availability' and op = 'upsert' and not removed"
# late records that the feed's version guard met, or the wish to have their objects published again
REFUSED = """
select exists(select from ceebus.stale where channel = $1)
    or exists(select from ceebus.wanted where channel = $1 and action = 'republish' and reason like 'stale%')"""
BLOCKED = (
    "select exists(select from pg_stat_activity where datname = current_database() and application_name = $1 and wait_event_type = 'Lock')"
)


@pytest.fixture
def surroundings(surroundings: dict[str, str]) -> dict[str, str]:
    return surroundings | {"CEEBUS_SESSION_TIMEOUT_S": f"{SESSION_S}"}


async def test_zombies_change_nothing(surroundings: dict[str, str], tmp_path: Path, seed: int) -> None:
    async with site(surroundings, tmp_path) as here:
        await here.first_export()
        async with following(here), crew(here, 2, Mischief(), seed) as reps:
            async with day(here, seed) as changes:
                await changes.more(50)
                await here.flows(tuple(ZOMBIES))
                stock = await in_stock(here)
                async with replaced(here, reps, seed, stock):
                    await eventually(lambda: here.supervisor.restarts("feed") and here.supervisor.restarts("writer"), within=LIMIT_S)
                    await eventually(lambda: late(here, stock), within=LIMIT_S, every=0.2)  # it had something in hand when it was stopped
                    await eventually(lambda: here.ours.fetchval(REFUSED, CHANNEL), within=LIMIT_S)
                    await changes.more(50)
                await here.flows(tuple(ZOMBIES))
            assert await reps.offences() == {}
            assert await here.offences() == {}
            for role in ("feed", "writer"):
                assert "another owner of" in (here.home / "logs" / f"{role}.log").read_text()
            assert await reps.taken() == VISITS
            await here.ours.execute(SOONER)
            await eventually(lambda: healed(here), within=LIMIT_S, every=0.5)
            assert await here.offences() == {}


@asynccontextmanager
async def replaced(here: Site, reps: Crew, seed: int, stock: Sequence[Row]) -> AsyncIterator[None]:
    """All three stop with work in hand; seconds take over; then they wake up and go on with it."""
    async with AsyncExitStack() as opened:
        async with locked(here.ours, "ceebus.feed_position"), locked(here.cee, "ceebus.gate"):
            await stopped_in_their_work(here, reps, seed, stock)
            await opened.enter_async_context(supervised([f"{role}-2" for role in ZOMBIES], here.environment))
            for role, group in ZOMBIES.items():
                await alone(here, group, f"ceebus-{role}-{here.settings.instance}-2")
            await here.cee.execute("update cee.channel set description = description || '.' where id = $1", CHANNEL)
            await moved(here, stock, AGAIN)
            for role in ZOMBIES:
                here.supervisor.kill(role, signal.SIGCONT)
        yield


async def stopped_in_their_work(here: Site, reps: Crew, seed: int, stock: Sequence[Row]) -> None:
    """Feed and writer wait for a lock inside a transaction; the exporter, with a batch in hand, for settings of the channel."""
    rng, today = Random(seed), await here.running.today()
    for name, rep in reps.reps.items():
        territory = of_device(rep.device, today)
        plans = [
            visits.planned(rng, rng.choice(territory.customers)["number"], territory.visit_types[0], today, f"W-{name}-{place}")
            for place in range(VISITS // len(reps.reps))
        ]
        await rep.send(*[Made("visits", str(uuid(rng)), plan) for plan in plans])
    await eventually(lambda: here.cee.fetchval(BLOCKED, "ceebus-writer"), within=LIMIT_S)
    await eventually(lambda: here.ours.fetchval(BLOCKED, "ceebus-feed"), within=LIMIT_S)
    await moved(here, stock, FIRST)
    exporter = here.home / "logs" / "exporter.log"
    waited = exporter.read_bytes().count(AWAITED)
    await repeated(here, stock)
    await eventually(lambda: exporter.read_bytes().count(AWAITED) > waited, within=LIMIT_S)
    for role in ZOMBIES:
        here.supervisor.kill(role, signal.SIGSTOP)


async def repeated(here: Site, stock: Sequence[Row]) -> None:
    """The newest records of these objects once more, as of a source that knows settings which are not on the bus yet."""
    keys, copies = {row["key"].encode() for row in stock}, dict[bytes, Outgoing]()
    for (topic, number), records in (await read_log(here.settings.kafka, CHANNEL, ("cee",))).items():
        for record in records:
            if topic.endswith(".availability") and record.key in keys and record.value:
                known = int(header(record.headers, "ce_channelversion") or 0)
                headers = [(name, value) for name, value in record.headers if name != "ce_channelversion"]
                newer = [*headers, ("ce_channelversion", b"%d" % (known + 1))]
                copies[record.key] = Outgoing(topic, number, record.key, record.value, newer)
    async with producer(here.settings.kafka, "source-ahead") as out:
        await out.send_all(copies.values())


@asynccontextmanager
async def locked(pool: Pool, table: str) -> AsyncIterator[None]:
    """Nobody gets a row of the table for himself meanwhile. Not rows of it: who has written holds CEE's outbox back."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(f"lock table {table} in exclusive mode")
        yield


async def alone(here: Site, group: str, client: str) -> None:
    """Returns when this is the only member the group still counts."""

    async def is_alone() -> bool:
        return list(await members(here.settings.kafka, group)) == [client]

    await eventually(is_alone, within=LIMIT_S, every=0.1)


async def moved(here: Site, stock: Sequence[Row], amount: int) -> None:
    """Returns when an exporter has passed on so much of each object.

    What the day moves elsewhere before the source has read it, or takes out of the assortment for a while, is moved again.
    """

    async def is_through() -> bool:
        states = await exported(here, stock)
        left = [row for row in stock if not any(quantity > 0.75 * amount for _, quantity in states[row["key"]])]
        async with here.cee.acquire() as connection, connection.transaction():
            for place, row in enumerate(left):
                await connection.execute(DAY.move_stock, row["article"], row["warehouse"], row["owner"], Decimal(amount + place))
        return not left

    await eventually(is_through, within=LIMIT_S, every=0.2)


async def exported(here: Site, stock: Sequence[Row]) -> dict[str, list[tuple[int, Decimal]]]:
    """(version, quantity) of the states of these objects, in the order in which they lie in export.*."""
    found: dict[str, list[tuple[int, Decimal]]] = {row["key"]: [] for row in stock}
    for at, records in (await read_log(here.settings.kafka, CHANNEL, ("export",))).items():
        for record in records:
            kind, key, version = version_of(at[0], record)
            if kind == "availability" and key in found and record.value:
                found[key].append((version, Decimal(orjson.loads(record.value)["quantity"])))
    return found


async def late(here: Site, stock: Sequence[Row]) -> list[str]:
    """Objects of which an older state lies behind a newer one."""
    return [key for key, states in (await exported(here, stock)).items() if states != sorted(states)]


async def healed(here: Site) -> bool:
    """New subscribers of export.* get the newest state of everything."""
    return not await stale_ends(here)


async def in_stock(here: Site) -> list[Row]:
    """Some that devices are told of."""
    sent = {row["key"] for row in await here.ours.fetch(SENT, CHANNEL)}
    return [row for row in await here.cee.fetch(DAY.stock, CHANNEL) if row["key"] in sent][:STOCK]
