"""What several end-to-end modules share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.sandbox.device.device import Device
from tests.system import FIRST, System


@pytest.fixture
async def fresh(system: System, channel: str) -> AsyncIterator[tuple[str, Device]]:
    """A channel with a company of its own and a device of R1 that holds all of it."""
    await system.company(channel)
    for kind, key in FIRST:
        await system.in_feed(channel, kind, key)
    async with system.device(channel, "R1@") as device:
        await device.pull()
        yield channel, device
    await system.change(channel, "update cee.channel set active = false where id = '@'")  # nobody has to follow it any further
