"""The table of result codes: what it may hold, that its page is current, and that nobody invents a code beside it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from schemas.codes import CODES, errors_page, text

ROOT = Path(__file__).parents[2]
OUTCOMES = {"rejected", "waiting", "quarantined", "unchanged", "conflict", "warning", "content"}
DEFECTS = [ROOT / "schemas" / name for name in ("defect.py", "files.py", "partner_rules.py")]  # of both directions
EXPORTS = [*sorted((ROOT / "services/exporter").rglob("*.py")), *DEFECTS]
IMPORTS = [*sorted((ROOT / "services/importer").rglob("*.py")), *DEFECTS]


def _braces(words: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(words) if name is not None}


def _calls(path: Path) -> Iterator[tuple[str, str | None]]:
    """(code, outcome) of every `Refused(outcome, code)`, `Remark(code)` and `Defect(code)` written out in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Refused", "Remark", "Defect"):
            said = [argument.value if isinstance(argument, ast.Constant) else None for argument in node.args[:2]]
            code, outcome = (said[1], said[0]) if node.func.id == "Refused" else (said[0], None)
            if isinstance(code, str):
                yield code, outcome if isinstance(outcome, str) else None


def test_the_page_is_current() -> None:
    assert (ROOT / "docs/errors.md").read_text() == errors_page(), "run python -m schemas.codes > docs/errors.md"


@pytest.mark.parametrize("code", CODES)
def test_a_row_is_well_formed(code: str) -> None:
    row = CODES[code]
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
    assert row.outcome in OUTCOMES
    assert row.on_export in OUTCOMES - {"content"}
    assert row.kinds
    assert all(words.strip() == words and words.endswith(".") for words in (row.pl, row.de, row.en))
    assert _braces(row.pl) == _braces(row.de) == _braces(row.en)


@pytest.mark.parametrize(("files", "least"), [(EXPORTS, 15), (IMPORTS, 12)], ids=["exporter", "importer"])
def test_every_code_that_is_raised_is_in_the_table(files: list[Path], least: int) -> None:
    raised = {code for path in files for code, _ in _calls(path)}
    assert len(raised) > least
    assert raised - CODES.keys() == set()


def test_the_exporter_gives_each_code_the_outcome_of_the_table() -> None:
    given = {(code, outcome) for path in EXPORTS for code, outcome in _calls(path) if outcome is not None}
    assert {(code, outcome) for code, outcome in given if CODES[code].on_export != outcome} == set()


def test_the_importer_rejects_what_the_table_rejects() -> None:
    given = {(code, outcome) for path in IMPORTS for code, outcome in _calls(path) if outcome is not None}
    assert {outcome for _, outcome in given} == {"rejected"}
    assert {code for code, _ in given if CODES[code].outcome not in ("content", "rejected")} == set()


def test_a_param_that_is_missing_is_shown_as_a_question_mark() -> None:
    assert text("field_too_long", "en", {"field": "name"}) == "Field name is longer than ? characters."
    assert text("not_in_the_table", "de", {}) == "not_in_the_table"
