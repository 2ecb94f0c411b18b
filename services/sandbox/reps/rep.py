"""A rep at work: makes his uploads one after the other on his device, sends each at once, and notes how long answers take."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from random import Random

from services.sandbox.device.device import Device
from services.sandbox.device.failures import Interrupted
from services.sandbox.device.uploads import Sent
from services.sandbox.reps.day import Made
from services.sandbox.reps.mischief import Mischief, trouble

Place = tuple[str, str, int]  # kind, source_id, revision


class Rep:
    """One device and who carries it. `sent`: when an upload was first sent, in seconds since 1970."""

    def __init__(self, device: Device, mischief: Mischief | None = None, seed: int = 0) -> None:
        self.device, self._mischief = device, mischief or Mischief()
        self.sent: dict[Place, float] = {}
        self._sending = asyncio.Lock()
        trouble(device, self._mischief, Random(f"{seed}/mischief"))

    async def work(self, day: Sequence[Made], seconds: float = 0) -> None:
        """The whole day within about so many seconds, each upload sent when it is made; 0: everything is made, then sent."""
        if not seconds:
            await self.send(*day)
        for made in day if seconds else ():
            pause = asyncio.create_task(asyncio.sleep(seconds / len(day)))
            await self.send(made)
            await pause

    async def send(self, *uploads: Made) -> None:
        """Makes these uploads and sends what stands in the outbox; what the network does not let through stays for the next time."""
        for made in uploads:
            self.device.uploads.put(made.kind, made.body, source_id=made.source_id, content=made.content)
        async with self._sending:  # a phone synchronises once at a time
            now = time.time()
            for upload in self.device.uploads.all():
                if upload.state == "new":
                    self.sent.setdefault(place_of(upload), now)
            with suppress(Interrupted):
                await self.device.push()
                if self._mischief.twice:
                    await self.device.uploads.repeat(made.source_id for made in uploads)

    def open(self) -> list[Sent]:
        """Uploads whose end the device does not know yet."""
        return [upload for upload in self.device.uploads.all() if upload.state not in ("final", "refused")]


def place_of(upload: Sent) -> Place:
    return upload.kind, upload.source_id, upload.revision
