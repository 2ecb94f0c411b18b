"""A rep's day: equal seeds make equal work, the work fits the contracts of uploads, and amounts are what the writer computes."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from random import Random
from typing import Any

import orjson
import pytest

from schemas.imports.documents import Document
from schemas.mobile.documents import Document as MobileDocument
from schemas.mobile.registry import MOBILE
from services.sandbox.reps import documents, partners, visits
from services.sandbox.reps.day import AMOUNTS, Made, mixed, sized, work
from services.sandbox.reps.territory import NothingToDo, read
from services.writer.rules.totals import wrong_figure
from tests.unit.sandbox.reps_rows import TODAY, head, price, rows, territory

STAMP = {"channel": "PL1", "client": "device", "device_id": "d", "db_epoch": "c7a9a0c2-53c4-4a4b-b0f7-6f3a4d7c9e10", "rep": "R1"}


def day(seed: int, factor: float = 1) -> list[Made]:
    return work(territory(), Random(seed), sized("mid", factor))


def test_equal_seeds_make_equal_days() -> None:
    assert day(1) == day(1)
    assert day(1) != day(2)


def test_a_day_has_the_amounts_of_its_size() -> None:
    counts = Counter[str]()
    for seed in range(40):
        counts += Counter(made.kind for made in day(seed))
    documents_a_day = AMOUNTS["mid"].orders + AMOUNTS["mid"].quotes
    assert abs(counts["documents"] / 40 - documents_a_day) < 1
    assert abs(counts["attachments"] / 40 - AMOUNTS["mid"].attachments) < 1
    assert counts["visits"] / 40 == pytest.approx(AMOUNTS["mid"].visits * (1 + AMOUNTS["mid"].revised), rel=0.15)


def test_every_upload_fits_its_contract() -> None:
    revisions = Counter[str]()
    for made in day(3, factor=4):
        revisions[made.source_id] += 1
        body = {"kind": made.kind, "source_id": made.source_id, "revision": revisions[made.source_id], **STAMP, **made.body}
        body |= {"sha256": "0" * 64, "size": len(made.content)} if made.content else {}
        MOBILE[made.kind].model_validate_json(orjson.dumps(body))


@pytest.mark.parametrize("mode", ["net", "gross"])
@pytest.mark.parametrize("make", [documents.order, documents.quote])
def test_amounts_are_what_the_writer_computes(make: Any, mode: str) -> None:
    """The simulator counts in fractions of its own, so neither can hide the other's error."""
    at = territory(head("L0", price_mode=mode, priority=1), price("L0", "A1", "0.3335", price_unit="3"), price("L0", "A2", "19.9999"))
    for seed in range(60):
        body = make(at, Random(seed), at.customers[0], 6)
        stamped = {"kind": "documents", "source_id": STAMP["db_epoch"], "revision": 1, **STAMP, **body}
        upload = MobileDocument.model_validate_json(orjson.dumps(stamped))
        found = Document.of(upload, partner="K1", partner_source_id=None, payment_form="X", payment_term=None)
        assert wrong_figure(found, {"V23": Decimal(23)}, 2) is None


def test_prices_come_from_the_first_list_that_has_one_for_the_quantity() -> None:
    a1, a2 = rows()["articles"][:2]
    at = territory(*rows_of("L2"))
    assert [str(found.amount) if (found := at.price({}, a1, many)) else None for many in (1, 10, 25)] == ["9", "7", "7"]
    assert at.price({}, a2, 1) is None, "its only price has ended today"
    special = [head("L8", priority=1, level="customer-class-item", customer_class="A"), price("L8", "A1", "5.0000")]
    special += [head("L9", priority=2, level="customer-item", customer="K1"), price("L9", "A1", "6.0000")]
    at = territory(*special, *rows_of("L2"))
    assert [str(found.amount) if (found := at.price(who, a1, 1)) else None for who in (*at.customers, {})] == ["6", "5", "9"]


def rows_of(listed: str) -> list[dict[str, Any]]:
    return [
        price(listed, "A1", "9.0000"),
        price(listed, "A1", "8.0000", scale="10"),
        price(listed, "A1", "7.0000", scale="10", valid_from="2026-02-01"),
        price(listed, "A1", "1.0000", scale="20", valid_from="2026-04-01"),
        price(listed, "A2", "4.0000", valid_to="2026-03-02"),
    ]


def test_mobile_numbers_go_on_behind_those_on_the_device() -> None:
    at = territory()
    assert [at.mobile_number("ZS"), at.mobile_number("ZS"), at.mobile_number("OS")] == [
        "ZSM-42/03/26/R1",
        "ZSM-43/03/26/R1",
        "OS-1/03/26/R1",
    ]


def test_a_device_without_goods_or_customers_has_nothing_to_do() -> None:
    empty = rows() | {"partners": []}
    with pytest.raises(NothingToDo):
        read(lambda kind: {str(at): body for at, body in enumerate(empty[kind])}, "R1", TODAY)


def test_mixing_keeps_each_object_s_own_order() -> None:
    objects = [[Made("visits", str(number), {"step": step}) for step in range(5)] for number in range(6)]
    order = mixed(Random(1), objects)
    assert len(order) == 30
    assert all([made.body["step"] for made in order if made.source_id == str(number)] == list(range(5)) for number in range(6))
    assert [made.source_id for made in order] != sorted(made.source_id for made in order)


def test_edits_carry_the_base_of_the_merge() -> None:
    partner = territory().customers[0]
    for seed in range(20):
        edit = partners.edit(Random(seed), partner)
        assert (edit["number"], edit["base_version"]) == ("K1", 7)
        changed = edit.keys() - {"number", "base_version", "base"}
        assert edit["base"] == {field: partner.get(field) for field in changed}


def test_what_becomes_of_a_visit_is_a_later_state_of_it() -> None:
    first = visits.planned(Random(1), "K1", "HANDLOWA", TODAY, "V-1")
    for seed in range(20):
        after = visits.later(Random(seed), first)
        assert after["number"] == first["number"]
        assert after["status"] in ("completed", "rejected") or after["planned_start"] > first["planned_start"]
