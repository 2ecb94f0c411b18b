"""Who belongs to a channel, what travels as a stub, who may see what, and the problems that need a second row."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.cee_bed import Cee, company
from tests.stack import Databases

LIST = "L1/A1/PCS/0/2026-01-01"


@pytest.fixture
async def cee(databases: Databases) -> AsyncIterator[Cee]:
    async with company(databases.cee) as made:
        yield made


async def codes(cee: Cee, kind: str, key: str) -> list[str]:
    return [problem["code"] for problem in (await cee.body(kind, key)).get("problems", [])]


async def test_members_of_each_kind(cee: Cee) -> None:
    assert await cee.keys("sales-reps") == {"R1", "R2"}
    assert await cee.keys("partners") == {"K1", "K2"}
    assert await cee.keys("articles") == {"A1", "A2", "A%2F4%25"}
    assert await cee.keys("article-categories") == {"T-C1", "D1", "D2"}
    assert await cee.keys("availability") == {"A1/W1/ORG", "A2/W2/ORG", "A%2F4%25/W1/ORG"}
    assert await cee.keys("price-lists") == {
        "L1", "LK", LIST, "L1/A1/PCS/2.5/2026-01-01", "L1/A%2F4%25/PCS/10/2026-01-01", "LK/A2/PCS/0/2026-01-01",
    }  # fmt: skip
    assert await cee.keys("sales-documents") == {"ZS/1%2F26", "OS/2", "ZS/3"}
    assert {key[-2:] for key in await cee.keys("attachments")} == {"a1", "a2", "a3", "d1", "d2"}


async def test_what_leaves_by_deactivation_keeps_its_row(cee: Cee) -> None:
    await cee.change("""
        update cee.rep set sales_rep = false where number = 'R1';
        update cee.channel_partner set assigned = false where partner = 'K2';
        delete from cee.assortment_item where article = 'A2'""")
    for kind, key in (
        ("sales-reps", "R1"),
        ("partners", "K2"),
        ("articles", "A2"),
        ("sales-documents", "ZS/4"),
    ):
        member, body = await cee.row(kind, key)
        assert not member
        assert body
    assert (await cee.row("sales-documents", "ZS/3"))[0], "a document leaves by age only (domain.md 7.3)"
    assert (await cee.row("partners", "K2"))[1]["stub"] is True, "so its partner stays as a stub"


async def test_a_document_makes_stubs_of_what_the_channel_lacks(cee: Cee) -> None:
    assert (await cee.row("articles", "A3"))[1]["stub"] is True, "ZS/1/26 names it"
    assert "stub" not in (await cee.row("partners", "K%2F3"))[1], "no document names it"
    await cee.change("""
        update cee.rep set sales_rep = false where number = 'R2';
        update cee.partner set status = 'inactive' where number = 'K1'""")
    assert await cee.row("sales-reps", "R2") == (False, (await cee.row("sales-reps", "R2"))[1] | {"stub": True})
    assert await cee.row("partners", "K1") == (False, (await cee.row("partners", "K1"))[1] | {"stub": True})
    await cee.change("update cee.document set status_general = 'invalid', issue_date = '2020-01-01'")
    for kind, key in (("articles", "A3"), ("sales-reps", "R2"), ("partners", "K1")):
        assert "stub" not in (await cee.row(kind, key))[1], "too old to be sent"


async def test_recipients_of_documents(cee: Cee) -> None:
    await cee.change("update cee.rep_profile set hq_documents = 'ZS' where rep = 'R2'")
    assert (await cee.body("sales-documents", "ZS/1%2F26"))["recipients"] == ["R1"], "the partner names R1 only"
    assert (await cee.body("sales-documents", "ZS/3"))["recipients"] == ["R1", "R2"], "the partner names nobody"
    await cee.change("update cee.rep_profile set hq_documents = 'OS'")
    assert (await cee.body("sales-documents", "ZS/3"))["recipients"] == []
    assert (await cee.body("sales-documents", "OS/2"))["recipients"] == ["R2"], "its maker always"


async def test_the_partners_audience_reaches_what_needs_it_first(cee: Cee) -> None:
    await cee.change("update cee.document set rep = 'R1' where origin = 'mobile'")
    needing = (("partners", "K1"), ("master-data", "customer-discounts/CD1"), ("price-lists", "LK"),
               ("price-lists", "LK/A2/PCS/0/2026-01-01"), ("attachments", "00000000-0000-4000-8000-0000000000a3"))  # fmt: skip
    for kind, key in needing:
        assert (await cee.body(kind, key))["audience"] == ["R1"]
    await cee.change("delete from cee.partner_rep")
    for kind, key in needing:
        assert "audience" not in await cee.body(kind, key)


async def test_an_unknown_customer_keeps_his_list_waiting_and_another_channels_keeps_it_out(cee: Cee) -> None:
    await cee.change("update cee.price_list set customer = 'NOBODY' where code = 'LK'; update cee.customer_discount set partner = 'NOBODY'")
    for kind, key in (("price-lists", "LK"), ("price-lists", "LK/A2/PCS/0/2026-01-01"), ("master-data", "customer-discounts/CD1")):
        assert (await cee.body(kind, key))["audience"] == []
    await cee.change("update cee.price_list set customer = 'K/3' where code = 'LK'; update cee.customer_discount set partner = 'K/3'")
    assert {key for key in await cee.keys("price-lists") if key.startswith("LK")} == set()
    assert not any(key.startswith("customer-discounts") for key in await cee.keys("master-data"))


async def test_employer_changed_is_a_leave_and_a_wrong_one_a_mistake(cee: Cee) -> None:
    await cee.change("update cee.rep set employer = 'ELSE' where number = 'R1'")
    assert (await cee.row("sales-reps", "R1"))[0] is False
    await cee.change("update cee.rep set employer = 'ORG' where number = 'R1'")
    assert (await cee.row("sales-reps", "R1"))[0] is True, "back again"
    await cee.change(
        "update cee.rep set employer = 'ELSE', former_employers = '{}' where number = 'R1'; update cee.rep set former_employers = '{}'"
    )
    assert (await cee.body("sales-reps", "R1"))["employer"] == "ELSE", "the exporter says rep_employer_mismatch"


async def test_two_rows_on_one_price_key_are_one_record_with_a_problem(cee: Cee) -> None:
    await cee.change(
        "insert into cee.price (row_id, list, article, unit, valid_from, price) values ('9', 'L1', 'A1', 'PCS', '2026-01-01', 13)"
    )
    body = await cee.body("price-lists", LIST)
    assert body["row_id"] == "1"
    assert body["problems"] == [
        {"code": "duplicate_price", "params": {"list": "L1", "article": "A1", "unit": "PCS", "scale": "0", "date": "2026-01-01"}}
    ]
    await cee.change("update cee.price set valid_from = '2027-01-01' where row_id = '9'")
    assert await codes(cee, "price-lists", LIST) == [], "an open end closes by itself at the next start"


@pytest.mark.parametrize(("valid_from", "clash"), [("2026-06-30", True), ("2026-07-01", False), ("2025-01-01", False)])
async def test_a_price_reaching_into_the_next_ones_time_clashes_with_it(cee: Cee, valid_from: str, clash: bool) -> None:
    await cee.change(
        "insert into cee.price (row_id, list, article, unit, scale, valid_from, price)"
        f" values ('9', 'L1', 'A1', 'PCS', 2.5, '{valid_from}', 1)"
    )
    for day in ("2026-01-01", valid_from):
        assert (await codes(cee, "price-lists", f"L1/A1/PCS/2.5/{day}") == ["duplicate_price"]) is clash


async def test_equal_discounts_are_both_marked(cee: Cee) -> None:
    await cee.change("""insert into cee.customer_discount (code, name, partner, component, percent, threshold, valid_from)
        values ('CD3', '{}', 'K1', 'RAB', 1, 10, '2026-01-01'), ('CD4', '{}', 'K1', 'RAB', 1, 11, '2026-01-01')""")
    assert await codes(cee, "master-data", "customer-discounts/CD1") == ["duplicate_discount"]
    assert await codes(cee, "master-data", "customer-discounts/CD3") == ["duplicate_discount"]
    assert await codes(cee, "master-data", "customer-discounts/CD4") == []


async def test_the_same_file_twice_marks_the_later_one(cee: Cee) -> None:
    later = "00000000-0000-4000-8000-0000000000a4"
    await cee.change(f"""insert into cee.attachment (id, owner_kind, owner_key, type, name, extension, content, created_at)
        values ('{later}', 'partner', 'K1', 'image', 'x', 'jpg', '\\xffd8ff03', now() + interval '1 s')""")
    assert await codes(cee, "attachments", later) == ["duplicate_attachment"]
    assert await codes(cee, "attachments", "00000000-0000-4000-8000-0000000000a3") == []


async def test_cycles_depth_and_another_root_are_problems(cee: Cee) -> None:
    for level in range(3, 13):
        await cee.change(f"insert into cee.category (id, tree, parent, name) values ('D{level}', 'T-C1', 'D{level - 1}', '{{}}')")
    assert (await cee.body("article-categories", "D9"))["level"] == 10
    assert await codes(cee, "article-categories", "D9") == []
    assert await codes(cee, "article-categories", "D10") == ["category_too_deep"]
    await cee.change("update cee.category set parent = 'D3' where id = 'D1'")
    assert await codes(cee, "article-categories", "D2") == ["category_cycle"]
    await cee.change(
        "update cee.category set parent = 'T-C1' where id = 'D1'; update cee.channel set category_root = 'T-C2' where id = 'C1'"
    )
    assert await codes(cee, "article-categories", "T-C2") == ["category_root_changed"]
    assert await codes(cee, "article-categories", "D1") == [], "what devices have stays"


async def test_a_tree_in_process_keeps_its_last_released_state(cee: Cee) -> None:
    released = await cee.body("article-categories", "D2")
    await cee.change("""
        update cee.category_tree set status = 'in_process' where root = 'T-C1';
        update cee.category set name = '{"pl": "W trakcie"}', parent = 'T-C1' where id = 'D2';
        delete from cee.category_article;
        insert into cee.category (id, tree, parent, name) values ('D9', 'T-C1', 'D1', '{}')""")
    assert await cee.body("article-categories", "D2") == released
    assert "D9" not in await cee.keys("article-categories")
    await cee.change("update cee.category_tree set status = 'released' where root = 'T-C1'")
    assert (await cee.body("article-categories", "D2"))["level"] == 2
    assert "D9" in await cee.keys("article-categories")


async def test_a_tree_never_released_says_so(cee: Cee) -> None:
    assert (await cee.body("article-categories", "T-C2", channel="C2"))["status"] == "in_process"
