"""The simulated device: enrol, pull, push, fetch attachments, follow. Used by the demo, the tests and its own command line.

async with Device("http://127.0.0.1:8710", Path("phone.db")) as device:
    await device.enrol(code)
    await device.pull()
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.sandbox.device.acknowledging import Acknowledging
from services.sandbox.device.client import Client, Page
from services.sandbox.device.failures import Interrupted, Refused, pause
from services.sandbox.device.files import AT_ONCE, Files
from services.sandbox.device.following import pull_with_news
from services.sandbox.device.records import Applied
from services.sandbox.device.references import needs
from services.sandbox.device.store import DanglingReferences, Needs, Store
from services.sandbox.device.uploads import RECORDS, Pushed, Uploads

DATA = ("data",)
EVERYTHING = ("data", "attachments")
_ATTEMPTS = 8
_FIRST_WAIT_S = 0.1
# a parent's removal and those of its children are changes of their own: between them a cut may be in pieces
_PATIENCE_S = 30.0
_START_AGAIN = frozenset(
    {"resync_required", "cursor_invalid", "cursor_of_other_channel", "cursor_of_other_device", "cursor_of_other_epoch"}
)


@dataclass(frozen=True, slots=True)
class Pulled:
    """A complete download. `applied`: rows it changed; `restarts`: how often it had to begin from nothing."""

    rows: int
    pages: int
    applied: int
    position: int
    restarts: int
    full: tuple[str, ...]
    seconds: float


Told = Callable[[Pulled], Awaitable[None] | None]


class Device:
    """One database file, its folder of attachments, one connection."""

    def __init__(
        self,
        base_url: str,
        sqlite_path: Path,
        *,
        needs: Needs = needs,
        attempts: int = _ATTEMPTS,
        patience: float = _PATIENCE_S,
        epoch: str | None = None,
    ) -> None:
        """`epoch`: of a database that was made anew or restored; else the one it has."""
        self.url, self.path = base_url, sqlite_path
        self.store = Store(sqlite_path, needs)
        self.files = Files(sqlite_path.with_suffix(".files"))
        epoch = epoch or self.store.recall("db_epoch") or str(uuid.uuid4())
        self.store.remember(db_epoch=epoch)
        self.client = Client(base_url, self.store, epoch)
        self.uploads = Uploads(self.store, self.client, self.files, attempts)
        self._attempts, self._patience = attempts, patience
        self._acks: Acknowledging | None = None  # while it follows

    async def __aenter__(self) -> Device:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.close()
        self.store.close()

    async def enrol(self, code: str, name: str | None = None) -> dict[str, Any]:
        """Uses up a code of `ceebus device enroll`; raises Refused."""
        return await self.client.enrol(code, self.store.recall("db_epoch") or "", name)

    async def push(self, records: int = RECORDS) -> Pushed:
        """Sends what stands in `uploads`, contents first; outages are waited out. Raises Refused, Interrupted."""
        return await self.uploads.push(records)

    async def pull(self, groups: tuple[str, ...] = EVERYTHING, **bounds: int) -> Pulled:
        """Downloads until a cut is complete, switches to it and acknowledges it.

        Outages are waited out, a download goes on at its last staged page. A cut with dangling references is refused, and the
        next one awaited: raises DanglingReferences after a while, with the old data still in use. Also Refused, Interrupted.
        """
        began = time.monotonic()
        rows = pages = restarts = failures = 0
        refused_since: float | None = None
        while True:
            try:
                async for page in self.client.pages(self.store.recall("cursor"), groups, **bounds):
                    await asyncio.to_thread(self.store.stage, page.lines, page.cursor, page.full)
                    rows, pages = rows + len(page.lines), pages + 1
                    failures = 0 if page.lines else failures
                    if page.complete:
                        applied = await self._switch(groups, page)
                        return Pulled(rows, pages, applied, max(page.positions.values()), restarts, page.full, time.monotonic() - began)
            except Interrupted:
                failures += 1
                if failures >= self._attempts:
                    raise
                await asyncio.sleep(pause(failures))
            except DanglingReferences:
                refused_since = refused_since or time.monotonic()
                if time.monotonic() - refused_since >= self._patience:
                    raise
                await asyncio.sleep(_FIRST_WAIT_S)
            except Refused as refused:
                if refused.code not in _START_AGAIN or not self.store.recall("cursor"):
                    raise
                restarts += 1
                await asyncio.to_thread(self.store.restart)

    async def _switch(self, groups: tuple[str, ...], page: Page) -> int:
        position = max(page.positions[group] for group in groups)
        applied = await asyncio.to_thread(self.store.switch, groups, position, int(time.time() * 1000))
        if self._acks is not None:
            self._acks.put(page.cursor)
        else:
            with suppress(Interrupted):  # the next pull acknowledges this one too
                await self.client.ack(page.cursor)
        return applied

    async def fetch_attachments(self, at_once: int = AT_ONCE, after: int = 0) -> int:
        """Gets the contents that the records name, or those of records applied behind number `after` of the log; outages are waited out.
        Returns how many were missing."""
        missing = [sha256 for sha256 in self.store.contents(after) if not self.files.has(sha256)]
        for failures in range(self._attempts):
            try:
                await self.files.fetch(self.client, missing, at_once)
                return len(missing)
            except Interrupted:
                if failures == self._attempts - 1:
                    raise
                await asyncio.sleep(pause(failures))
        return 0

    async def follow(self, stop: asyncio.Event, told: Told | None = None, groups: tuple[str, ...] = EVERYTHING) -> None:
        """Pulls at once and whenever the gateway has news, until `stop`; `told` hears of each pull. Acknowledges beside it."""
        async with Acknowledging(self.client) as self._acks:
            try:
                await pull_with_news(self.client, lambda: self._pull_and_tell(told, groups), stop)
            finally:
                self._acks = None

    async def _pull_and_tell(self, told: Told | None, groups: tuple[str, ...]) -> None:
        pulled = await self.pull(groups)
        if told and (answer := told(pulled)) is not None:
            await answer

    def digest(self, kind: str) -> str:
        """SHA-256 over sorted keys and content hashes of a kind."""
        return self.store.digest(kind)

    def digests(self, kinds: Iterable[str]) -> dict[str, str]:
        return {kind: self.digest(kind) for kind in kinds}

    def rows(self, kind: str) -> dict[str, dict[str, Any]]:
        """The rows in use, by key."""
        return self.store.rows(kind)

    def log(self, after: int = 0) -> list[Applied]:
        """The apply log behind number `after`: what was applied, in order, and when."""
        return self.store.log(after)
