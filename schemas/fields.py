"""Field types of domain.md 3: texts, codes, exact decimals, flags, dates and moments. Used by contracts only.

Decimals, ids and moments stay the text they came as: a pattern checks them, nothing can be rounded on the way, and
nothing has to be converted twice. Wrong types are refused, not bent: "1" is no number, 1 is no flag.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, Strict, StringConstraints
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True, slots=True)
class Maybe:
    """A text that need not be there, at most `limit` characters after trimming; a blank one counts as absent."""

    limit: int

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        filled = core_schema.with_default_schema(core_schema.str_schema(min_length=1), default=None, on_error="default")
        bounded = core_schema.nullable_schema(core_schema.str_schema(max_length=self.limit))
        # three native steps (it is a text; a blank one is None; it is short enough): a function in Python would cost more than all
        return core_schema.nullable_schema(core_schema.chain_schema([core_schema.str_schema(), filled, bounded]))

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "maxLength": self.limit}, {"type": "null"}]}


@dataclass(frozen=True, slots=True)
class Exact:
    """A decimal of `pattern` as JSON text; a whole number may come as a JSON integer. A float is refused: it is not exact."""

    pattern: str

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(pattern=self.pattern, strict=True)
        whole = core_schema.chain_schema(
            [
                core_schema.int_schema(strict=True),
                core_schema.no_info_plain_validator_function(str),
                core_schema.str_schema(pattern=self.pattern),
            ]
        )
        return core_schema.union_schema(
            [text, whole],
            mode="left_to_right",
            custom_error_type="decimal",
            custom_error_message="not a decimal of the permitted size",
            serialization=core_schema.simple_ser_schema("str"),
        )

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        text = {"type": "string", "pattern": self.pattern}
        return text if handler.mode == "serialization" else {"anyOf": [text, {"type": "integer"}]}


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day as `YYYY-MM-DD`; pydantic alone would also read a number of seconds, even in a text."""

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        written = core_schema.chain_schema([core_schema.str_schema(pattern=_DAY, strict=True), core_schema.date_schema()])
        return core_schema.json_or_python_schema(
            written, core_schema.date_schema(strict=True), serialization=core_schema.to_string_ser_schema()
        )

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


def _decimal(digits: int, scale: int, sign: str = "") -> str:
    """decimal(digits, scale); zeros behind the permitted ones do no harm. `sign`: "-?" where it may be negative."""
    return rf"^{sign}(?:0|[1-9][0-9]{{0,{digits - scale - 1}}})(?:\.[0-9]{{1,{scale}}}0*)?$"


def _above_zero(digits: int, scale: int) -> str:
    small = "|".join(rf"0{{{zeros}}}[1-9][0-9]{{0,{scale - zeros - 1}}}" for zeros in range(scale))
    return rf"^(?:[1-9][0-9]{{0,{digits - scale - 1}}}(?:\.[0-9]{{1,{scale}}}0*)?|0\.(?:{small})0*)$"


def _amount() -> str:
    """decimal(15, d) for every number d of decimals that a currency can have (0..3)."""
    wider = [rf"[1-9][0-9]{{{15 - scale - 1}}}(?:\.[0-9]{{1,{scale}}}0*)?" for scale in (2, 1)]
    return rf"^-?(?:(?:0|[1-9][0-9]{{0,11}})(?:\.[0-9]{{1,3}}0*)?|{'|'.join(wider)}|[1-9][0-9]{{14}})$"


_UUID = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_MOMENT = r"^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{3})?Z$"

Text10 = Annotated[str, StringConstraints(min_length=1, max_length=10)]
Text12 = Annotated[str, StringConstraints(min_length=1, max_length=12)]
Text20 = Annotated[str, StringConstraints(min_length=1, max_length=20)]
Text30 = Annotated[str, StringConstraints(min_length=1, max_length=30)]
Text40 = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Text60 = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Text64 = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Text80 = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Text120 = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Text254 = Annotated[str, StringConstraints(min_length=1, max_length=254)]
Text255 = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Text512 = Annotated[str, StringConstraints(min_length=1, max_length=512)]
Text2000 = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Maybe10 = Annotated[str | None, Maybe(10)]
Maybe20 = Annotated[str | None, Maybe(20)]
Maybe40 = Annotated[str | None, Maybe(40)]
Maybe60 = Annotated[str | None, Maybe(60)]
Maybe255 = Annotated[str | None, Maybe(255)]
Maybe500 = Annotated[str | None, Maybe(500)]
Maybe1000 = Annotated[str | None, Maybe(1000)]
Maybe4000 = Annotated[str | None, Maybe(4000)]

Uuid = Annotated[str, StringConstraints(pattern=_UUID, to_lower=True)]
# a number (at most 20 characters) or the source_id of a partner born on a device: no number is as long as a UUID
PartnerRef = Annotated[str, StringConstraints(min_length=1, max_length=36, pattern=rf"^(?:[\s\S]{{1,20}}|{_UUID[1:-1]})$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Moment = Annotated[str, StringConstraints(pattern=_MOMENT)]  # UTC, milliseconds
Day = Annotated[date, CalendarDay()]
Flag = Annotated[bool, Strict()]

Int64 = Annotated[int, Strict(), Field(ge=-(2**63), le=2**63 - 1)]
Whole = Annotated[int, Strict(), Field(ge=0, le=2**31 - 1)]  # far below 2^53: RFC 8785 numbers are doubles
Rank = Annotated[int, Strict(), Field(ge=-(2**31), le=2**31 - 1)]
Position = Annotated[int, Strict(), Field(ge=1, le=2**31 - 1)]

Percent = Annotated[str, Exact(r"^(?:100(?:\.0+)?|[1-9]?[0-9](?:\.[0-9]{1,2}0*)?)$")]  # decimal(5,2), 0..100
UserDiscount = Annotated[str, Exact(_decimal(5, 2, "-?"))]
Money = Annotated[str, Exact(_amount())]  # decimal(15, decimals of the currency)
Figure = Annotated[str, Exact(_decimal(15, 3, "-?"))]
Figure0 = Annotated[str, Exact(_decimal(15, 3))]  # not below zero
PriceUnit = Annotated[str, Exact(_above_zero(15, 3))]
Price = Annotated[str, Exact(_decimal(15, 4))]
Stock = Annotated[str, Exact(_decimal(18, 3, "-?"))]
Stock0 = Annotated[str, Exact(_decimal(18, 3))]
Quantity = Annotated[str, Exact(_above_zero(18, 3))]
Factor = Annotated[str, Exact(_above_zero(18, 6))]
Latitude = Annotated[str, Exact(r"^-?(?:90(?:\.0+)?|[1-8]?[0-9](?:\.[0-9]{1,6}0*)?)$")]
Longitude = Annotated[str, Exact(r"^-?(?:180(?:\.0+)?|(?:1[0-7][0-9]|[1-9]?[0-9])(?:\.[0-9]{1,6}0*)?)$")]
