"""What every fault scenario starts from. form.py says how much of it is run, the summary how to repeat it."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """Of everything a scenario draws; SEED repeats a run (the timing of processes stays their own)."""
    chosen = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 31))
    scenario = Path(request.node.path).stem.split("_")[1].upper()
    request.node.user_properties.append(("repeat", f"make faults F={scenario} SEED={chosen}"))
    return chosen


@pytest.fixture
def surroundings(environment: dict[str, str], request: pytest.FixtureRequest) -> dict[str, str]:
    """This scenario's own system on the session's servers: topics, groups and databases that nobody else touches."""
    return environment | {"CEEBUS_TOPIC_PREFIX": f"{Path(request.node.path).stem}."}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The seed of every scenario, whatever came of it."""
    for outcome in ("passed", "failed", "error"):
        for report in terminalreporter.getreports(outcome):
            repeats = [value for name, value in report.user_properties if name == "repeat"]
            if repeats and report.when == "call":
                terminalreporter.write_line(f"{outcome}: {repeats[0]}")
