"""The sales channel itself: settings, warehouses, listings."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from services.sandbox.generate.plan import ORGANISATION, Batch, Company, Plan


def channel(plan: Plan, company: Company, active: bool) -> Iterator[Batch]:
    """Last of all: what is not active yet shows nobody a half-filled channel."""
    poland = plan.home == "PL"
    settings = {
        "id": plan.channel,
        "description": "Sprzedaż mobilna, Polska" if poland else "Mobiler Vertrieb, Deutschland",
        "sales_organisation": ORGANISATION,
        "market": "national" if plan.first else "international",
        "currency": plan.currency,
        "active": active,
        "time_zone": "Europe/Warsaw" if poland else "Europe/Berlin",
        "assortment_listing": f"ASM-{plan.channel}",
        "price_listing": f"CEN-{plan.channel}",
        "category_root": f"KAT-{plan.channel}",
        "order_type_zs": f"ZSM{plan.suffix}",
        "order_type_os": f"OSM{plan.suffix}",
        "default_payment_form": "PRZELEW",
        "default_payment_term": "14D",
        "template_with_tax_id": f"SZAB-NIP{plan.suffix}",
        "template_without_tax_id": f"SZAB-BEZ{plan.suffix}",
        "max_user_discount": Decimal("25.00"),
        "inventory_owner": ORGANISATION,
        "delivery_warehouse": company.warehouses[0],
        "file_type_image": "OBRAZ",
        "file_type_recording": "NAGRANIE",
        "file_type_other": "PLIK",
    }
    warehouses = [(plan.channel, code, place) for place, code in enumerate(company.warehouses)]
    yield Batch("channels", "channel", tuple(settings), [tuple(settings.values())])
    yield Batch("channels", "channel_warehouse", ("channel", "warehouse", "position"), warehouses)
