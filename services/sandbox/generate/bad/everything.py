"""All bad records of one load, in the order in which their rows may refer to each other."""

from __future__ import annotations

from services.sandbox.generate.bad import goods, papers, people
from services.sandbox.generate.bad.spoil import Spoil
from services.sandbox.generate.plan import Company, Plan


def spoil_company(plan: Plan, company: Company) -> Spoil:
    """The same defects for every plan; those of CEE's common dictionaries only with the company itself."""
    spoil = Spoil(plan, company)
    if plan.first:
        people.dictionaries(spoil)
    for make in (people.reps, people.partners, people.discounts, goods.articles, goods.categories, goods.stock, goods.prices):
        make(spoil)
    papers.documents(spoil)
    papers.attachments(spoil)
    return spoil
