"""Golden files of uploads: what a device sends, and by hand from domain.md what the writer gets. golden_imports/<kind>/<case>.json:

`upload`, or `raw` text (null: a tombstone), or `like` another case `but` with other top-level fields (null: left as null), the first
part of a list so many `times`; `sender`, `device` (null: unknown); then `written`, or `refused`.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from schemas.channel import Channel
from schemas.codes import CODES
from schemas.imports.registry import IMPORTS
from schemas.publish import agreed
from schemas.topics import IMPORT_KINDS
from services.importer.devices import Device
from services.importer.judge import Sent, Verdict, judge
from tests.contracts.test_golden import CHANNEL as SETTINGS

GOLDEN = Path(__file__).with_name("golden_imports")
CASES = sorted(path.relative_to(GOLDEN).with_suffix("").as_posix() for path in GOLDEN.glob("*/*.json"))
CHANNEL = Channel.model_validate(SETTINGS)
DEVICE = {"channel": "PL1", "is_revoked": False, "db_epoch": "c7a9a0c2-53c4-4a4b-b0f7-6f3a4d7c9e10"}
# the codes of one upload by itself; the others need CEE, its channel's other records, the clock, or a record of more than 1 MB
ONE_UPLOAD = {
    *("malformed", "kind_unknown", "channel_unknown", "field_missing", "field_invalid", "field_too_long", "device_revoked"),
    *("tax_id_invalid", "document_not_confirmed", "currency_mismatch", "too_many_lines", "attachment_too_large"),
    *("extension_not_allowed", "note_too_long", "not_an_appointment"),
}
Case = dict[str, Any]


@cache
def load(name: str) -> Case:
    case: Case = json.loads((GOLDEN / f"{name}.json").read_text())
    return case


def upload_of(name: str) -> Case:
    case = load(name)
    upload: Case = upload_of(f"{name.partition('/')[0]}/{case['like']}") | case.get("but", {}) if "like" in case else case["upload"]
    return upload | {field: upload[field][:1] * count for field, count in case.get("times", {}).items()}


def judged(name: str) -> Verdict:
    """What the importer makes of a case's upload. Its key is the source_id of the one it is `like`."""
    case, kind = load(name), name.partition("/")[0]
    sender, known = case.get("sender", "device/d-7"), case.get("device", {})
    headers = [("ce_id", b"u"), ("ce_contenthash", b"h"), ("ce_sender", sender.encode())]
    device = Device(**(DEVICE | known)) if known is not None and sender.startswith("device/") else None
    if "raw" in case:
        return judge(CHANNEL, kind, Sent(b"K", case["raw"].encode() if case["raw"] is not None else None, headers), device)
    key = upload_of(f"{kind}/{case['like']}" if "like" in case else name)["source_id"]
    return judge(CHANNEL, kind, Sent(key.encode(), orjson.dumps(upload_of(name)), headers), device)


@pytest.mark.parametrize("name", CASES)
def test_upload_becomes_what_domain_md_says(name: str) -> None:
    case, verdict, kind = load(name), judged(name), name.partition("/")[0]
    if "refused" in case:
        assert verdict.refused is not None, verdict
        assert {"code": verdict.refused.code, "params": verdict.refused.params} == case["refused"]
        assert verdict.refused.outcome == "rejected"
        return
    assert verdict.refused is None, verdict.refused
    written = orjson.loads(verdict.value or b"")
    assert written == case["written"]
    Draft202012Validator(agreed("import", kind) or {}).validate(written)
    assert IMPORTS[kind].model_validate_json(verdict.value or b"").written() == written


@pytest.mark.parametrize("name", [name for name in CASES if "written" in load(name)])
def test_an_upload_that_is_accepted_fits_its_published_schema(name: str) -> None:
    Draft202012Validator(agreed("mobile", name.partition("/")[0]) or {}).validate(upload_of(name))


def test_every_kind_is_written_and_refused() -> None:
    for kind in IMPORT_KINDS:
        assert {"refused" in load(name) for name in CASES if name.startswith(f"{kind}/")} == {True, False}, kind


def test_every_code_of_one_upload_has_a_case() -> None:
    assert {load(name)["refused"]["code"] for name in CASES if "refused" in load(name)} == ONE_UPLOAD


def test_params_fill_every_brace_of_the_texts() -> None:
    for name in CASES:
        refused = load(name).get("refused")
        if refused:
            code = CODES[refused["code"]]
            for text in (code.pl, code.de, code.en):
                text.format_map(refused["params"])  # a KeyError names the one that is missing
            assert code.outcome in ("content", "rejected")
