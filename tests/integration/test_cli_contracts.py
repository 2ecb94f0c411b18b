"""`ceebus contracts` on the published schemas and on files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from schemas.publish import PUBLISHED
from tests.integration.control_world import Cli


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """No server is needed."""
    return Cli({}, monkeypatch, capsys)


async def test_every_kind_has_a_schema_on_its_sides(cli: Cli) -> None:
    rows = json.loads((await cli("contracts", "list", "--json")).out)
    assert [(row["side"], row["kind"]) for row in rows] == [(side, kind) for side, kinds in PUBLISHED.items() for kind in kinds]
    assert all(Path(row["file"]).is_file() for row in rows)
    shown = json.loads((await cli("contracts", "show", "partners", "--side", "cee")).out)
    assert shown["$id"] == "urn:ceebus:cee:partners:v1"
    assert json.loads((await cli("contracts", "show", "visits")).out)["$id"] == "urn:ceebus:mobile:visits:v1"
    assert (await cli("contracts", "show", "orders")).code == 2


async def test_published_schemas_are_those_of_this_version(cli: Cli) -> None:
    answer = await cli("contracts", "check")
    assert (answer.code, answer.out) == (0, "everything fits\n")


async def test_file_is_checked_line_by_line(cli: Cli, tmp_path: Path) -> None:
    shown = json.loads((await cli("contracts", "show", "availability", "--side", "cee")).out)
    good = next(iter(shown["$defs"]["Availability"]["examples"]))
    file = tmp_path / "stock.ndjson"
    file.write_text("\n".join([json.dumps(good), "{", json.dumps({**good, "version": "x"}), "", json.dumps(good | {"article": None})]))
    answer = await cli("contracts", "check", "availability", str(file), "--json", "--lang", "de")
    faults = json.loads(answer.out)["faults"]
    assert (answer.code, [(row["line"], row["field"], row["code"]) for row in faults]) == (
        1,
        [(2, None, "malformed"), (3, "version", "field_invalid"), (5, "article", "field_missing")],
    )
    assert faults[2]["why"] == "Pflichtfeld article fehlt."
    bare = {name: value for name, value in good.items() if name not in ("channel", "kind", "member")}
    file.write_text("\n".join([json.dumps(good), json.dumps(bare), '{"key": "A/B/C", "op": "delete"}']))
    assert (await cli("contracts", "check", "availability", str(file))).code == 0
    assert (await cli("contracts", "check", "availability", str(tmp_path / "none"))).code == 2


async def test_file_of_uploads_is_checked_as_the_gateway_completes_it(cli: Cli, tmp_path: Path) -> None:
    shown = json.loads((await cli("contracts", "show", "documents", "--side", "mobile")).out)
    good = next(iter(shown["$defs"]["Document"]["examples"]))
    bare = {name: value for name, value in good.items() if name not in ("channel", "kind", "client", "device_id", "db_epoch", "rep")}
    file = tmp_path / "orders.ndjson"
    file.write_text("\n".join([json.dumps(bare), json.dumps(bare | {"lines": []})]))
    answer = await cli("contracts", "check", "documents", str(file), "--side", "mobile", "--json")
    faults = json.loads(answer.out)["faults"]
    assert (answer.code, [(row["line"], row["field"], row["code"]) for row in faults]) == (1, [(2, "lines", "field_missing")])
    assert (await cli("contracts", "check", "documents", str(file), "--side", "import")).code == 2
