"""Documents that are refused, wait, or are known already: nothing of the reference CEE changes, no number is used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.integration.imports_bed import A2, P1, P2, Bed, company
from tests.stack import Databases


@pytest.fixture
async def bed(databases: Databases, tmp_path: Path) -> AsyncIterator[Bed]:
    async with company(databases, tmp_path) as made:
        yield made


REFUSED: list[tuple[str, str, str, dict[str, Any], dict[str, Any]]] = [
    ("rejected", "totals_mismatch", "", {"gross_total": "61.52"}, {"field": "gross_total", "value": "61.52", "expected": "61.50"}),
    (
        "rejected",
        "field_invalid",
        "delete from cee.vat_rate_value where vat_rate = 'V23'",
        {},
        {"field": "lines[0].vat_rate", "value": "V23"},
    ),
    ("rejected", "discount_above_limit", "", {"user_discount": "5.01"}, {"value": "5.01", "limit": "5.00"}),
    ("waiting", "rep_missing", "", {"rep": "R9"}, {"rep": "R9"}),
    ("waiting", "partner_missing", "", {"partner": "P9"}, {"partner": "P9"}),
    ("waiting", "partner_is_prospect", "update cee.partner set role = 'prospect' where number = 'P1@'", {}, {"partner": P1}),
    ("waiting", "partner_blocked", "update cee.partner set status = 'blocked' where number = 'P1@'", {}, {"partner": P1}),
    ("waiting", "partner_inactive", "update cee.partner set status = 'inactive' where number = 'P1@'", {}, {"partner": P1}),
    ("waiting", "partner_inactive", "update cee.channel_partner set assigned = false where partner = 'P1@'", {}, {"partner": P1}),
    ("waiting", "partner_inactive", "update cee.channel_partner set deleted_on = '2026-01-01' where partner = 'P1@'", {}, {"partner": P1}),
    ("waiting", "article_missing", "delete from cee.article where number = 'A2@'", {}, {"article": A2}),
]


@pytest.mark.parametrize(("outcome", "code", "change", "fields", "params"), REFUSED, ids=[f"{row[1]}{row[2][-24:]}" for row in REFUSED])
async def test_what_is_refused_leaves_cee_as_it_was(
    bed: Bed, outcome: str, code: str, change: str, fields: dict[str, Any], params: dict[str, Any]
) -> None:
    await bed.change(change or "select")
    before = await bed.everything()
    (answer,) = await bed.send(bed.order(**fields))
    assert (answer.outcome, answer.code, answer.params, answer.number) == (outcome, code, params, None)
    assert await bed.everything() == before


async def test_a_partner_version_that_has_begun_decides_and_one_to_come_does_not(bed: Bed) -> None:
    await bed.change(
        "insert into cee.partner_version(partner, valid_from, status) values('P1@', cee.today('Europe/Warsaw') + 1, 'blocked')"
    )
    await bed.change(
        "insert into cee.partner_version(partner, valid_from, status) values('P2@', cee.today('Europe/Warsaw') - 1, 'blocked')"
    )
    assert [answer.code for answer in await bed.send(bed.order(), bed.order(partner=P2))] == [None, "partner_blocked"]


async def test_a_quote_expires_by_the_channel_s_day(bed: Bed) -> None:
    late, today = bed.quote(-1), bed.quote(0, mobile_number="OS-8/11/26/R1")
    before = await bed.everything()
    (answer,) = await bed.send(late)
    assert (answer.outcome, answer.code) == ("rejected", "quote_expired")
    await bed.change("update cee.clock set days = 1")
    assert [answer.code for answer in await bed.send(today)] == ["quote_expired"], "judged at every attempt"
    assert await bed.everything() == before


async def test_repeats_and_conflicts_change_nothing(bed: Bed) -> None:
    one = bed.order()
    (first,) = await bed.send(one)
    before = await bed.everything()
    other = replace(one, content_hash="0" * 64, body=one.body.model_copy(update={"description": "inna"}))
    answers = [(await bed.send(x))[0] for x in (one, other, replace(other, device_state="foreign_epoch"))]
    assert [(x.outcome, x.code) for x in answers] == [
        ("unchanged", "already_imported"),
        ("conflict", "content_conflict"),
        ("conflict", "epoch_changed"),
    ]
    assert {(x.number, x.version, x.status, x.mobile_number) for x in answers} == {
        (first.number, first.version, "in_process", first.mobile_number)
    }
    taken = await bed.send(bed.order(mobile_number=one.body.mobile_number), bed.order(mobile_number=one.body.mobile_number))
    assert {(x.outcome, x.code) for x in taken} == {("conflict", "mobile_number_taken")}
    assert await bed.everything() == before
