"""The manager of runs: starts them by queue, slots and priority, takes their steps, ends them. One process at a time, by a lock.

Everything it knows stands in rows, so another process goes on where it stopped.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from services.control.cee import SQL as CEE_SQL
from services.control.cee import Cee, CeeAway
from services.control.known import Channels
from services.control.runs.ask import SQL
from services.control.runs.book import RUN, STEER, Book, Run, kind_of, run_of
from services.control.runs.exports import ExportSteps
from services.control.runs.imports import ImportSteps
from services.control.runs.report import counted, report, verdict
from services.control.runs.states import State, moved
from services.kernel.kafka import Unreachable as KafkaUnreachable
from services.kernel.kafka_logs import Logs
from services.kernel.logging import log
from services.kernel.postgres import Connection, ConnectionLost, DatabaseError, Pool, Row, connect, listen
from services.kernel.postgres import Unreachable as PostgresUnreachable
from services.kernel.unbroken import unbroken

BUSY_S = 0.03  # between two looks at runs at work
IDLE_S = 2.0
FORGET_S = 3600.0
LOCK = "select pg_try_advisory_lock(hashtext('ceebus.runs'))"
AWAY = (PostgresUnreachable, DatabaseError, TimeoutError, *ConnectionLost)


class Manager:
    """`run` until cancelled."""

    def __init__(self, pool: Pool, url: str, cee: Cee, channels: Channels, logs: Logs) -> None:
        self._pool, self._url, self._cee, self._channels, self._logs = pool, url, cee, channels, logs
        self._wake = asyncio.Event()
        self._forgot_at = -FORGET_S

    async def run(self) -> None:
        """Databases may be away: it goes on when they are back."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                with suppress(PostgresUnreachable):
                    connection = await connect(self._url, application="ceebus-runs")
                    try:
                        await self._lead(connection)
                    except AWAY as error:
                        log.warning("runs stand still", action="runs_unreachable", error=f"{type(error).__name__}: {error}")
                    finally:
                        connection.terminate()
                await asyncio.sleep(1)
        finally:
            listening.cancel()

    async def _listen(self) -> None:
        async for _ in listen(self._url, RUN):
            self._wake.set()

    async def _lead(self, connection: Connection) -> None:
        while not await connection.fetchval(LOCK):
            await asyncio.sleep(IDLE_S)
        while True:
            await self._forget()
            self._wake.clear()
            busy = await unbroken(self.turn())
            if not busy:
                await connection.fetchval("select 1")  # a lost lock shows here
            with suppress(TimeoutError):
                async with asyncio.timeout(BUSY_S if busy else IDLE_S):
                    await self._wake.wait()

    async def _forget(self) -> None:
        """Once in a while: runs of more than 90 days ago."""
        if time.monotonic() - self._forgot_at < FORGET_S:
            return
        self._forgot_at = time.monotonic()
        with suppress(CeeAway):
            gone = [row["id"] for row in await self._pool.fetch(SQL.forgotten)]
            if gone:
                await self._cee.fetch(CEE_SQL.forget_runs, gone)

    async def turn(self) -> bool:
        """One look at everything; False when no run is at work."""
        await self._pool.execute(SQL.due)
        for row in await self._pool.fetch(SQL.waiting):
            await self._pool.fetchval(SQL.start, row["id"], moved("waiting", "start"))
            log.info("run starts", action="run_start", run_id=str(row["id"]), channel=row["channel"], direction=row["direction"])
        await self._pool.execute(SQL.overlapping)
        rows = await self._pool.fetch(SQL.running)
        steered = {(r["channel"], r["direction"]): r for r in await self._pool.fetch(SQL.every_steered)} if rows else {}
        for row in rows:
            await self._advance(row, steered.get((row["channel"], row["direction"])))
        return bool(rows)

    async def _advance(self, row: Row, steered: Row | None) -> None:
        run = run_of(row, steered)
        try:
            if row["cancelling"]:
                await self._end(run, moved("running", "cancel"))
            elif self._channels.is_inactive(run.channel):
                text = f"Sales channel {run.channel} is inactive."
                await self._end(run, moved("running", "fail"), "channel_inactive", text)
            elif await self._steps(run):
                await self._end(run, None)
            else:
                held = f"held: {steered['reason']}" if steered is not None and steered["held"] else None
                await self._pool.execute(SQL.say, run.id, held)
        except (CeeAway, KafkaUnreachable) as error:
            await self._pool.execute(SQL.say, run.id, str(error))
        except DatabaseError as error:  # what is wrong with one run must not stop the others
            log.error(f"{type(error).__name__}: {error}", action="run_stuck", run_id=str(run.id), channel=run.channel)
            await self._pool.execute(SQL.say, run.id, f"internal error: {error}")

    async def _steps(self, run: Run) -> bool:
        book = Book(self._pool, run)
        kinds = [kind_of(row) for row in await self._pool.fetch(SQL.kinds, [run.id])]
        steps = ExportSteps if run.direction == "export" else ImportSteps
        return await steps(book, self._logs, self._cee).turn(kinds)

    async def _end(self, run: Run, state: State | None, code: str | None = None, detail: str | None = None) -> None:
        """Nothing of it goes on: no order, no wish, no snapshot. `state` None: what its counts say."""
        kinds = await self._pool.fetch(SQL.kinds, [run.id])
        tally = await self._tally(run)
        state = state or verdict(counted(tally))
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(SQL.drop_orders, run.id, None)
            await connection.execute(SQL.unwanted, run.id)
            open_kinds = [row["kind"] for row in kinds if row["phase"] != "done"]
            if run.since == "anytime" and run.direction == "export" and open_kinds:
                await connection.execute(SQL.want_whole, run.channel, open_kinds, "cancel", run.id, run.force)
            await connection.execute(SQL.finish, run.id, state, code, detail, report(kinds, tally))
            await connection.execute("select pg_notify($1, '')", STEER)
        log.info("run ends", action="run_end", run_id=str(run.id), channel=run.channel, direction=run.direction, state=state)
        self._wake.set()

    async def _tally(self, run: Run) -> list[Mapping[str, Any]]:
        """An import is counted by the writer, an export by the feed."""
        imported = run.direction == "import"
        rows = await self._cee.fetch(CEE_SQL.run_tally, run.id) if imported else await self._pool.fetch(SQL.tally, run.id)
        return [dict(row) for row in rows]
