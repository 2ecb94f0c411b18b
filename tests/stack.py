"""Helpers of tests that use the real stack: database copies, waiting for a condition, asking whether a process lives."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from services.kernel.postgres import connect
from services.sandbox.stack import Stack

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Databases:
    """Addresses of one pair: ceebus' own database and CEE's."""

    ours: str
    cee: str


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
            # without fsync it takes half the time of wal_log
            await admin.execute(f"create database {name_of(target)} template {name_of(source)} strategy file_copy")
#Xf"drop database if exists {name_of(url)} with (force)")
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
