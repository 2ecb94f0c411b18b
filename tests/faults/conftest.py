"""What every fault scenario starts from."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Of everything a scenario draws; SEED repeats a run (the timing of processes stays their own)."""
    chosen = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 31))
    print(f"SEED={chosen} pytest {Path(request.node.path).name}")  # noqa: T201
    return chosen


@pytest.fixture
def surroundings(environment: dict[str, str], request: pytest.FixtureRequest) -> dict[str, str]:
    """This scenario's own system on the session's servers: topics, groups and databases that nobody else touches."""
    return environment | {"CEEBUS_TOPIC_PREFIX": f"{Path(request.node.path).stem}."}
