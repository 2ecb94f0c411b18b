"""Golden files: a change as CEE states it, and by hand from domain.md what must become of it. golden/<kind>/<case>.json:

`change` (null: a tombstone of `key`), or `raw` text, or `like` another case `but` with other top-level fields, the first part of a
list so many `times`; `channel`: other settings; then `sent` (null: a tombstone; with `remarks` and `audience`, where there are any)
or `refused`.
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
from schemas.publish import agreed
from schemas.topics import KINDS
from services.exporter.judge import Verdict, judge

GOLDEN = Path(__file__).with_name("golden")
CASES = sorted(path.relative_to(GOLDEN).with_suffix("").as_posix() for path in GOLDEN.glob("*/*.json"))
CHANNEL: dict[str, Any] = json.loads((GOLDEN / "channel.json").read_text())
# the codes of one exported record; the others of the table need the feed, a run, a device, or a record of more than 1 MB
ONE_RECORD = {
    *("malformed", "kind_unknown", "channel_unknown", "filtered", "field_missing", "field_invalid", "field_too_long"),
    *("currency_mismatch", "too_many_lines", "attachment_too_large", "extension_not_allowed", "content_type_mismatch"),
    *("content_missing", "note_too_long", "duplicate_attachment", "duplicate_price", "list_not_on_profile", "duplicate_discount"),
    *("promotion_not_supported", "rep_employer_mismatch", "ean_invalid", "category_cycle", "category_too_deep"),
    *("category_duplicate_article", "category_root_changed", "category_not_released", "not_stock_managed", "article_outside_assortment"),
}
Case = dict[str, Any]


@cache
def load(name: str) -> Case:
    case: Case = json.loads((GOLDEN / f"{name}.json").read_text())
    return case


@cache
def published(kind: str) -> Draft202012Validator:
    schema = agreed("export", kind)
    assert schema is not None
    return Draft202012Validator(schema)


def change_of(name: str) -> Case:
    case = load(name)
    change: Case = load(f"{name.partition('/')[0]}/{case['like']}")["change"] | case["but"] if "like" in case else case["change"]
    return change | {field: change[field][:1] * count for field, count in case.get("times", {}).items()}


def judged(name: str) -> Verdict:
    """What the exporter makes of a case's record. A record's Kafka key is the one of the case it is `like`."""
    case, kind = load(name), name.partition("/")[0]
    channel = Channel.model_validate(CHANNEL | case.get("channel", {}))
    if "raw" in case:
        return judge(channel, kind, b"K", case["raw"].encode())
    if case.get("change", {}) is None:
        return judge(channel, kind, case["key"].encode(), None)
    key: str = case.get("key") or change_of(f"{kind}/{case['like']}" if "like" in case else name)["key"]
    return judge(channel, kind, key.encode(), orjson.dumps(change_of(name)))


@pytest.mark.parametrize("name", CASES)
def test_record_becomes_what_domain_md_says(name: str) -> None:
    case, verdict = load(name), judged(name)
    if "refused" in case:
        assert verdict.refused is not None, verdict
        assert {"outcome": verdict.refused.outcome, "code": verdict.refused.code, "params": verdict.refused.params} == case["refused"]
        assert verdict.refused.outcome == CODES[verdict.refused.code].on_export
        return
    assert verdict.refused is None, verdict.refused
    assert [{"code": remark.code, "params": remark.params} for remark in verdict.remarks] == case.get("remarks", [])
    assert (None if verdict.audience is None else list(verdict.audience)) == case.get("audience")
    if case["sent"] is None:
        assert (verdict.op, verdict.value) == ("delete", None)
        return
    sent = orjson.loads(verdict.value or b"")
    published(name.partition("/")[0]).validate(sent)
    assert sent.pop("content_hash") == verdict.hash
    assert sent == case["sent"]
    assert verdict.op == sent["op"]


def test_every_kind_is_sent_removed_and_refused() -> None:
    for kind in KINDS:
        cases = [load(name) for name in CASES if name.startswith(f"{kind}/")]
        ops = {"refused" if "refused" in case else (case["sent"] or {"op": "delete"})["op"] for case in cases}
        assert ops in ({"upsert", "deactivate", "refused"}, {"upsert", "delete", "refused"}), kind


def test_every_code_of_one_exported_record_has_a_case() -> None:
    assert {said["code"] for name in CASES for said in _said(name)} == ONE_RECORD


def test_params_fill_every_brace_of_the_texts() -> None:
    for name in CASES:
        for said in _said(name):
            code = CODES[said["code"]]
            for text in (code.pl, code.de, code.en):
                text.format_map(said["params"])  # a KeyError names the one that is missing


def _said(name: str) -> list[Case]:
    case = load(name)
    return [case["refused"]] if "refused" in case else case.get("remarks", [])
