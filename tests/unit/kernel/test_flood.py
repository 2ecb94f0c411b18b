"""When a lane is said to refuse nearly everything."""

from __future__ import annotations

import pytest

from services.kernel.flood import Flood, is_refusal


def test_a_small_channel_whose_records_are_all_refused_does_not_trip_it() -> None:
    flood = Flood(0.9, 5000)
    assert not any([flood.count(2000, 2000), flood.count(2000, 2000), flood.count(999, 999)])
    assert flood.count(1, 1)


def test_it_trips_at_the_limit_and_not_below() -> None:
    assert Flood(0.9, 1000).count(900, 1000)
    assert not Flood(0.9, 1000).count(899, 1000)


def test_only_the_last_records_count() -> None:
    flood = Flood(0.9, 1000)
    assert [flood.count(0, 500) for _ in range(3)] == [False] * 3
    assert [flood.count(500, 500) for _ in range(3)] == [False, True, True]
    assert not flood.count(0, 500)


def test_what_is_good_long_before_a_flood_does_not_hide_it() -> None:
    flood = Flood(0.9, 5000)
    flood.count(0, 240_000)
    seen = [flood.count(2000, 2000) for _ in range(4)]
    assert seen == [False, False, True, True]


def test_after_a_release_the_window_is_filled_anew() -> None:
    flood = Flood(0.9, 1000)
    assert flood.count(1000, 1000)
    flood.clear()
    assert not flood.count(999, 999)
    assert flood.count(1, 1)


@pytest.mark.parametrize(
    ("outcome", "code", "expected"),
    [
        ("quarantined", "field_invalid", True),
        ("rejected", "kind_unknown", True),
        ("waiting", "delivery_failed", True),
        ("waiting", "content_missing", False),
        ("unchanged", "filtered", False),
        ("conflict", "epoch_changed", False),
        ("warning", "ean_invalid", False),
        ("upsert", "", False),
    ],
)
def test_what_speaks_against_a_release(outcome: str, code: str, expected: bool) -> None:
    assert is_refusal(outcome, code) is expected
