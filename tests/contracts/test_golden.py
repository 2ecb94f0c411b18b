"""What becomes of a record, case by case, written by hand from the rules: golden/<kind>/<case>.json.

A case has `channel` (settings that differ), `change` (a record of cee.*; `times`: how often the first line, or a text, is repeated)
and what is expected: `payload`, `deactivated` or `deleted`, or `refused`; besides, `remarks` and `audience`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.codes import CODES
from schemas.topics import KINDS
from services.exporter.judge import Verdict, judge
from tests.sales_channel import sales_channel

GOLDEN = Path(__file__).with_name("golden")
CASES = sorted(GOLDEN.glob("*/*.json"))
# codes that one exported record can get at the exporter; the others of the table need the feed, a run or a device
ONE_RECORD = {
    *("kind_unknown", "channel_unknown", "filtered", "field_missing", "field_invalid", "field_too_long", "currency_mismatch"),
    *("too_many_lines", "attachment_too_large", "extension_not_allowed", "content_type_mismatch", "content_missing", "note_too_long"),
    *("duplicate_attachment", "duplicate_price", "list_not_on_profile", "duplicate_discount", "promotion_not_supported"),
    *("rep_employer_mismatch", "ean_invalid", "category_cycle", "category_too_deep", "category_duplicate_article"),
    *("category_root_changed", "category_not_released", "not_stock_managed", "article_outside_assortment"),
}


def _judged(kind: str, case: dict[str, Any]) -> Verdict:
    change = dict(case["change"])
    for name, count in case.get("times", {}).items():
        change[name] = change[name][:1] * count
    key = change["key"]
    return judge(sales_channel(**case["channel"]), kind, key.encode(), json.dumps(change).encode())


def _read(path: Path) -> tuple[str, dict[str, Any]]:
    case: dict[str, Any] = json.loads(path.read_text())
    return path.parent.name, case


@pytest.mark.parametrize("path", CASES, ids=[f"{path.parent.name}-{path.stem}" for path in CASES])
def test_the_record_gets_what_the_rules_say(path: Path) -> None:
    kind, case = _read(path)
    verdict = _judged(kind, case)
    if "refused" in case:
        assert verdict.refused is not None, verdict
        assert {"outcome": verdict.refused.outcome, "code": verdict.refused.code, "params": verdict.refused.params} == case["refused"]
        return
    assert verdict.refused is None, verdict.refused
    assert [{"code": remark.code, "params": remark.params} for remark in verdict.remarks] == case.get("remarks", [])
    if "audience" in case:
        assert verdict.audience == case["audience"] or list(verdict.audience or ()) == case["audience"]
    if case.get("deleted"):
        assert (verdict.op, verdict.value) == ("delete", None)
        return
    assert verdict.value is not None
    value = json.loads(verdict.value)
    assert value.pop("content_hash") == verdict.hash
    assert value == case.get("payload", case.get("deactivated"))
    assert verdict.op == value["op"]


def test_every_kind_has_cases() -> None:
    assert {path.parent.name for path in CASES} == set(KINDS)
    assert all(len([path for path in CASES if path.parent.name == kind]) >= 3 for kind in KINDS)


def test_every_code_that_one_record_can_get_has_a_case() -> None:
    reached = set()
    for path in CASES:
        _, case = _read(path)
        reached |= {case["refused"]["code"]} if "refused" in case else {remark["code"] for remark in case.get("remarks", ())}
    assert reached == ONE_RECORD


def test_params_are_those_that_the_texts_name() -> None:
    for path in CASES:
        _, case = _read(path)
        for given in [case["refused"]] if "refused" in case else case.get("remarks", ()):
            shown = CODES[given["code"]].en.format_map(given["params"])  # a param that is missing is a KeyError
            assert "{" not in shown
