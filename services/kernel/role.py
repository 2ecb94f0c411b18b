"""The life of a role's process: event loop, signals, a parent that may die, an exit code the supervisor understands."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable

from services.kernel import metrics
from services.kernel.kafka import Unreachable as KafkaUnreachable
from services.kernel.logging import configure, log
from services.kernel.postgres import Unreachable as PostgresUnreachable
from services.kernel.settings import MissingSetting, Settings, read_settings

Serve = Callable[[Settings, asyncio.Event], Awaitable[None]]
STOP_LIMIT_S = 30.0


def run(role: str, serve: Serve) -> None:
    """Runs `serve(settings, stop)` until it returns; exits 0 after a stop, 1 after a failure, 3 without servers."""
    configure(role, os.environ.get("CEEBUS_LOG_LEVEL", "INFO"))
    try:
        settings = read_settings()
        try:
            import uvloop
        except ImportError:  # not on Windows
            asyncio.run(_main(role, settings, serve))
        else:
            uvloop.run(_main(role, settings, serve))
    except (KafkaUnreachable, PostgresUnreachable, MissingSetting) as error:
        log.error(str(error), action="not_reachable")
        sys.exit(3)
    except KeyboardInterrupt:
        sys.exit(0)
    except Exception as error:
        log.error(f"{type(error).__name__}: {error}", action="role_failed", exc_info=True)
        # a thread or a hanging client must not keep a failed role alive: the supervisor starts it again
        sys.stderr.flush()
        os._exit(1)


def spare_collector() -> None:
    """Batches of thousands of small objects would have it walk through all libraries again and again: a third of a lane's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _main(role: str, settings: Settings, serve: Serve) -> None:
    spare_collector()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signum, stop.set)
    watchers = [asyncio.create_task(_watch_loop(role))]
    if os.environ.get("CEEBUS_PARENT") == "pipe":
        watchers.append(asyncio.create_task(_watch_parent(stop)))
    log.info("starting", action="role_start")
    try:
        await _until_stopped(serve(settings, stop), stop)
    finally:
        for watcher in watchers:
            watcher.cancel()
    log.info("stopped", action="role_stop")
    sys.stderr.flush()
    os._exit(0)  # the loop would wait for a connection that some client has left open; what had to be durable is


async def _until_stopped(serving: Awaitable[None], stop: asyncio.Event) -> None:
    """Waits for the role; once asked to stop it has a limited time."""
    task = asyncio.ensure_future(serving)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not task.done():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_LIMIT_S):
                await asyncio.shield(task)
    if not task.done():
        log.warning("did not stop in time", action="role_abandoned")
        os._exit(0)
    await task


async def _watch_parent(stop: asyncio.Event) -> None:
    """Standard input is a pipe of the parent: its end means the parent is gone."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass
    stop.set()


async def _watch_loop(role: str) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + 1
        await asyncio.sleep(1)
        metrics.LOOP_LAG.labels(role).set(loop.time() - due)
