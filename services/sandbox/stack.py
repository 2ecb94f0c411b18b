"""The embedded stack: real Kafka and PostgreSQL in one home directory, for whoever has no servers of his own.

`async with embedded(Path(".ceebus")) as stack:` starts both and writes `<home>/stack.json`, where every command started in the
same folder finds them. A restart keeps addresses and data; a second start in the same home is refused; nothing is left running
when the owner ends, in whatever way (see keeper.py). Servers named in the settings are used instead of embedded ones.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import random
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from services.kernel.settings import PREFIX
from services.sandbox.kafka import Kafka
from services.sandbox.postgres import Postgres
from services.sandbox.server import StackError

HTTP_PORTS = {"gateway": 8710, "control": 8720, "source": 8730}
PORTS = range(20000, 32000)  # below the ports that systems hand to outgoing connections


class HomeInUse(StackError):
    """Another process runs a stack in this home; the text names it."""


class Stack:
    """The servers of one home. `given` are the settings that name servers of the user's own: kafka, database_url, cee_database_url.

    Not bound to an event loop: it may be started in one and stopped in another, as a test session does.
    """

    def __init__(
        self, home: Path, *, given: Mapping[str, str] | None = None, durable: bool = True, say: Callable[[str], None] = lambda _text: None
    ) -> None:
        self.home = home.absolute()
        self.values: dict[str, Any] = {}
        self.kafka: Kafka | None = None
        self.postgres: Postgres | None = None
        self._given, self._durable, self._say = dict(given or {}), durable, say
        self._lock: int | None = None

    async def start(self) -> None:
        """Returns when everything answers and stack.json is written. Raises HomeInUse or StackError, with nothing left running."""
        self._take_home()
        try:
            kept = self._kept()
            if "kafka" not in self._given:
                self.kafka = Kafka(self.home, kept["kafka_port"], kept["controller_port"], durable=self._durable)
            if not {"database_url", "cee_database_url"} <= self._given.keys():
                self.postgres = Postgres(self.home, durable=self._durable)
            async with asyncio.TaskGroup() as together:
                if self.kafka:
                    together.create_task(self.kafka.start(self._say))
                if self.postgres:
                    together.create_task(self.postgres.start())
            self.values = self._describe(kept)
            write_private(self.home / "stack.json", self.values)
        except BaseException as error:
            await self.stop()
            if isinstance(error, BaseExceptionGroup):
                raise error.exceptions[0] from None
            raise

    async def stop(self) -> None:
        """Returns when nothing of it runs any more; may be called twice."""
        (self.home / "stack.json").unlink(missing_ok=True)
        await asyncio.gather(*(server.stop() for server in (self.kafka, self.postgres) if server))
        self.kafka = self.postgres = None
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)

    def environment(self) -> dict[str, str]:
        """The variables that point a process at this stack, whatever folder it runs in."""
        named = {f"{PREFIX}{name.upper()}": str(value) for name, value in self.values.items() if name != "pid"}
        return named | {f"{PREFIX}HOME": str(self.home)}

    def _take_home(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.home / "stack.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(lock, 32, 0).decode() or "unknown"
            os.close(lock)
            raise HomeInUse(
                f"a stack already runs in {self.home} (process {owner}). Stop it, or choose another folder with --home."
            ) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        self._lock = lock
        (self.home / "stack.json").unlink(missing_ok=True)  # of a run that crashed: its addresses no longer answer
        for name in ("logs", "run", "blobs"):
            (self.home / name).mkdir(mode=0o700, exist_ok=True)

    def _kept(self) -> dict[str, Any]:
        """What stays over restarts, as long as the ports are free: users write addresses and the token down."""
        file = self.home / "kept.json"
        kept: dict[str, Any] = (
            json.loads(file.read_text()) if file.exists() else {"operator_token": f"ceebus_op_{secrets.token_urlsafe(32)}"}
        )
        taken: set[int] = set()
        for name in ("kafka", "controller", *HTTP_PORTS):
            wanted = kept.get(f"{name}_port") or HTTP_PORTS.get(name)
            kept[f"{name}_port"] = free_port(wanted, taken)
            taken.add(kept[f"{name}_port"])
        write_private(file, kept)
        return kept

    def _describe(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {name: f"127.0.0.1:{kept[f'{name}_port']}" for name in HTTP_PORTS}
        values |= {"operator_token": kept["operator_token"], "blobs": str(self.home / "blobs"), "pid": os.getpid()}
        if self.kafka:
            values["kafka"] = self.kafka.bootstrap
        if self.postgres:
            values |= {"database_url": self.postgres.url("ceebus"), "cee_database_url": self.postgres.url("cee")}
        return values | self._given


@asynccontextmanager
async def embedded(
    home: Path, *, given: Mapping[str, str] | None = None, durable: bool = True, say: Callable[[str], None] = lambda _text: None
) -> AsyncIterator[Stack]:
    """A running Stack, stopped at the end of the block."""
    stack = Stack(home, given=given, durable=durable, say=say)
    await stack.start()
    try:
        yield stack
    finally:
        await stack.stop()


def free_port(wanted: int | None, taken: set[int]) -> int:
    """`wanted` if nobody listens there, else any other."""
    for port in [*([wanted] if wanted else []), *random.sample(PORTS, 200)]:
        if port not in taken and is_free(port):
            return port
    raise StackError("no free TCP port found")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do: a closed connection's rest does not count
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def write_private(path: Path, values: Mapping[str, Any]) -> None:
    """Whole or not at all, and readable by its owner only: it holds the operator's token."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(values, file, indent=2)
    fresh.replace(path)
