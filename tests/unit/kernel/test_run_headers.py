"""Which run a record belongs to."""

from __future__ import annotations

from uuid import UUID

from services.kernel.run_headers import is_forced, run_of, stamped

ONE, OTHER = str(UUID(int=1)), str(UUID(int=2))
OWN = [("ce_id", b"i"), ("ce_runid", OTHER.encode()), ("ce_force", b"1"), ("x", b"")]


def test_without_a_run_of_the_lane_a_record_keeps_its_own() -> None:
    assert stamped(OWN, None, False) is OWN


def test_the_run_of_the_lane_takes_the_place_of_the_records_own() -> None:
    assert stamped(OWN, ONE, True) == [("ce_id", b"i"), ("x", b""), ("ce_runid", ONE.encode()), ("ce_force", b"1")]
    assert stamped(OWN, ONE, False) == [("ce_id", b"i"), ("x", b""), ("ce_runid", ONE.encode())]


def test_a_run_that_is_none_counts_for_nobody() -> None:
    assert run_of({"ce_runid": ONE.encode()}) == UUID(ONE)
    assert [run_of({"ce_runid": value}) for value in (b"", b"run 1", b"\xff")] == [None, None, None]
    assert run_of({}) is None


def test_only_a_one_forces() -> None:
    assert is_forced({"ce_force": b"1"})
    assert not any([is_forced({}), is_forced({"ce_force": b"0"}), is_forced({"ce_force": b""})])
