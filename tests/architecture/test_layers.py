"""Who may import whom: the contracts of pyproject.toml, run as a test so that nobody learns of it only in CI."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = sorted(path for top in ("services", "schemas") for path in (ROOT / top).rglob("*.py"))


def test_import_contracts_are_kept() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [path for path in OURS if path.name == "__init__.py"], ids=lambda path: str(path.relative_to(ROOT)))
def test_packages_do_not_re_export(path: Path) -> None:
    statements = ast.parse(path.read_text()).body
    assert all(isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) for statement in statements), (
        f"{path.relative_to(ROOT)} holds more than a docstring: re-exporting is how import cycles begin"
    )


def test_modules_are_named_after_what_they_hold() -> None:
    vague = {"util", "utils", "common", "misc", "helpers", "helper"}
    assert [str(path.relative_to(ROOT)) for path in OURS if path.stem in vague or path.parent.name in vague] == []


def test_every_service_that_is_a_role_can_be_started_as_one() -> None:
    """`python -m services.<role>` is what the supervisor, compose and systemd run."""
    for role in ("source", "exporter", "feed", "gateway", "importer", "writer", "control"):
        assert (ROOT / "services" / role / "__main__.py").exists(), role
