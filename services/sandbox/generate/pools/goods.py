"""The range of a tool and fastener wholesaler: departments, groups, families, and every size, variant and brand of a family."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Text = dict[str, str]  # by language: pl, de, en


@dataclass(frozen=True)
class Family:
    """Goods that differ only in size, variant and brand, such as wood screws."""

    key: str
    name: Text
    axes: list[list[Any]]
    format: str
    variants: list[list[str]]
    unit: str
    price: tuple[float, float]  # net, PLN, smallest to largest size
    weight: float  # kg of the middle size
    pack: list[int]  # how many a package may hold

    @property
    def count(self) -> int:
        """Sizes times variants."""
        return math.prod(len(axis) for axis in self.axes) * len(self.variants)

    def item(self, index: int) -> Item:
        """The index-th size and variant, 0 <= index < count; bigger sizes come later."""
        index, variant = divmod(index, len(self.variants))
        values = []
        for axis in reversed(self.axes):
            index, position = divmod(index, len(axis))
            values.append((axis[position], position / max(1, len(axis) - 1)))
        values.reverse()
        size = sum(share for _value, share in values) / len(values)
        return Item(self, self.format.format(*(value for value, _share in values)), str(values[0][0]), variant, size)


@dataclass(frozen=True)
class Item:
    """One size and variant of a family. `size_class` is its first measure, `size` its place among the sizes, 0..1."""

    family: Family
    measure: str
    size_class: str
    variant: int
    size: float

    def name(self, brand: str) -> Text:
        """As the catalogue prints it, in three languages."""
        variant = dict(zip(("pl", "de", "en"), self.family.variants[self.variant], strict=True))
        return {
            lang: " ".join(part for part in (name, self.measure, variant[lang], brand) if part) for lang, name in self.family.name.items()
        }


@dataclass(frozen=True)
class Group:
    """A shelf of families."""

    key: str
    name: Text
    families: list[Family]


@dataclass(frozen=True)
class Goods:
    """Everything the company could sell. `units`: code -> (pl, de, en, decimals)."""

    brands: list[str]
    units: dict[str, tuple[str, str, str, int]]
    departments: list[tuple[str, Text, list[Group]]]

    def families(self) -> Iterator[tuple[str, Group, Family]]:
        """(department key, group, family) in catalogue order."""
        for key, _name, groups in self.departments:
            for group in groups:
                for family in group.families:
                    yield key, group, family


def load_goods() -> Goods:
    """The catalogue of articles.json."""
    read = json.loads(Path(__file__).with_name("articles.json").read_text())
    departments = [
        (part["key"], part["name"], [Group(g["key"], g["name"], [Family(**f) for f in g["families"]]) for g in part["groups"]])
        for part in read["departments"]
    ]
    return Goods(read["brands"], {code: tuple(unit) for code, unit in read["units"].items()}, departments)
