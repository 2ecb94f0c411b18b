"""What several end-to-end modules share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.sandbox.device.device import Device
from services.sandbox.stack import Stack
from tests.conftest import environment_of
from tests.integration.control_world import Operated, operated
from tests.stack import Databases
from tests.system import FIRST, System


@pytest.fixture(scope="module")
async def control_of_module(stack: Stack, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Operated]:
    """One control for all tests of a module, each of which lays down a company of its own in it."""
    home = tmp_path_factory.mktemp("control")
    async with operated(environment_of(stack, databases, home), home) as control:
        yield control


@pytest.fixture
async def fresh(system: System, channel: str) -> AsyncIterator[tuple[str, Device]]:
    """A channel with a company of its own and a device of R1 that holds all of it."""
    await system.company(channel)
    for kind, key in FIRST:
        await system.in_feed(channel, kind, key)
    await system.settled(channel)  # the company has more than that
    async with system.device(channel, "R1@") as device:
        await device.pull()
        yield channel, device
    await system.change(channel, "update cee.channel set active = false where id = '@'")  # nobody has to follow it any further
