"""F19: a crowd of devices that are cut and killed and send everything three times; one that was silent for too long."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from random import Random

from services.feed.housekeeping import KEEP_MARKERS, forget
from services.feed.store import Store
from services.sandbox.device.device import EVERYTHING, Device
from services.sandbox.generate.changes import SQL as DAY
from tests.faults import checkers
from tests.faults.checkers_in import Books, born_in_cee
from tests.faults.crew import asked
from tests.faults.crowd import ROUNDS, at_rest, differing, gathered, lived
from tests.faults.site import CHANNEL, LIMIT_S, Site, day, site
from tests.stack import eventually

REMOVED = 5  # prices that go while one device is silent
GONE = """
select count(*) from ceebus.feed where channel = $1 and kind = 'price-lists' and removed and key = any($2)"""
LONG_AGO = """
update ceebus.feed set at = at - $2::interval, left_at = left_at - $2::interval
where channel = $1 and (removed or left_at is not null)"""


async def test_a_crowd_of_bad_devices_ends_as_one(surroundings: dict[str, str], tmp_path: Path, seed: int) -> None:
    async with site(surroundings, tmp_path) as here:
        here.supervisor.backoff_s = (0.2,)
        await here.first_export()
        books = Books(here.cee, here.ours, here.settings.kafka, CHANNEL)
        books = Books(books.cee, books.ours, books.kafka, CHANNEL, frozenset(await born_in_cee(books)))
        async with AsyncExitStack() as opened:
            crowd = await gathered(here, seed)
            for phone in crowd:
                opened.push_async_callback(lambda phone=phone: phone.device.__aexit__())
            silent, *others = crowd
            async with day(here, seed):
                gone = await removed(here)
                await lived(here, others, Random(seed))
            phones = {phone.name: phone.device for phone in others}
            await at_rest(here, list(phones.values()))
            assert await asked(books, phones) == {}
            here.devices = {phone.name.partition("-")[0]: phone.device for phone in others}
            assert await here.offences() == {}
            await stale_is_told_to_reload(here, silent.device, gone)
            whose = {silent.name.partition("-")[0]: silent.device}
            assert await checkers.convergence(here.cee, here.ours, CHANNEL, whose) == []
            assert differing(crowd) == []
            uploads = [upload for device in phones.values() for upload in device.uploads.all()]
            assert len(uploads) == 3 * ROUNDS * len(others)
            assert {upload.outcome for upload in uploads} == {"imported"}
        assert sum(phone.killed for phone in others) >= len(others)
        assert sum(phone.repeated for phone in others) >= len(uploads)
        assert all(phone.turned == ROUNDS for phone in others)
        assert {role: here.supervisor.restarts(role) for role in ("gateway", "feed")} == {"gateway": 2, "feed": 2}


async def removed(here: Site) -> list[str]:
    """Prices that CEE removes, as devices call them."""
    rows = (await here.cee.fetch(DAY.prices, CHANNEL))[:REMOVED]
    for row in rows:
        await here.cee.execute(DAY.remove_price, row["row_id"])
    return [row["key"] for row in rows]


async def stale_is_told_to_reload(here: Site, device: Device, gone: list[str]) -> None:
    """Thirty days of silence are no harm; but the markers of what was removed meanwhile have been cleaned."""
    assert set(gone) <= device.rows("price-lists").keys()
    await eventually(lambda: all_gone(here, gone), within=LIMIT_S, every=0.1)
    await here.ours.execute(LONG_AGO, CHANNEL, KEEP_MARKERS + timedelta(days=1))
    store = await Store.open(here.settings.database_url)
    try:
        assert await forget(store, KEEP_MARKERS) >= REMOVED
    finally:
        await store.close()
    pulled = await device.pull()
    assert (pulled.restarts, set(pulled.full)) == (1, set(EVERYTHING))
    assert not set(gone) & device.rows("price-lists").keys()


async def all_gone(here: Site, keys: list[str]) -> bool:
    return bool(await here.ours.fetchval(GONE, CHANNEL, keys) == len(keys))
