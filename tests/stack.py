"""Helpers of tests that use the real stack: database copies, waiting for a condition, asking whether a process lives."""

from __future__ import annotations

import asyncio
import inspect
import os
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from services.kernel.postgres import connect
from services.sandbox.stack import Stack

Answer = TypeVar("Answer")
MEMORY = Path("/dev/shm")  # a file system in memory, on most Linux machines
HOME = "ceebus-test-"
ROOM = 8 << 30  # bytes; the servers of one session need about 1 GB, and there is a session for each worker


@dataclass(frozen=True, slots=True)
class Databases:
    """Addresses of one pair: ceebus' own database and CEE's."""

    ours: str
    cee: str


@contextmanager
def session_home(otherwise: Path) -> Iterator[Path]:
    """A folder for servers that are thrown away, in memory if there is room, else `otherwise`; their logs end up in `otherwise`.

    Half of a broker's work in tests is the making and removing of small files, which on a busy disk takes ten times as long.
    """
    for left in MEMORY.glob(f"{HOME}*"):
        if not is_alive(int(left.name.split("-")[2])):
            shutil.rmtree(left, ignore_errors=True)  # of a session that was killed
    if not has_room():
        yield otherwise
        return
    with tempfile.TemporaryDirectory(prefix=f"{HOME}{os.getpid()}-", dir=MEMORY, ignore_cleanup_errors=True) as folder:
        yield Path(folder)
        shutil.copytree(Path(folder, "logs"), otherwise / "logs")


def has_room() -> bool:
    """Whether files in memory leave enough of it."""
    try:
        sizes = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        available = int(sizes["MemAvailable"].split()[0]) * 1024
        return min(available, shutil.disk_usage(MEMORY).free) >= ROOM
    except OSError:
        return False


def name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


async def copy_database(stack: Stack, template: Databases, made: Databases) -> None:
    """`made` must not exist yet; nobody may be connected to `template`."""
    assert stack.postgres is not None
    admin = await connect(stack.postgres.url("postgres"))
    try:
        for source, target in ((template.ours, made.ours), (template.cee, made.cee)):
            # without fsync it takes half the time of wal_log
            await admin.execute(f"create database {name_of(target)} template {name_of(source)} strategy file_copy")
    finally:
        await admin.close()


async def drop_databases(stack: Stack, made: Databases) -> None:
    assert stack.postgres is not None
    admin = await connect(stack.postgres.url("postgres"))
    try:
        for url in (made.ours, made.cee):
            await admin.execute(f"drop database if exists {name_of(url)} with (force)")
    finally:
        await admin.close()


async def eventually(condition: Callable[[], Answer | Awaitable[Answer]], within: float = 30.0, every: float = 0.02) -> Answer:
    """The first true value of `condition()`; AssertionError after `within` seconds, showing the last value or failed assertion."""
    deadline = time.monotonic() + within
    while True:
        began = time.monotonic()
        failed: AssertionError | None = None
        answer: Answer | None = None
        try:
            found = condition()
            answer = await found if inspect.isawaitable(found) else found
        except AssertionError as error:
            failed = error
        if failed is None and answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not so within {within} s; last: {failed or answer!r}") from failed
        await asyncio.sleep(max(every, time.monotonic() - began))  # a costly look must not slow down what it waits for


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie, which only waits for its parent to look, does not.

    A killed process is a zombie while other threads of it still end, and keep its files open and locked.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        with open(f"/proc/{pid}/stat") as stat:
            state = stat.read().rpartition(")")[2].split()[0]
        return state != "Z" or len(os.listdir(f"/proc/{pid}/task")) > 1
    except FileNotFoundError:
        return os.path.isdir("/proc/self") is False  # no /proc here: the signal's answer stands
    except ProcessLookupError:
        return False  # it ended between the opening of its file and the reading
