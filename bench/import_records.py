"""Valid documents as bytes on import.*, drawn from what a generated CEE has. Used by bench/imports.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from schemas.channel import Channel
from services.kernel.postgres import Connection
from services.writer.rules.totals import totals_of

PERCENTS = """
    select distinct on (vat_rate) vat_rate, percent from cee.vat_rate_value where valid_from <= current_date
    order by vat_rate, valid_from desc"""
CUSTOMERS = """
    select p.number from cee.partner p join cee.channel_partner c on c.partner = p.number
    where c.channel = $1 and c.assigned and c.deleted_on is null and p.role = 'customer' and p.status = 'released'
      and not exists (select from cee.partner_version v where v.partner = p.number)
    order by 1"""
# of the list for everybody; what else applies to a partner is found by `current`
GOODS = """
    select distinct on (p.article) p.article, a.name ->> 'pl' as name, p.unit, a.vat_rate, p.price, p.price_unit
    from cee.price p join cee.article a on a.number = p.article join cee.price_list l on l.code = p.list
    where l.is_default and p.scale = 0 and p.valid_from <= current_date and length(a.name ->> 'pl') < 256
    order by p.article, p.valid_from desc"""


@dataclass(frozen=True)
class Company:
    """What documents name. `goods`: (article, name, unit, VAT rate, price, price unit)."""

    channel: Channel
    reps: list[str]
    customers: list[str]
    goods: list[tuple[Any, ...]]
    percents: dict[str, Decimal]

    @classmethod
    async def read(cls, connection: Connection, channel: str) -> Company:
        body = await connection.fetchval("select body from cee.mobile_channels where channel = $1", channel)
        reps = await connection.fetch("select rep from cee.rep_profile where channel = $1 order by 1", channel)
        return cls(
            Channel.model_validate(body),
            [row["rep"] for row in reps],
            [row["number"] for row in await connection.fetch(CUSTOMERS, channel)],
            [tuple(row) for row in await connection.fetch(GOODS)],
            {row["vat_rate"]: row["percent"] for row in await connection.fetch(PERCENTS)},
        )


def drafts(company: Company, count: int, lines: int, seed: int) -> Iterator[dict[str, Any]]:
    """As the importer writes them: one in eight a quote."""
    rng, today = Random(seed), date.today()
    for number in range(count):
        quote = rng.random() < 0.125
        kind, place = ("OS" if quote else "ZS"), rng.randrange(len(company.reps))
        record = {
            "channel": company.channel.id,
            "kind": "documents",
            "source_id": str(UUID(int=rng.getrandbits(128), version=4)),
            "revision": 1,
            "op": "upsert",
            "client": "device",
            "device_id": f"d-{place}",
            "rep": company.reps[place],
            "type": kind,
            "mobile_number": f"{kind}-{seed * count + number + 1}/{today:%m/%y}/B{place}",
            "partner": rng.choice(company.customers),
            "issue_date": today.isoformat(),
            "delivery_date": None if quote else (today + timedelta(days=2)).isoformat(),
            "expiry_date": (today + timedelta(days=30)).isoformat() if quote else None,
            "currency": company.channel.currency,
            "price_mode": "net",
            "payment_form": company.channel.default_payment_form,
            "warehouse": company.channel.delivery_warehouse,
            "description": "Proszę o telefon przed dostawą" if rng.random() < 0.2 else None,
            "lines": [_line(position, rng, good) for position, good in enumerate(rng.sample(company.goods, lines), 1)],
        }
        yield add_up(company, record)


def add_up(company: Company, record: dict[str, Any]) -> dict[str, Any]:
    """Fills in what a device computes."""
    draft = SimpleNamespace(price_mode="net", lines=[SimpleNamespace(**line) for line in record["lines"]])
    totals = totals_of(draft, company.percents, 2)  # type: ignore[arg-type]
    for line, (price, value) in zip(record["lines"], totals.lines, strict=True):
        line |= {"discounted_price": str(price), "value": str(value)}
    return record | {"net_total": str(totals.net), "vat_total": str(totals.vat), "gross_total": str(totals.gross)}


def _line(position: int, rng: Random, good: tuple[Any, ...]) -> dict[str, Any]:
    article, name, unit, vat_rate, price, price_unit = good
    return {
        "position": position,
        "article": article,
        "article_name": name,
        "quantity": f"{rng.randint(1, 9)}.000",
        "unit": unit,
        "vat_rate": vat_rate,
        "regular_price": str(price),
        "price_unit": str(price_unit),
        "discount": rng.choice(("0.00", "0.00", "5.00", "7.50")),
    }
