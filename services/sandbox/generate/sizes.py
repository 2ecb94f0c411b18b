"""How much the sample company has (domain.md 9): small for a demo, mid as the design point, stress to find limits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Counts of one size; rates are averages per object. Bad records come on top of them."""

    reps: int
    articles: int
    units_per_article: float
    categories: int
    assignments: int
    partners: int
    addresses_per_partner: float
    persons_per_partner: float
    warehouses: int
    lists: int
    prices: int
    discounts: int
    orders_per_day: int
    documents: int
    lines: int
    attachments: int  # besides the article pictures: files and notes of partners and documents

    @property
    def availability(self) -> int:
        """One row an article and warehouse."""
        return self.articles * self.warehouses


SIZES = {
    # for tests of one thing: every branch of the data, nothing more
    "tiny": Size(4, 120, 1.5, 40, 130, 40, 1.5, 1.0, 2, 4, 480, 40, 4, 120, 4, 20),
    "small": Size(8, 3_000, 1.5, 60, 3_000, 800, 1.5, 1.0, 1, 4, 12_000, 400, 80, 5_000, 8, 150),
    "mid": Size(40, 15_000, 2.0, 300, 18_000, 4_000, 1.8, 1.5, 3, 12, 120_000, 4_000, 500, 31_500, 12, 1_200),
    "stress": Size(200, 75_000, 3.0, 1_500, 100_000, 20_000, 2.0, 2.0, 10, 60, 1_500_000, 40_000, 3_000, 190_000, 20, 8_000),
}
