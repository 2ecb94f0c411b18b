"""What operators want done about uploads that wait: retry, confirm, discard. Rows `wanted` of our database, kind `import/<kind>`.

Called by release.py in each round. A wish is fulfilled once, however often its row is met (`ceebus.wanted_done`).
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from schemas.channel import Channel
from schemas.topics import IMPORT_KINDS
from services.kernel.logging import log
from services.kernel.postgres import ConnectionLost, DatabaseError, Pool, Row, Unreachable
from services.writer.batch import Committed, utc_now
from services.writer.settle import Desk
from services.writer.store import QUERIES, Store, waiting_of
from services.writer.target.port import CeeTarget

OUR_DATABASE = (Unreachable, DatabaseError, TimeoutError, *ConnectionLost)


class Wanted:
    """The wishes of all active channels; `committed` as in batch.py."""

    def __init__(self, ours: Pool, target: CeeTarget, committed: Committed) -> None:
        self._ours, self._target, self._committed = ours, target, committed

    async def step(self, store: Store, channels: Mapping[str, Channel]) -> None:
        """Takes what is due. Our database may be away: nothing else of the writer depends on it."""
        try:
            names = [row["channel"] for row in await self._ours.fetch(QUERIES.wanted_channels)]
            rows = {name: await self._ours.fetch(QUERIES.wanted, name) for name in names if name in channels}
        except OUR_DATABASE as error:
            log.warning("wanted rows can't be read", action="wanted_unreachable", error=f"{type(error).__name__}: {error}")
            return
        for name, found in rows.items():
            for row in found:
                await self._fulfil(store, channels[name], row)
            try:
                await self._ours.execute(QUERIES.drop_wanted, [row["id"] for row in found])
            except OUR_DATABASE as error:  # they are met again, and known then
                log.warning("wanted rows can't be dropped", action="wanted_unreachable", error=f"{type(error).__name__}: {error}")

    async def _fulfil(self, store: Store, channel: Channel, row: Row) -> None:
        kind, source_id = row["kind"].removeprefix("import/"), _uuid(row["key"])
        if kind not in IMPORT_KINDS or source_id is None or row["action"] not in ("retry", "confirm", "discard"):
            log.warning("a wish that nobody understands", action="wanted_unknown", channel=channel.id, kind=row["kind"], key=row["key"])
            return
        log.info("wanted", action="wanted", channel=channel.id, kind=kind, what=row["action"], source_id=source_id)
        now = utc_now()
        async with store.transaction():
            await store.lock(channel.id)
            if await store.connection.fetchval(QUERIES.fulfil, row["id"], row["created_at"]) is None:
                return
            desk = Desk(store, self._target, channel, now)
            if row["action"] == "discard":
                waiting = await store.fetch(QUERIES.by_source, channel.id, kind, source_id, False)
                await desk.discard(waiting_of(waiting), row["reason"])
            else:
                change = QUERIES.retry if row["action"] == "retry" else QUERIES.confirm
                await store.connection.execute(change, channel.id, kind, source_id, now)
                waiting = await store.fetch(QUERIES.by_source, channel.id, kind, source_id, True)
                await desk.waiting(waiting_of(row for row in waiting if row["outcome"] == "waiting"))
            await desk.count()
        desk.settled.report(channel.id)
        self._committed(channel.id, desk.settled.parents)


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None
