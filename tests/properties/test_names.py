"""Channel ids, topics and partition keys: reversible, within Kafka's alphabet, never mixed up."""

import re
from itertools import product

from aiokafka.partitioner import murmur2 as aiokafka_murmur2
from hypothesis import given
from hypothesis import strategies as st

from schemas.channel import ID_PATTERN, decode_channel, encode_channel
from schemas.topics import KINDS, cee, declared, export, outcomes, parse, partition_key
from services.kernel.kafka import partition_for

CHANNEL_IDS = st.from_regex(ID_PATTERN, fullmatch=True)


@given(CHANNEL_IDS)
def test_a_channel_id_survives_its_topic_name(channel: str) -> None:
    assert decode_channel(encode_channel(channel)) == channel
    assert re.fullmatch(r"[A-Za-z0-9-]+", encode_channel(channel))
    for kind in KINDS:
        assert parse(cee(channel, kind)) == ("cee", channel, kind)
        assert parse(export(channel, kind)) == ("export", channel, kind)
    assert parse(outcomes(channel)) == ("outcomes", channel, "")


@given(CHANNEL_IDS, CHANNEL_IDS)
def test_two_channels_never_share_a_topic(one: str, other: str) -> None:
    names = [{spec.name.replace("_", ".") for spec in declared(channel)} for channel in (one, other)]
    assert one == other or not names[0] & names[1]


def test_dots_and_underscores_do_not_collide_in_kafka() -> None:
    ids = ["".join(chars) for chars in product("._-a2", repeat=2)]
    assert len({encode_channel(channel) for channel in ids}) == len(ids)


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="/"), max_size=20),
    st.text(st.characters(codec="utf-8", exclude_characters="/"), max_size=20),
)
def test_every_price_of_an_article_in_a_list_shares_a_partition(price_list: str, article: str) -> None:
    keys = [f"{price_list}/{article}/PCS/{scale}/2026-0{month}-01" for scale in ("0", "2.5") for month in (1, 2)]
    assert len({partition_for(partition_key("price-lists", key).encode(), 6) for key in keys}) == 1


def test_the_partitioner_is_kafkas_own() -> None:
    # values of org.apache.kafka.common.utils.Utils.murmur2, toPositive
    assert [partition_for(key, 1 << 31) for key in (b"21", b"foobar", b"a-little-bit-long-string")] == [
        -973932308 & 0x7FFFFFFF,
        -790332482 & 0x7FFFFFFF,
        -985981536 & 0x7FFFFFFF,
    ]


@given(st.binary(max_size=64))
def test_the_partitioner_in_c_and_the_one_in_python_agree(key: bytes) -> None:
    assert partition_for(key, 1 << 31) == aiokafka_murmur2(key) & 0x7FFFFFFF
