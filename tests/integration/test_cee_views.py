"""What the views of the reference CEE say about the small company: every field of one object per kind, by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest

from schemas.channel import Channel
from tests.integration.cee_bed import Cee, company
from tests.stack import Databases

FILE = "00000000-0000-4000-8000-0000000000"


@pytest.fixture
async def cee(databases: Databases) -> AsyncIterator[Cee]:
    async with company(databases.cee) as made:
        yield made


async def plain(cee: Cee, kind: str, key: str) -> dict[str, Any]:
    """The body without the time of the change, whose form alone is checked."""
    body = await cee.body(kind, key)
    assert len(body["changed_at"]) == len("2026-01-02T03:04:05.678Z")
    return {name: value for name, value in body.items() if name != "changed_at"}


async def test_dictionaries(cee: Cee) -> None:
    assert await plain(cee, "master-data", "units/PCS") == {
        "dictionary": "units", "code": "PCS", "name": {"pl": "sztuka", "de": "Stück"}, "active": True, "decimals": 0,
    }  # fmt: skip
    assert (await plain(cee, "master-data", "vat-rates/A23"))["rates"] == [
        {"valid_from": "2004-05-01", "percent": "22.00"},
        {"valid_from": "2011-01-01", "percent": "23.00"},
    ]
    assert (await plain(cee, "master-data", "countries/PL"))["regions"] == [{"code": "MA", "name": "Małopolskie"}]
    assert await plain(cee, "master-data", "customer-discounts/CD1") == {
        "dictionary": "customer-discounts", "code": "CD1", "name": {"pl": "Rabat dla Żabki"}, "active": True, "promotion_type": "customer",
        "partner": "K1", "component": "RAB", "threshold": "10.000", "percent": "5.00", "valid_from": "2026-01-01", "audience": ["R1", "R2"],
    }  # fmt: skip
    keys = await cee.keys("master-data")
    assert {key.split("/")[0] for key in keys} == {
        "units", "warehouses", "vat-rates", "payment-forms", "payment-terms", "price-types", "positions", "currencies", "countries",
        "document-types", "customer-types", "relationship-types", "visit-types", "customer-discounts",
    }  # fmt: skip
    assert "warehouses/W3" not in keys, "not one of the channel's"
    assert "customer-types/HOME" not in keys, "B2B only"


async def test_rep_with_profile(cee: Cee) -> None:
    assert await plain(cee, "sales-reps", "R1") == {
        "number": "R1", "first_name": "Jan", "last_name": "Nowak", "matchcode": "NOWAK", "valid_from": "2020-01-01",
        "home_address": {"street": "Leśna", "house": "7", "postal_code": "30-003", "city": "Kraków", "country": "PL"},
        "responsible_organisation": "ORG", "sales_rep": True, "organisations": ["ORG"], "employer": "ORG",
        "contacts": [{"type": "mobile", "value": "+48 600"}], "active": True, "cee_user": "jnowak",
        "profile": {
            "warehouses": ["W1", "W2"], "price_lists": [{"list": "L1", "priority": 1}],
            "payment_forms": [{"payment_form": "CASH", "default": True}], "max_discount": "10.00", "hq_documents": "both",
            "symbols": {"ZS": "ZS", "OS": "OS"}, "series": "JN",
        },
    }  # fmt: skip


async def test_partner_with_all_its_parts(cee: Cee) -> None:
    number = "00000000-0000-4000-8000-0000000000"
    assert await plain(cee, "partners", "K1") == {
        "number": "K1", "legal_kind": "organisation", "name": "Żabka", "assigned": True, "role": "customer", "status": "released",
        "customer_type": "SHOP", "currency": "PLN", "tax_class": "T", "payment_form": "CASH", "payment_term": "14D",
        "credit_limit": "100.000", "latitude": "50.061400", "longitude": "19.936600",
        "origin_source_id": "00000000-0000-4000-8000-00000000aaaa",
        "addresses": [
            {"id": number + "01", "type": "main", "street": "Długa", "house": "1", "postal_code": "30-001", "city": "Kraków",
             "region": "MA", "country": "PL"},
            {"id": number + "02", "type": "delivery", "street": "Krótka", "postal_code": "30-002", "city": "Kraków", "country": "PL"},
        ],
        "contacts": [{"id": number + "11", "type": "phone", "value": "+48 12 1", "preferred": True}],
        "contact_persons": [
            {"id": number + "21", "number": "P1", "last_name": "Kowalska", "first_name": "Anna", "position": "BUYER",
             "contacts": [{"id": number + "31", "type": "email", "value": "a@b.pl", "preferred": False}]},
        ],
        "reps": ["R1"], "relationships": [{"type": "MOTHER", "partner": "K2"}],
        "attributes": [{"name": "branża", "type": "text", "value": "spożywcza"}],
        "audience": ["R1", "R2"],
    }  # fmt: skip
    assert "audience" not in await cee.body("partners", "K2"), "no reps named: the whole channel"


async def test_article_with_units_and_files(cee: Cee) -> None:
    assert await plain(cee, "articles", "A1") == {
        "number": "A1", "name": {"pl": "Wiertarka", "en": "Drill"}, "in_assortment": True, "status": "active", "vat_rate": "A23",
        "base_unit": "PCS", "sales_unit": "BOX",
        "units": [{"unit": "BOX", "factor": "12.5"}, {"unit": "PCS", "factor": "1", "eans": ["5901234123457"]}],
        "weight": "1.500", "flags": ["new"], "attributes": [{"name": "moc", "type": "text", "value": "500 W"}],
        "logo": FILE + "a1", "media": [{"ref": FILE + "a2", "type": "other"}], "stock_managed": True,
    }  # fmt: skip
    assert (await plain(cee, "articles", "A%2F4%25"))["number"] == "A/4%"


async def test_category(cee: Cee) -> None:
    assert await plain(cee, "article-categories", "D2") == {
        "id": "D2", "name": {"pl": "Wiertarki"}, "parent": "D1", "position": 0, "status": "released", "root": "T-C1", "level": 3,
        "articles": [{"article": "A1", "position": 1}],
    }  # fmt: skip
    root = await cee.body("article-categories", "T-C1")
    assert (root["level"], root.get("parent")) == (1, None)


async def test_availability(cee: Cee) -> None:
    assert await plain(cee, "availability", "A1/W1/ORG") == {
        "article": "A1", "warehouse": "W1", "owner": "ORG", "available": "10.000", "reserve": "2.000", "stock_managed": True,
        "alert_quantity": "5.000", "as_of": "2026-01-02T03:04:05.678Z",
    }  # fmt: skip
    await cee.change("update cee.article set allow_negative = true where number = 'A1'; update cee.stock set allow_negative = false")
    body = await cee.body("availability", "A1/W1/ORG")
    assert (body["allow_negative"], body["article_allow_negative"]) == (False, True)


async def test_price_list_and_price(cee: Cee) -> None:
    head = await plain(cee, "price-lists", "LK")
    assert head.pop("list_version") >= await cee.version("price-lists", "LK/A2/PCS/0/2026-01-01")
    assert head == {
        "record": "list", "code": "LK", "name": {"pl": "Żabka"}, "in_listing": True, "currency": "PLN", "level": "customer-item",
        "customer": "K1", "priority": 1, "is_default": False, "price_mode": "net", "audience": ["R1", "R2"],
    }  # fmt: skip
    assert (await cee.body("price-lists", "L1"))["missing_on_profiles"] == ["R2"]
    assert await plain(cee, "price-lists", "L1/A1/PCS/2.5/2026-01-01") == {
        "record": "price", "list": "L1", "article": "A1", "unit": "PCS", "scale": "2.5", "valid_from": "2026-01-01",
        "valid_to": "2026-07-01", "price": "12.0000", "price_unit": "100", "row_id": "2",
    }  # fmt: skip
    assert (await cee.body("price-lists", "LK/A2/PCS/0/2026-01-01"))["audience"] == ["R1", "R2"]


async def test_document_with_lines(cee: Cee) -> None:
    today: date = await cee.connection.fetchval("select cee.today('Europe/Warsaw')")
    assert await plain(cee, "sales-documents", "ZS/1%2F26") == {
        "type": "ZS", "hq_number": "1/26", "partner": "K1", "origin": "cee", "issue_date": str(today - timedelta(days=5)),
        "delivery_date": str(today), "currency": "PLN", "price_mode": "net", "payment_form": "CASH", "warehouse": "W1",
        "net_total": "100.000", "vat_total": "23.000", "gross_total": "123.000", "order_type": "ZSM", "status_general": "released",
        "status_delivery": "none", "status_invoice": "part", "recipients": ["R1"],
        "lines": [
            {"position": 1, "article": "A1", "article_name": "Wiertarka", "quantity": "4.000", "unit": "PCS", "vat_rate": "A23",
             "regular_price": "12.5000", "discounted_price": "12.5000", "price_unit": "1", "discount": "0.00", "value": "50.000"},
            {"position": 2, "article": "A3", "article_name": "Poza", "quantity": "5.000", "unit": "PCS", "vat_rate": "A23",
             "regular_price": "10.0000", "discounted_price": "10.0000", "price_unit": "1", "discount": "0.00", "value": "50.000",
             "outside": True},
        ],
    }  # fmt: skip
    quote = await cee.body("sales-documents", "OS/2")
    assert (quote["recipients"], quote["rep"], quote["mobile_number"]) == (["R2"], "R2", "OS-1/11/26/EL")


async def test_attachment_and_its_content(cee: Cee) -> None:
    body = await plain(cee, "attachments", FILE + "a3")
    content_id = body.pop("content_id")
    assert body == {
        "id": FILE + "a3", "owner_kind": "partner", "owner_key": "K1", "type": "image", "name": "regał.jpg", "extension": "jpg",
        "is_default": False, "audience": ["R1", "R2"],
    }  # fmt: skip
    assert await cee.connection.fetchval("select cee.attachment_content($1)", content_id) == b"\xff\xd8\xff\x03"
    await cee.change(f"update cee.attachment set content = '\\xffd8ff04' where id = '{FILE}a3'")
    assert (await cee.body("attachments", FILE + "a3"))["content_id"] != content_id
    assert await cee.connection.fetchval("select cee.attachment_content($1)", content_id) is None
    note = await cee.body("attachments", FILE + "d1")
    assert (note["text"], note["audience"], note.get("content_id")) == ("pilne", ["R1"], None)


async def test_channel_settings_make_a_channel(cee: Cee) -> None:
    row = await cee.connection.fetchrow("select body, active from cee.mobile_channels where channel = 'C1'")
    assert row is not None
    assert row["active"] is True
    channel = Channel.model_validate({**row["body"], "id": "C1", "active": True})
    assert channel.availability_warehouses == ("W1", "W2")
    assert channel.file_types == {"image": "IMG", "recording": "REC", "other": "OTH"}
    assert channel.max_user_discount == "20.00"
    assert set(Channel.model_fields) <= set(row["body"])
