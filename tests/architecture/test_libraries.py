"""The versions the design stands on are what is installed, and the switches it must not use are off."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_pinned_versions_are_what_is_installed() -> None:
    """T16: without a wheel for the platform, an installer silently falls back to faust-streaming 0.5.2."""
    assert version("faust-streaming") == "0.15.3"
    assert version("aiokafka").startswith("0.14.")
    assert version("pydantic").startswith("2.")


def test_every_library_of_the_runtime_is_at_its_locked_version() -> None:
    locked = dict(re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;\\]+)", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE))
    declared = re.findall(
        r'^    "([\w.-]+)[^"]*"', (ROOT / "pyproject.toml").read_text().partition("optional-dependencies")[0], flags=re.MULTILINE
    )
    assert len(declared) > 15
    assert {name: version(name) for name in declared} == {name: locked[name] for name in declared}


def test_no_transactional_setting_is_used() -> None:
    """T09: aiokafka's transactions do not fence by consumer generation, so nothing may be built on them."""
    switches = re.compile(r"transactional_id|begin_transaction|send_offsets_to_transaction|exactly_once", re.IGNORECASE)
    used = [
        str(path.relative_to(ROOT))
        for top in ("services", "schemas")
        for path in (ROOT / top).rglob("*.py")
        if switches.search(path.read_text())
    ]
    assert used == []
    assert not [path.name for path in (ROOT / "services/kernel").glob("kafka*.py") if "read_committed" in path.read_text().lower()]
