"""The limits of domain.md 3 at their edges: exact decimals, optional texts, days, moments and the writing of keys."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas import fields
from schemas.envelope import Contract
from schemas.keys import joined, plain

NINES = "9" * 12
EDGES: dict[str, tuple[list[str], list[str]]] = {
    "Percent": (["0", "99.99", "100", "100.00", "7.5000"], ["100.01", "-1", "1.001", "07", "1.", ".5", ""]),
    "Money": (
        ["-0.123", f"{NINES}.999", "1234567890123.99", "123456789012345"],
        ["1234567890123.999", "1234567890123456", "0.0001", "1e3"],
    ),
    "Figure": ([f"-{NINES}.999", "0", "12.5000"], [f"1{NINES}", "0.0005", "+1", "1,5", "--1", "NaN"]),
    "Figure0": (["0", "0.000", f"{NINES}.999"], ["-1", "-0"]),
    "PriceUnit": (["0.001", "1", "100.000"], ["0", "0.000", "0.0001", "-1"]),
    "Price": (["0", "99999999999.9999"], ["100000000000", "0.00001", "-0.0001"]),
    "Stock": (["-999999999999999.999", "0"], ["1000000000000000"]),
    "Quantity": (["0.001", "999999999999999.999"], ["0", "0.0000"]),
    "Factor": (["0.000001", "999999999999.999999"], ["0", "0.0000001", "1000000000000"]),
    "Latitude": (["-90", "90.000000", "89.999999", "0.5"], ["90.000001", "91", "100", "1.0000001"]),
    "Longitude": (["-180", "179.999999", "99.5", "7"], ["180.000001", "181", "200"]),
}


class Note(Contract):
    """A contract with one optional text."""

    text: fields.Maybe10 = None


def read(name: str, value: Any) -> Any:
    return TypeAdapter(getattr(fields, name)).validate_python(value)


@pytest.mark.parametrize("name", EDGES)
def test_decimals_end_where_the_domain_says_and_stay_as_given(name: str) -> None:
    inside, outside = EDGES[name]
    assert [read(name, value) for value in inside] == inside
    for value in outside:
        with pytest.raises(ValidationError):
            read(name, value)


@pytest.mark.parametrize("name", EDGES)
def test_whole_numbers_may_be_numbers_but_fractions_and_flags_may_not(name: str) -> None:
    assert read(name, 5) == "5"
    for value in (0.5, 5.0, True, None, 10**30, "٣", "１"):
        with pytest.raises(ValidationError):
            read(name, value)


@pytest.mark.parametrize(("given", "kept"), [("  ab ", "ab"), ("   ", None), ("", None), (None, None), (" ąęćłńóśźż0 ", "ąęćłńóśźż0")])
def test_optional_text_is_trimmed_and_a_blank_one_is_absent(given: str | None, kept: str | None) -> None:
    assert Note(text=given).text == kept


@pytest.mark.parametrize("given", [" 12345678901 ", 5, ["a"]])
def test_optional_text_has_a_limit_and_is_a_text(given: Any) -> None:
    with pytest.raises(ValidationError):
        Note(text=given)


@pytest.mark.parametrize("given", ["2026-02-30", "2026-3-1", "2026-03-01T00:00:00", "1772323200", "5", " "])
def test_days_exist_and_have_no_time(given: str) -> None:
    adapter = TypeAdapter(fields.Day)
    assert adapter.validate_json('"2024-02-29"').isoformat() == "2024-02-29"
    with pytest.raises(ValidationError):
        adapter.validate_json(f'"{given}"')


@pytest.mark.parametrize(
    "given", ["2026-03-01T24:00:00Z", "2026-03-01T10:00:00+01:00", "2026-03-01 10:00:00Z", "2026-03-01T10:00:00.123456Z"]
)
def test_moments_are_utc_in_milliseconds(given: str) -> None:
    assert read("Moment", "2026-03-01T23:59:59.999Z") == "2026-03-01T23:59:59.999Z"
    with pytest.raises(ValidationError):
        read("Moment", given)


def test_ids_are_lower_case() -> None:
    assert read("Uuid", "ABCDEF00-0000-4000-8000-00000000000F") == "abcdef00-0000-4000-8000-00000000000f"


def test_keys_escape_what_would_take_them_apart() -> None:
    assert joined("a/b", "50%", "%2F", "ż ó") == "a%2Fb/50%25/%252F/ż ó"
    assert [plain(scale) for scale in ("0.000", "2.500", "100", "10.0")] == ["0", "2.5", "100", "10"]
