"""What devices are given to show of an object that left the channel, or that is gone from CEE altogether."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import orjson
import pytest

from tests.integration.feed_bed import Bed, feed_bed, of_run
from tests.stack import Databases


@pytest.fixture
async def bed(databases: Databases, channel: str) -> AsyncIterator[Bed]:
    async with feed_bed(databases.ours, channel) as made:
        yield made


async def test_a_bare_deactivation_keeps_the_audience_and_a_stub_is_stored(bed: Bed) -> None:
    await bed.apply(bed.log.upsert("sales-documents", "ZS/1", 1, ["R1"], op="deactivate", type="ZS", hq_number="1"))
    row = await bed.row("sales-documents", "ZS/1")
    assert (row["op"], row["removed"], row["position"]) == ("deactivate", False, 1)
    await bed.apply(bed.log.gone("sales-documents", "ZS/1", 2))
    row = await bed.row("sales-documents", "ZS/1")
    assert (row["audience"], row["left_audience"], row["position"], row["objectversion"]) == (["R1"], None, 1, 2)
    await bed.apply(bed.log.gone("sales-documents", "ZS/2", 1))
    assert (await bed.row("sales-documents", "ZS/2"))["position"] == 0


async def test_an_object_that_is_gone_from_cee_keeps_its_number_and_name(bed: Bed) -> None:
    await bed.apply(*bed.log.basics(), bed.log.article("A1", 3, name={"pl": "Wiertarka"}, weight="1.5"))
    await bed.apply(bed.log.gone("articles", "A1", 4))
    row = await bed.row("articles", "A1")
    assert (row["op"], row["removed"], row["position"], row["objectversion"], row["version"]) == ("deactivate", False, 5, 4, 3)
    value = orjson.loads(row["body"])
    assert value.pop("content_hash") == row["hash"].hex()
    assert value == {
        "channel": bed.channel,
        "kind": "articles",
        "key": "A1",
        "op": "deactivate",
        "version": 3,
        "number": "A1",
        "name": {"pl": "Wiertarka"},
        "vat_rate": "23",
        "base_unit": "szt",
        "sales_unit": "szt",
    }
    await bed.apply(bed.log.gone("articles", "A1", 5))
    again = await bed.row("articles", "A1")
    assert (again["position"], again["body"], again["objectversion"]) == (5, row["body"], 5)
    await bed.apply(*of_run(uuid4(), bed.log.gone("articles", "A1", 5), force=True))
    assert (await bed.row("articles", "A1"))["body"] == row["body"]
