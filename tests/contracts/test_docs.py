"""docs/contracts.md tells subscribers the truth where a machine can check it."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from schemas import topics
from schemas.channel import encode_channel
from schemas.envelope import cee_headers
from schemas.topics import KINDS
from services.exporter.judge import Verdict, export_headers
from services.importer import judge as importer
from services.importer.headers import import_headers
from services.kernel.guard import Refused
from tests.contracts.test_golden import CASES, judged, load

PAGE = (Path(__file__).parents[2] / "docs/contracts.md").read_text()
SENT = [name for name in CASES if load(name).get("sent")]


@pytest.mark.parametrize("name", SENT)
def test_the_hash_is_made_as_the_page_says(name: str) -> None:
    verdict = judged(name)
    known: dict[str, Any] = {"hashlib": hashlib, "rfc8785": rfc8785, "value": json.loads(verdict.value or b"")}
    recipe = next(block for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL) if "VOLATILE" in block)
    exec(recipe, known)
    assert known["content_hash"] == known["value"]["content_hash"] == verdict.hash


def test_kinds_and_partitions_are_those_of_the_page() -> None:
    assert re.findall(r"`([a-z-]+)`", PAGE.split("in export order:")[1].split(".")[0]) == list(KINDS)
    counts = {spec.name.rpartition(".")[2]: spec.partitions for spec in topics.declared("X") if spec.name.startswith("export.")}
    told = {
        kind: int(count)
        for kinds, count in re.findall(r"((?:[a-z-]+, )*[a-z-]+) (\d)[;| ]", PAGE)
        for kind in kinds.split(", ")
        if kind in KINDS
    }
    assert told == {kind: count for kind, count in counts.items() if count != 1}
    assert encode_channel("A.b") == "A-2eb"


def test_every_header_is_on_the_page() -> None:
    incoming = [
        *cee_headers("partners", "K", 1, b"/cee/main"),
        ("ce_time", b""),
        ("ce_runid", b""),
        ("ce_force", b""),
        ("ce_channelversion", b""),
    ]
    outgoing = export_headers("partners", incoming, Verdict("upsert", b"{}", "0" * 64, ["R1"]))
    uploaded = [("ce_id", b""), ("ce_source", b""), ("ce_time", b""), ("ce_sender", b""), ("ce_contenthash", b"")]
    verdict = importer.Verdict(device_state="ok", refused=Refused("rejected", "malformed"))
    outgoing += import_headers("partners", uploaded, verdict)
    told = set(re.findall(r"`(ce_[a-z]+|content-type)`", PAGE))
    assert told == {name for name, _ in (*incoming, *outgoing)}
