"""One child process per role, started again when it ends: what `ceebus up`, the demo and the fault tests run the roles with.

A name is a role (`exporter`) or a further process of one (`exporter-2`). Children end with their parent, however that ends: their
standard input is a pipe of ours (services/kernel/role.py watches it). Logs are in `<home>/logs/<name>.log`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from services.sandbox.server import StackError, last_lines, rotated

HTTP_ROLES = ("source", "gateway", "control")
BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
SETTLED_S = 60.0  # a process that lived this long starts with the shortest pause again


class _Child:
    """One name: its process, its log, and how often it ended in a row."""

    def __init__(self, name: str, home: Path) -> None:
        self.name = name
        self.role, _, self.number = name.partition("-")
        self.log = home / "logs" / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.log_start = 0
        self.restarts = 0


class Supervisor:
    """`environment` is added to our own and must name the home (`Stack.environment()` does). `say` hears of unexpected ends."""

    def __init__(self, names: Sequence[str], environment: Mapping[str, str], say: Callable[[str], None] = lambda _text: None) -> None:
        self._environment = {**os.environ, **environment, "CEEBUS_PARENT": "pipe"}
        home = Path(self._environment["CEEBUS_HOME"])
        (home / "logs").mkdir(parents=True, exist_ok=True)
        self._children = {name: _Child(name, home) for name in names}
        self._watchers: list[asyncio.Task[None]] = []
        self._say = say
        self.backoff_s: Sequence[float] = BACKOFF_S  # before the first, second ... start in a row; for tests that kill all the time

    async def start(self, within: float = 60.0) -> None:
        """Starts every role and returns when all are ready. Raises StackError with the end of a log, everything stopped again."""
        try:
            for child in self._children.values():
                self._spawn(child)
                self._watchers.append(asyncio.create_task(self._keep(child)))
            for child in self._children.values():
                await self.wait_ready(child.name, within)
        except BaseException:
            await self.stop()
            raise

    async def stop(self, limit: float = 30.0) -> None:
        """SIGTERM to all, SIGKILL after `limit` seconds; returns when all have ended. May be called twice."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        self._watchers.clear()
        running = [child.process for child in self._children.values() if child.process]
        for process in running:
            process.terminate()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                await asyncio.gather(*(_end_of(process) for process in running))
        for process in running:
            process.kill()
            await _end_of(process)

    def pid(self, name: str) -> int:
        """0 between an end and the next start."""
        process = self._children[name].process
        return process.pid if process and process.poll() is None else 0

    def restarts(self, name: str) -> int:
        return self._children[name].restarts

    def kill(self, name: str, signum: int = signal.SIGKILL) -> None:
        """For tests: SIGKILL is a crash, SIGSTOP and SIGCONT a long pause. Raises ProcessLookupError when it does not run."""
        os.kill(self.pid(name) or 2**30, signum)

    async def wait_ready(self, name: str, within: float = 60.0) -> None:
        """Returns when `/readyz` is green, or for a role without HTTP when it says that it runs. Raises StackError."""
        child, deadline = self._children[name], time.monotonic() + within
        while not await self._is_ready(child):
            if child.restarts >= 2 or time.monotonic() > deadline:
                raise StackError(f"{name} does not get ready. Its log, {child.log}, ends with:\n{last_lines(child.log)}")
            await asyncio.sleep(0.05)

    def _spawn(self, child: _Child) -> None:
        """Not async: a start cancelled half-way would leave a process that nobody knows."""
        log = rotated(child.log)
        child.log_start = log.stat().st_size if log.exists() else 0
        instance = self._environment.get("CEEBUS_INSTANCE", "main")  # stable over restarts: static membership goes by it
        with log.open("ab") as output:
            child.process = subprocess.Popen(
                [sys.executable, "-m", f"services.{child.role}"],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches the parent, which stops its children in order
                env={**self._environment, "CEEBUS_INSTANCE": f"{instance}-{child.number}" if child.number else instance},
            )

    async def _keep(self, child: _Child) -> None:
        in_a_row = 0
        while True:
            started = time.monotonic()
            code = await _end_of(child.process)
            in_a_row = 0 if time.monotonic() - started > SETTLED_S else in_a_row
            pause = self.backoff_s[min(in_a_row, len(self.backoff_s) - 1)]
            self._say(f"{child.name} ended ({code}); starting it again in {pause:g} s, see {child.log}")
            await asyncio.sleep(pause)
            in_a_row += 1
            child.restarts += 1
            self._spawn(child)

    async def _is_ready(self, child: _Child) -> bool:
        if child.process is None or child.process.poll() is not None:
            return False
        address = self._environment.get(f"CEEBUS_{child.role.upper()}")
        if child.role not in HTTP_ROLES or not address:
            with child.log.open("rb") as log:
                log.seek(child.log_start)
                return b"role_start" in log.read()
        with contextlib.suppress(httpx.HTTPError):
            async with httpx.AsyncClient(trust_env=False, timeout=3) as client:
                return (await client.get(f"http://{address}/readyz")).status_code == 200
        return False


async def _end_of(process: subprocess.Popen[bytes] | None) -> int:
    """The exit code, looked for five times a second: a handful of children do not need more."""
    assert process is not None
    assert process.stdin is not None
    while (code := process.poll()) is None:
        await asyncio.sleep(0.2)
    process.stdin.close()
    return code


@asynccontextmanager
async def supervised(
    names: Sequence[str], environment: Mapping[str, str], say: Callable[[str], None] = lambda _text: None
) -> AsyncIterator[Supervisor]:
    """The roles, ready; stopped at the end of the block."""
    supervisor = Supervisor(names, environment, say)
    await supervisor.start()
    try:
        yield supervisor
    finally:
        await supervisor.stop()
