"""Imports of partners while CEE's own users change the same ones: nobody is thrown out, nothing is lost silently."""

from __future__ import annotations

import asyncio

from services.kernel.postgres import connect
from services.writer.model import Answer
from tests.integration.partners_bed import COMPANY, ID, P1, Bed
from tests.stack import Databases, eventually


async def test_a_user_of_cee_in_the_middle_of_a_change_goes_first(databases: Databases) -> None:
    ours, user, watcher = [await connect(databases.cee) for _who in range(3)]
    try:
        for name in ("dictionaries.sql", "company.sql"):
            await ours.execute((COMPANY / name).read_text().replace("@", ID))
        bed = Bed(ours)
        before = await bed.partner(P1)
        home = before["addresses"][0]
        edited = [home | {"street": "Z terenu"}]
        edit = bed.upload(number=P1, base_version=before["version"], base={"addresses": [home]}, addresses=edited, matchcode="TEREN")

        async def imported() -> Answer:
            async with ours.transaction():
                return (await bed.send(edit))[0]

        async with user.transaction():  # an update of an address has the address before its trigger wants the partner
            await user.execute("select from cee.partner_address where partner = $1 for update", P1)
            importing = asyncio.create_task(imported())
            going = "select query ~* 'lock_parts|savepoint|Whether nobody' from pg_stat_activity where pid = $1"
            await eventually(lambda: watcher.fetchval(going, ours.get_server_pid()))
            await user.execute("update cee.partner_address set city = 'Z centrali' where partner = $1", P1)
        answer = await importing
        after = await bed.partner(P1)
        assert (answer.code, answer.version, after["matchcode"]) == ("edit_lost", after["version"], "TEREN")
        assert after["addresses"] == [home | {"city": "Z centrali"}]
    finally:
        for connection in (ours, user, watcher):
            await connection.close()
