"""The import of documents on the reference CEE: what stands in its tables afterwards, who hears of it, which numbers were used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest

from tests.integration.imports_bed import A1, A2, ID, P1, P2, REP, Bed, company, today
from tests.stack import Databases
from tests.unit.writer.document_uploads import line


@pytest.fixture
async def bed(databases: Databases, tmp_path: Path) -> AsyncIterator[Bed]:
    async with company(databases, tmp_path) as made:
        yield made


async def test_an_order_stands_in_cee_as_the_device_wrote_it(bed: Bed) -> None:
    odd = 'Tab\there, back\\slash, "quotes", \\N and a\nnew line'
    one = bed.order(
        line(A1, discount="2.5", description=odd, weight="1.250"),
        line(A2, article_name="Śruba\\t8"),
        payer=P2,
        delivery_address=str(uuid4()),
        delivery_date=date.today().isoformat(),
        payment_term="14D",
        shipping_method="Kurier",
        user_discount="2.50",
        description=odd,
    )
    (answer,) = await bed.send(one)
    assert (answer.outcome, answer.code, answer.remarks, answer.number, answer.key) == ("imported", None, (), "ZS-000001", "ZS/ZS-000001")
    row = await bed.document(answer)
    assert (answer.status, answer.version, answer.mobile_number) == ("in_process", row["version"], one.body.mobile_number)
    assert {"origin": "mobile", "channel": ID, "rep": REP, "partner": P1, "payer": P2, "order_type": "100"}.items() <= row.items()
    assert (str(row["origin_source_id"]), row["mobile_number"], row["issue_date"]) == (one.source_id, answer.mobile_number, date.today())
    assert (row["status_delivery"], row["status_invoice"], row["status_order"]) == ("none", "none", None)
    assert (row["net_total"], row["description"], row["user_discount"]) == (Decimal(one.body.net_total), odd, Decimal("2.5"))
    lines = await bed.connection.fetch("select * from cee.document_line where hq_number = $1 order by position", answer.number)
    assert [(x["article"], x["article_name"], x["description"], x["discounted_price"], x["discount"]) for x in lines] == [
        (A1, "Artykuł", odd, Decimal("12.1875"), Decimal("2.5")),
        (A2, "Śruba\\t8", None, Decimal("12.5"), 0),
    ]


async def test_a_quote_has_its_own_range_order_type_and_status(bed: Bed) -> None:
    (answer,) = await bed.send(bed.quote(0))
    assert (answer.number, answer.key) == ("OS-000001", "OS/OS-000001")
    row = await bed.connection.fetchrow(
        "select order_type, status_order, status_delivery, expiry_date from cee.document where key = $1", answer.key
    )
    assert row is not None
    assert tuple(row) == ("200", "none", None, today())


async def test_a_document_comes_back_by_the_export_as_the_device_s_own(bed: Bed) -> None:
    one = bed.order()
    (answer,) = await bed.send(one)
    row = await bed.connection.fetchrow(
        "select version, member, body from cee.sales_documents where channel = $1 and key = $2", ID, answer.key
    )
    assert row is not None
    assert (row["version"], row["member"]) == (answer.version, True)
    assert (row["body"]["origin_source_id"], row["body"]["mobile_number"]) == (one.source_id, answer.mobile_number)
    assert row["body"]["recipients"] == [REP]
    assert len(row["body"]["lines"]) == 2


async def test_cee_tells_of_a_document_once_and_gives_it_one_version(bed: Bed) -> None:
    answers = await bed.send(bed.order(), bed.order(line(A1)))
    told = [*(("sales-documents", answer.key, "recipients") for answer in answers), ("partners", P1, "audience")]
    assert sorted(await bed.outbox()) == sorted(told)
    versions = [await bed.value("select version from cee.document where key = $1", answer.key) for answer in answers]
    assert versions == [answer.version for answer in answers]
    assert await bed.value("select last_value from cee.version") == max(versions)


async def test_lines_that_change_later_give_a_document_a_new_version(bed: Bed) -> None:
    (answer,) = await bed.send(bed.order())
    await bed.outbox()
    await bed.change("update cee.document_line set description = 'inna' where position = 1 and hq_number = 'ZS-000001'")
    assert await bed.value("select version from cee.document where key = $1", answer.key) > answer.version  # type: ignore[operator]
    assert await bed.outbox() == [("sales-documents", answer.key, None)]


async def test_a_rolled_back_batch_gives_its_numbers_back(bed: Bed) -> None:
    before = await bed.everything()
    attempt = bed.connection.transaction()
    await attempt.start()
    answers = await bed.send(bed.order(), bed.quote(3), bed.order())
    assert [answer.number for answer in answers] == ["ZS-000001", "OS-000001", "ZS-000002"]
    await attempt.rollback()
    assert await bed.everything() == before
    bed.imported.clear()
    assert [answer.number for answer in await bed.send(bed.order())] == ["ZS-000001"]


async def test_only_what_is_imported_takes_a_number(bed: Bed) -> None:
    answers = await bed.send(bed.order(), bed.order(net_total="1.00"), bed.order(partner="NOBODY"), bed.order())
    assert [answer.number for answer in answers] == ["ZS-000001", None, None, "ZS-000002"]


async def test_a_partner_born_on_a_device_is_found_by_his_source_id(bed: Bed) -> None:
    source = str(uuid4())
    one = bed.order(partner=None, partner_source_id=source)
    (answer,) = await bed.send(one)
    assert (answer.code, answer.params, answer.parent) == ("partner_missing", {"partner": source}, ("partners", source))
    await bed.change(f"update cee.partner set origin_source_id = '{source}' where number = 'P2@'")
    (answer,) = await bed.send(one)
    assert answer.outcome == "imported"
    assert await bed.value("select partner from cee.document where key = $1", answer.key) == P2


async def test_two_documents_of_a_batch_can_not_have_one_mobile_number(bed: Bed) -> None:
    answers = await bed.send(bed.order(mobile_number="ZS-1/11/26/R1"), bed.order(mobile_number="ZS-1/11/26/R1"))
    assert [answer.code for answer in answers] == [None, "mobile_number_taken"]
    assert await bed.value("select count(*) from cee.document where mobile_number = 'ZS-1/11/26/R1'") == 1


@pytest.mark.parametrize(
    "change",
    [
        "update cee.article set status = 'marked_for_deletion' where number = 'A2@'",
        "update cee.assortment_item set valid_to = '2020-01-01' where article = 'A2@'",
        "update cee.assortment_list set valid_to = '2020-01-01' where listing = 'AL@'",
    ],
)
async def test_an_article_that_left_the_channel_is_a_warning(bed: Bed, change: str) -> None:
    await bed.change(change or "select")
    (answer,) = await bed.send(bed.order())
    assert answer.outcome == "imported"
    warned = [(remark.code, remark.params) for remark in answer.remarks]
    assert warned[-1] == ("article_deactivated", {"position": 2, "article": A2})
    assert len(warned) == (2 if "assortment_list" in change else 1), "with the list all its articles have left"
    assert ("articles", A2, None) in await bed.outbox(), "it travels with the document as a stub"


async def test_what_cee_itself_refuses_is_an_error_of_its_own(bed: Bed) -> None:
    await bed.change("delete from cee.number_range")
    with pytest.raises(Exception, match="number range 100 is missing"):
        await bed.send(bed.order())
