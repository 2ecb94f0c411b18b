"""A reference CEE that was laid down before imports came is completed, and keeps what it holds."""

from __future__ import annotations

from pathlib import Path

from services.kernel.postgres import connect
from services.sandbox.databases import missing, prepare
from tests.stack import Databases

COMPANY = Path(__file__).parents[1] / "company"
OLDER = """
    drop table cee.partner_template, cee.number_range, cee.visit, cee.partner_import;
    drop index cee.partner_tax_id, cee.partner_origin, cee.document_origin, cee.document_mobile_number;
    drop function cee.bare_tax_id, cee.take_numbers;
    alter table cee.partner drop column organisation;
    alter table cee.attachment drop column file_type;
"""


async def test_an_older_reference_cee_is_completed_once_and_keeps_its_data(databases: Databases) -> None:
    cee = await connect(databases.cee)
    try:
        for name in ("dictionaries.sql", "company.sql"):
            await cee.execute((COMPANY / name).read_text().replace("@", "IN"))
        await cee.execute(OLDER)
        before = await cee.fetch("select key, body from cee.partners where channel = 'IN' order by key")
        assert await missing(databases.ours, databases.cee) == ["cee"]
        await prepare(databases.ours, databases.cee)
        assert await missing(databases.ours, databases.cee) == []
        await prepare(databases.ours, databases.cee)
        assert await cee.fetch("select key, body from cee.partners where channel = 'IN' order by key") == before
        await cee.execute("insert into cee.number_range(name, prefix) values('partner', 'K')")
        assert await cee.fetchval("select cee.take_numbers('partner', 2)") == ["K000001", "K000002"]
    finally:
        await cee.close()
