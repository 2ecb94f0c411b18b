"""One kind = one file, under the kind's own name, in each place that knows kinds."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.topics import IMPORT_KINDS, KINDS

ROOT = Path(__file__).parents[2]
NOT_KINDS = {"__init__", "registry"}


@pytest.mark.parametrize("folder", ["schemas/cee", "schemas/export", "services/exporter/kinds"])
def test_every_exported_kind_has_its_file(folder: str) -> None:
    files = {path.stem for path in (ROOT / folder).glob("*.py")}
    assert {kind.replace("-", "_") for kind in KINDS} - files == set()


@pytest.mark.parametrize("folder", ["schemas/mobile", "schemas/imports", "services/importer/kinds"])
def test_every_imported_kind_has_its_file(folder: str) -> None:
    files = {path.stem for path in (ROOT / folder).glob("*.py")}
    assert set(IMPORT_KINDS) - files == set()


@pytest.mark.parametrize(("role", "kinds"), [("exporter", KINDS), ("importer", IMPORT_KINDS)])
def test_handlers_are_one_file_a_kind_and_nothing_else(role: str, kinds: tuple[str, ...]) -> None:
    files = {path.stem for path in (ROOT / "services" / role / "kinds").glob("*.py")} - NOT_KINDS
    assert files == {kind.replace("-", "_") for kind in kinds}


def test_there_are_four_imported_kinds_in_import_order() -> None:
    assert list(IMPORT_KINDS) == ["partners", "documents", "attachments", "visits"]


def test_there_are_nine_kinds_in_export_order() -> None:
    assert list(KINDS) == [
        "master-data",
        "sales-reps",
        "partners",
        "articles",
        "article-categories",
        "availability",
        "price-lists",
        "sales-documents",
        "attachments",
    ]
