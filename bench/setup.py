"""What every measurement stands on: an embedded stack of its own, both databases upgraded, one channel."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from schemas import topics
from schemas.channel import Channel
from services.kernel.kafka import Outgoing, producer
from services.kernel.kafka_admin import ensure_topics
from services.kernel.postgres import Pool, migrate, pool
from services.kernel.settings import Kafka
from services.sandbox.stack import Stack, embedded


@dataclass
class Bench:
    """A running stack and a connection to our database."""

    stack: Stack
    kafka: Kafka
    database: Pool
    channel: Channel


def settings_of(channel: str) -> Channel:
    """A channel as CEE could have it."""
    return Channel(
        id=channel,
        description="Bench",
        sales_organisation="100",
        currency="PLN",
        active=True,
        assortment_listing="A",
        price_listing="P",
        category_root="ROOT",
        order_type_zs="ZS",
        order_type_os="OS",
        default_payment_form="TRANSFER",
        default_payment_term="14D",
        template_with_tax_id="T1",
        template_without_tax_id="T2",
        max_user_discount="10",
        inventory_owner="100",
        availability_warehouses=("W1",),
        delivery_warehouse="W1",
        file_types={"image": "IMG", "recording": "REC", "other": "OTH"},
    )


@asynccontextmanager
async def bench(channel: str) -> AsyncIterator[Bench]:
    """Starts from nothing and leaves nothing; durable settings as in production."""
    kernel = Path(__file__).parents[1] / "services/kernel/migrations"
    with tempfile.TemporaryDirectory(prefix="ceebus-bench-", ignore_cleanup_errors=True) as home:
        async with embedded(Path(home)) as stack:
            kafka = Kafka(stack.values["kafka"])
            await migrate(stack.values["database_url"], kernel, "kernel")
            await ensure_topics(kafka, [topics.channels(), *topics.declared(channel)])
            given = settings_of(channel)
            async with producer(kafka, "bench") as out:
                value = given.model_dump_json().encode()
                await out.send_all([Outgoing(topics.CHANNELS, 0, channel.encode(), value, [("ce_objectversion", b"1")])])
            async with pool(stack.values["database_url"], size=2) as database:
                yield Bench(stack, kafka, database, given)
