"""Orders and quotes by themselves: whether they are confirmed, their dates, lines and gaps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.importer.judging import CHANNEL, good, refusal, written

LINE = good("documents")["lines"][0]


@pytest.mark.parametrize(
    ("changed", "code", "params"),
    [
        ({"confirmed": False}, "document_not_confirmed", {"mobile_number": "ZS-17/03/26/R1"}),
        ({"currency": "EUR"}, "currency_mismatch", {"value": "EUR", "currency": "PLN"}),
        ({"type": "OS"}, "field_missing", {"field": "expiry_date"}),
        ({"type": "FV"}, "field_invalid", {"field": "type", "value": "FV"}),
        ({"delivery_date": "2026-03-01"}, "field_invalid", {"field": "delivery_date", "value": "2026-03-01"}),
        ({"expiry_date": "0001-01-01"}, "field_invalid", {"field": "expiry_date", "value": "0001-01-01"}),
        ({"lines": [LINE, LINE]}, "field_invalid", {"field": "lines[1].position", "value": "1"}),
        ({"lines": [LINE | {"position": 0}]}, "field_invalid", {"field": "lines[0].position", "value": "0"}),
        ({"lines": [LINE | {"quantity": "0"}]}, "field_invalid", {"field": "lines[0].quantity", "value": "0"}),
        ({"lines": [LINE | {"discount": "100.01"}]}, "field_invalid", {"field": "lines[0].discount", "value": "100.01"}),
        ({"lines": [LINE | {"position": place + 1} for place in range(501)]}, "too_many_lines", {"count": 501}),
        ({"warehouse": " "}, "field_missing", {"field": "warehouse"}),
        ({"mobile_number": "ZS-x/03/26/R1"}, "field_invalid", {"field": "mobile_number", "value": "ZS-x/03/26/R1"}),
        ({"mobile_number": "Z" * 41}, "field_too_long", {"field": "mobile_number", "limit": 40}),
        ({"description": "x" * 1001}, "field_too_long", {"field": "description", "limit": 1000}),
    ],
)
def test_a_document_that_is_wrong_by_itself_is_rejected(changed: dict[str, Any], code: str, params: dict[str, Any]) -> None:
    assert refusal("documents", **changed) == (code, params)


def test_a_quote_may_end_on_the_day_it_was_issued() -> None:
    assert written("documents", type="OS", expiry_date="2026-03-02")["expiry_date"] == "2026-03-02"


def test_the_channel_fills_gaps_in_payment() -> None:
    channel = CHANNEL.model_copy(update={"default_payment_form": "GOTOWKA", "default_payment_term": "0D"})
    value = written("documents", channel, payment_form="", payment_term=None)
    assert (value["payment_form"], value["payment_term"]) == ("GOTOWKA", "0D")
    assert written("documents", channel, payment_term="7D")["payment_term"] == "7D"


@pytest.mark.parametrize("partner", ["K-100", "a/b", "12345678901234567890"])
def test_a_partner_is_named_by_its_number(partner: str) -> None:
    value = written("documents", partner=partner)
    assert (value["partner"], "partner_source_id" in value) == (partner, False)


def test_a_new_partner_is_named_by_its_source_id() -> None:
    value = written("documents", partner="5D0C5F5E-7A43-4D0F-9D7D-0A6F0F0F1A01")
    assert (value["partner_source_id"], "partner" in value) == ("5d0c5f5e-7a43-4d0f-9d7d-0a6f0f0f1a01", False)


def test_what_is_ces_does_not_get_through() -> None:
    value = written("documents", hq_number="1", status_general="completed", origin="cee", recipients=["R9"], order_type="X")
    assert {"hq_number", "status_general", "origin", "recipients", "order_type", "confirmed", "sent_at"}.isdisjoint(value)
