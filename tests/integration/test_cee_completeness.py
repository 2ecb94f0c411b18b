"""The promise of triggers and dependents: whatever a change alters in any view is due, in every channel that has it.

Each case is one change of the small company (cee_company.sql). The views before and after are compared row by row.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.cee_bed import Cee, Reference, company
from tests.stack import Databases

NOW = "cee.today('Europe/Warsaw')"
# change: some of what it must alter, so that a case can't pass by altering nothing
CHANGES: dict[str, set[Reference]] = {
    # dictionaries
    "update cee.unit set decimals = 3 where code = 'PCS'": {("master-data", "units/PCS")},
    "update cee.unit set code = 'P/C' where code = 'PCS'": {("master-data", "units/PCS"), ("master-data", "units/P%2FC")},
    "update cee.warehouse set marked_for_deletion = true where code = 'W1'": {("master-data", "warehouses/W1")},
    "update cee.vat_rate_value set percent = 24 where valid_from = '2011-01-01'": {("master-data", "vat-rates/A23")},
    "delete from cee.country_region": {("master-data", "countries/PL")},
    "update cee.customer_type set b2b = not b2b": {("master-data", "customer-types/HOME"), ("master-data", "customer-types/SHOP")},
    "delete from cee.visit_type": {("master-data", "visit-types/SALE")},
    "update cee.customer_discount set partner = 'K2' where code = 'CD1'": {("master-data", "customer-discounts/CD1")},
    "insert into cee.customer_discount (code, name, partner, component, percent, threshold, valid_from)"
    " values ('CD3', '{}', 'K1', 'RAB', 1, 10, '2026-01-01')": {("master-data", "customer-discounts/CD1"), ("master-data", "customer-discounts/CD3")},
    # partners
    "update cee.partner set name = 'Inna' where number = 'K1'": {("partners", "K1")},
    "update cee.partner set number = 'K9' where number = 'K2'": {("partners", "K9"), ("partners", "K2")},
    "update cee.partner_address set city = 'Gdynia' where partner = 'K1'": {("partners", "K1")},
    "update cee.partner_address set partner = 'K2' where type = 'delivery'": {("partners", "K1"), ("partners", "K2")},
    "delete from cee.partner_contact": {("partners", "K1"), ("sales-reps", "R1")},
    "update cee.contact_person set last_name = 'Nowa'": {("partners", "K1")},
    "update cee.contact_person_contact set value = 'c@d.pl'": {("partners", "K1")},
    "delete from cee.contact_person": {("partners", "K1")},
    "delete from cee.partner_relationship": {("partners", "K1")},
    "update cee.partner_attribute set value = 'inna'": {("partners", "K1")},
    "insert into cee.channel_partner (channel, partner) values ('C1', 'K/3')": {("partners", "K%2F3")},
    "update cee.channel_partner set assigned = false where partner = 'K1'": {
        ("partners", "K1"), ("sales-documents", "ZS/1%2F26"), ("attachments", "00000000-0000-4000-8000-0000000000a3"),
        ("attachments", "00000000-0000-4000-8000-0000000000d1"), ("master-data", "customer-discounts/CD1"),
        ("price-lists", "LK"), ("price-lists", "LK/A2/PCS/0/2026-01-01"),
    },
    "update cee.channel_partner set deleted_on = '2026-01-01' where partner = 'K1'": {("partners", "K1"), ("price-lists", "LK")},
    "delete from cee.channel_partner": {("partners", "K1"), ("partners", "K2"), ("sales-documents", "OS/2")},
    "update cee.partner set status = 'inactive' where number = 'K1'": {
        ("partners", "K1"), ("price-lists", "LK"), ("attachments", "00000000-0000-4000-8000-0000000000a3"),
    },
    "insert into cee.partner_rep values ('C1', 'K1', 'R2'), ('C1', 'K2', 'R2')": {("partners", "K2"), ("sales-documents", "ZS/3")},
    "delete from cee.partner_rep": {
        ("partners", "K1"), ("master-data", "customer-discounts/CD1"), ("price-lists", "LK"), ("price-lists", "LK/A2/PCS/0/2026-01-01"),
        ("attachments", "00000000-0000-4000-8000-0000000000a3"),
    },
    f"insert into cee.partner_version (partner, valid_from, status) values ('K1', {NOW}, 'inactive')": {("partners", "K1"), ("price-lists", "LK")},
    "delete from cee.partner where number = 'K1'": {("partners", "K1"), ("sales-documents", "ZS/1%2F26"), ("price-lists", "LK")},
    # reps
    "update cee.rep set cee_user = 'elis' where number = 'R2'": {("sales-reps", "R2")},
    "update cee.rep set sales_rep = false where number = 'R1'": {
        ("sales-reps", "R1"), ("sales-documents", "ZS/1%2F26"), ("sales-documents", "ZS/3"), ("attachments", "00000000-0000-4000-8000-0000000000d1"),
    },
    "update cee.rep set sales_rep = false where number = 'R2'": {("sales-reps", "R2"), ("price-lists", "L1")},
    "update cee.rep set employer = 'ELSE' where number = 'R1'": {("sales-reps", "R1"), ("sales-documents", "ZS/3")},
    "delete from cee.rep where number = 'R2'": {("sales-reps", "R2")},
    "update cee.rep_profile set hq_documents = 'both' where rep = 'R2'": {("sales-reps", "R2"), ("sales-documents", "ZS/3")},
    "delete from cee.rep_profile where rep = 'R1'": {("sales-reps", "R1"), ("sales-documents", "ZS/3")},
    "insert into cee.rep_price_list values ('C1', 'R2', 'L1', 1)": {("sales-reps", "R2"), ("price-lists", "L1")},
    "delete from cee.rep_warehouse where warehouse = 'W2'": {("sales-reps", "R1")},
    "update cee.rep_payment_form set is_default = false where rep = 'R1'": {("sales-reps", "R1")},
    "delete from cee.rep_organisation where rep = 'R1'": {("sales-reps", "R1")},
    # articles, categories, stock
    "update cee.article set weight = 2 where number = 'A1'": {("articles", "A1")},
    "update cee.article_unit set factor = 24 where unit = 'BOX'": {("articles", "A1")},
    "delete from cee.article_ean": {("articles", "A1")},
    "update cee.article_attribute set value = '600 W'": {("articles", "A1")},
    "update cee.article set allow_negative = true where number = 'A1'": {("articles", "A1"), ("availability", "A1/W1/ORG")},
    "update cee.article set status = 'marked_for_deletion' where number = 'A1'": {
        ("articles", "A1"), ("availability", "A1/W1/ORG"), ("price-lists", "L1/A1/PCS/0/2026-01-01"),
        ("attachments", "00000000-0000-4000-8000-0000000000a1"),
    },
    "delete from cee.assortment_item where article = 'A/4%'": {
        ("articles", "A%2F4%25"), ("availability", "A%2F4%25/W1/ORG"), ("price-lists", "L1/A%2F4%25/PCS/10/2026-01-01"),
    },
    "insert into cee.assortment_item (listing, list, article) values ('AL-C1', 'EXTRA', 'A3')": {
        ("articles", "A3"), ("availability", "A3/W1/ORG"), ("price-lists", "L1/A3/PCS/0/2026-01-01"),
    },
    f"update cee.assortment_list set valid_to = {NOW} where listing = 'AL-C1'": {("articles", "A1"), ("articles", "A2"), ("availability", "A2/W2/ORG")},
    "delete from cee.assortment_list where listing = 'AL-C1'": {("articles", "A1"), ("price-lists", "L1/A1/PCS/0/2026-01-01")},
    "delete from cee.article where number = 'A1'": {("articles", "A1"), ("availability", "A1/W1/ORG"), ("price-lists", "L1/A1/PCS/0/2026-01-01")},
    "update cee.category set name = '{\"pl\": \"Nowa\"}' where id = 'D1'": {("article-categories", "D1")},
    "update cee.category set parent = 'T-C1' where id = 'D2'": {("article-categories", "D2")},
    "insert into cee.category (id, tree, parent, name) values ('D0', 'T-C1', 'T-C1', '{}');"
    " update cee.category set parent = 'D0' where id = 'D1'": {("article-categories", "D0"), ("article-categories", "D1"), ("article-categories", "D2")},
    "update cee.category set parent = 'D2' where id = 'D1'": {("article-categories", "D1"), ("article-categories", "D2")},
    "delete from cee.category where id = 'D2'": {("article-categories", "D2")},
    "insert into cee.category_article (category, article, position) values ('D1', 'A2', 1)": {("article-categories", "D1")},
    "update cee.category_article set position = 7": {("article-categories", "D2")},
    "update cee.category_tree set status = 'in_process' where root = 'T-C1'; delete from cee.category where id = 'D2';"
    " update cee.category set position = 4 where id = 'D1'; update cee.category_tree set status = 'released'": {
        ("article-categories", "D1"), ("article-categories", "D2"),
    },
    "delete from cee.category_tree where root = 'T-C1'": {("article-categories", "T-C1"), ("article-categories", "D2")},
    "update cee.stock set available = 99 where warehouse = 'W1' and owner = 'ORG'": {("availability", "A1/W1/ORG")},
    "update cee.stock set warehouse = 'W2' where article = 'A1' and warehouse = 'W3'; delete from cee.stock where article = 'A2'": {
        ("availability", "A2/W2/ORG"), ("availability", "A1/W2/ORG"),
    },
    # prices
    "update cee.price set price = 13 where row_id = '1'": {("price-lists", "L1/A1/PCS/0/2026-01-01")},
    "update cee.price set valid_from = '2026-02-01' where row_id = '1'": {
        ("price-lists", "L1/A1/PCS/0/2026-01-01"), ("price-lists", "L1/A1/PCS/0/2026-02-01"),
    },
    "insert into cee.price (row_id, list, article, unit, valid_from, price) values ('7', 'L1', 'A1', 'PCS', '2026-01-01', 1)": {
        ("price-lists", "L1/A1/PCS/0/2026-01-01"),
    },
    "insert into cee.price (row_id, list, article, unit, scale, valid_from, price) values ('7', 'L1', 'A1', 'PCS', 2.5, '2026-06-30', 1)": {
        ("price-lists", "L1/A1/PCS/2.5/2026-01-01"), ("price-lists", "L1/A1/PCS/2.5/2026-06-30"),
    },
    "delete from cee.price where list = 'LK'": {("price-lists", "LK/A2/PCS/0/2026-01-01")},
    "update cee.price_list set priority = 5 where code = 'L1'": {("price-lists", "L1")},
    "update cee.price_list set customer = 'K2' where code = 'LK'": {("price-lists", "LK"), ("price-lists", "LK/A2/PCS/0/2026-01-01")},
    "delete from cee.price_list where code = 'L1'": {("price-lists", "L1"), ("price-lists", "L1/A1/PCS/0/2026-01-01")},
    "delete from cee.price_listing_item where list = 'L1'": {("price-lists", "L1"), ("price-lists", "L1/A1/PCS/2.5/2026-01-01")},
    "insert into cee.price_listing_item (listing, list) values ('PL-C1', 'LX')": {("price-lists", "LX"), ("price-lists", "LX/A1/PCS/0/2026-01-01")},
    # documents, attachments
    "update cee.document set status_delivery = 'full' where hq_number = '3'": {("sales-documents", "ZS/3")},
    "update cee.document set hq_number = '3/B' where hq_number = '3'": {("sales-documents", "ZS/3"), ("sales-documents", "ZS/3%2FB")},
    "update cee.document_line set quantity = 7 where hq_number = '3'": {("sales-documents", "ZS/3")},
    "update cee.document_line set article = 'A3' where hq_number = '3'": {("sales-documents", "ZS/3")},
    "delete from cee.document_line where article = 'A3'; insert into cee.document_line (type, hq_number, position, article, article_name, quantity,"
    " unit, vat_rate, regular_price, discounted_price, value) values ('ZS', '3', 2, 'A3', 'Poza', 1, 'PCS', 'A23', 1, 1, 1)": {
        ("sales-documents", "ZS/3"), ("sales-documents", "ZS/1%2F26"),
    },
    "update cee.document set status_general = 'completed', issue_date = '2020-01-01' where hq_number = '2'": {
        ("sales-documents", "OS/2"), ("partners", "K1"), ("price-lists", "LK"), ("price-lists", "LK/A2/PCS/0/2026-01-01"),
        ("attachments", "00000000-0000-4000-8000-0000000000d2"), ("attachments", "00000000-0000-4000-8000-0000000000a3"),
    },
    "update cee.document set partner = 'K2' where hq_number = '2'": {("sales-documents", "OS/2"), ("partners", "K1")},
    "update cee.document set rep = 'R1' where hq_number = '2'": {("sales-documents", "OS/2"), ("partners", "K1")},
    "update cee.document set channel = 'C2' where hq_number = '2'": {("sales-documents", "OS/2"), ("partners", "K1")},
    "delete from cee.document": {("sales-documents", "OS/2"), ("sales-documents", "ZS/3"), ("partners", "K1")},
    "update cee.attachment set name = 'x' where owner_kind = 'partner'": {("attachments", "00000000-0000-4000-8000-0000000000a3")},
    "update cee.attachment set content = '\\xffd8ff99' where owner_kind = 'partner'": {("attachments", "00000000-0000-4000-8000-0000000000a3")},
    "update cee.attachment set is_default = false": {("articles", "A1"), ("attachments", "00000000-0000-4000-8000-0000000000a1")},
    "delete from cee.attachment where extension = 'pdf'": {("articles", "A1"), ("attachments", "00000000-0000-4000-8000-0000000000a2")},
    "insert into cee.attachment (id, owner_kind, owner_key, type, name, extension, content, created_at) values"
    " ('00000000-0000-4000-8000-0000000000a9', 'partner', 'K1', 'image', 'older', 'jpg', '\\xffd8ff03', '2020-01-01')": {
        ("attachments", "00000000-0000-4000-8000-0000000000a9"), ("attachments", "00000000-0000-4000-8000-0000000000a3"),
    },
    "update cee.attachment set owner_kind = 'partner', owner_key = 'K2' where extension = 'pdf'": {
        ("articles", "A1"), ("attachments", "00000000-0000-4000-8000-0000000000a2"),
    },
    # the channel
    "update cee.channel set assortment_listing = 'AL-C2' where id = 'C1'": {
        ("articles", "A1"), ("availability", "A1/W1/ORG"), ("price-lists", "L1/A1/PCS/0/2026-01-01"),
        ("attachments", "00000000-0000-4000-8000-0000000000a1"),
    },
    "update cee.channel set inventory_owner = 'ALIEN' where id = 'C1'": {("availability", "A1/W1/ORG"), ("availability", "A1/W1/ALIEN")},
    "update cee.channel set stock_managed = false where id = 'C1'": {("availability", "A1/W1/ORG")},
    "delete from cee.channel_warehouse where warehouse = 'W1'": {("availability", "A1/W1/ORG"), ("master-data", "warehouses/W1")},
    "insert into cee.channel_warehouse values ('C1', 'W3', 3)": {("availability", "A1/W3/ORG"), ("master-data", "warehouses/W3")},
    "update cee.channel set price_listing = 'PL-C2' where id = 'C1'": {("price-lists", "L1"), ("price-lists", "LX/A1/PCS/0/2026-01-01")},
    "update cee.channel set category_root = 'T-C2' where id = 'C1'": {("article-categories", "T-C2")},
    "update cee.channel set document_history_days = 200 where id = 'C1'": {("sales-documents", "ZS/4")},
    "update cee.channel set document_history_days = 1 where id = 'C1'": {("sales-documents", "OS/2"), ("partners", "K1")},
    "update cee.channel set sales_organisation = 'OTHER' where id = 'C1'; update cee.rep set former_employers = '{OTHER}'": {
        ("sales-reps", "R1"), ("sales-documents", "ZS/3"),
    },
}  # fmt: skip


@pytest.fixture
async def cee(databases: Databases) -> AsyncIterator[Cee]:
    async with company(databases.cee) as made:
        yield made


@pytest.mark.parametrize("change", CHANGES)
async def test_whatever_a_change_alters_is_due(cee: Cee, change: str) -> None:
    before = {channel: await cee.state(channel) for channel in ("C1", "C2")}
    await cee.change(change)
    rows = await cee.connection.fetch("select * from ceebus.outbox")
    for channel, was in before.items():
        now = await cee.state(channel)
        altered = {reference for reference in was.keys() | now.keys() if was.get(reference) != now.get(reference)}
        # a stub that no document names any more was deactivated when it was sent
        altered -= {reference for reference in altered if reference not in now and not was[reference][0]}
        if channel == "C1":
            assert altered >= CHANGES[change]
        due = await cee.due(channel)
        assert altered <= due, f"{channel}: nobody hears of {sorted(altered - due)}"
        await cee.connection.executemany(
            "insert into ceebus.outbox(kind, key, channel, scope) values($1, $2, $3, $4)",
            [(row["kind"], row["key"], row["channel"], row["scope"]) for row in rows],
        )
