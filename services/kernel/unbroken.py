"""Work that is not broken off in the middle: a client of Kafka that is, leaves a connection behind that nobody closes."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

LIMIT_S = 15.0
Answer = TypeVar("Answer")


async def unbroken(work: Coroutine[Any, Any, Answer]) -> Answer:
    """What `work` answers. Whoever is cancelled while he waits for it goes when it has ended, after LIMIT_S at the latest."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=LIMIT_S)
        raise
