"""Pulling the feed: pages, the consistent cut, removals, audience, full downloads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.kernel.settings import Settings
from tests.integration.gateway_world import Change, World, article, gone, keys, numbers, partner, world


@pytest.fixture
async def here(settings: Settings, channel: str) -> AsyncIterator[World]:
    async with world(settings, channel) as made:
        yield made


async def test_first_pull_brings_everything_and_the_next_only_what_changed(here: World, tmp_path: Path) -> None:
    last = await here.put(*(article(number) for number in numbers("A", 25)))
    async with await here.device(tmp_path) as device:
        first = await device.pull(limit=10)
        assert (first.rows, first.pages, first.applied, first.position, first.full) == (25, 3, 25, last, ("data", "attachments"))
        assert keys(device, "articles") == set(numbers("A", 25))
        await here.put(article("A000003", "changed"))
        second = await device.pull()
        assert (second.rows, second.applied, second.full) == (1, 1, ())
        assert device.rows("articles")["A000003"]["name"] == {"en": "changed"}
        assert (await device.pull()).rows == 0
