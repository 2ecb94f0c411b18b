"""One embedded server as its owner sees it: start it behind a keeper, wait until it answers, stop it, know its pid.

Used by `kafka.py` and `postgres.py`. Bound to no event loop: it may be started in one and stopped in another.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from signal import Signals

KEEPER = Path(__file__).with_name("keeper.py")
START_LIMIT = 120.0  # seconds; usually 1 to 3, more on a cold disk or a busy machine. A server that ends is noticed at once


class StackError(Exception):
    """The embedded stack cannot do what was asked; the text says why and what to do."""


class Server:
    """`name` names its lock in `home/run` and its log in `home/logs`; `stop_signal` is what it takes as "end cleanly"."""

    def __init__(self, home: Path, name: str, stop_signal: Signals) -> None:
        self.name = name
        self.log = home / "logs" / f"{name}.log"
        self._lock = home / "run" / f"{name}.lock"
        self._stop_signal = stop_signal
        self._keeper: subprocess.Popen[bytes] | None = None
        self.pid = 0

    async def start(self, command: list[str], answers: Callable[[], Awaitable[bool]], grace: float = 30.0) -> None:
        """Returns when `answers()` is true. Raises StackError with the end of the log when the server ends or never answers."""
        arguments = [str(self._lock), str(rotated(self.log)), str(int(self._stop_signal)), str(grace), *command]
        self._keeper = self._spawn(arguments)
        assert self._keeper.stdout is not None
        self.pid = int(await asyncio.to_thread(self._keeper.stdout.readline) or b"0")
        deadline = time.monotonic() + START_LIMIT
        while not await answers():
            if self._keeper.poll() is not None:
                raise StackError(f"{self.name} ended while it started. Its log, {self.log}, ends with:\n{last_lines(self.log)}")
            if time.monotonic() > deadline:
                raise StackError(f"{self.name} did not answer within {START_LIMIT:.0f} s, see {self.log}")
            await asyncio.sleep(0.03)

    def _spawn(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        """Not async: a start cancelled half-way would leave a keeper that nobody knows."""
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(KEEPER), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C in the terminal reaches the parent only
        )

    async def stop(self) -> None:
        """Returns when the server has ended; nothing to do where it never started."""
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        keeper.stdin.close()
        await asyncio.to_thread(keeper.wait)
        keeper.stdout.close()


def last_lines(log: Path, count: int = 12) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:]) if log.exists() else ""


def rotated(log: Path, limit: int = 20_000_000) -> Path:
    """`log`, after one above `limit` bytes was put aside as the one earlier file that is kept."""
    if log.exists() and log.stat().st_size > limit:
        log.replace(log.with_suffix(".1.log"))
    return log
