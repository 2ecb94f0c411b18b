"""The promise of triggers and dependents: whatever a change alters in any view is due, in every channel that has it.

Each case is one change of the small company, see cee_changes.sql. The views before and after are compared row by row.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.cee_bed import Cee, Reference, company
from tests.stack import Databases


def changes() -> dict[str, set[Reference]]:
    """The statements of cee_changes.sql -> the (kind, key) pairs in the comments above them."""
    found: dict[str, set[Reference]] = {}
    for block in Path(__file__).with_name("cee_changes.sql").read_text().split("\n\n"):
        lines = block.splitlines()
        references = [word for line in lines if line.startswith("-- alters:") for word in line.split()[2:]]
        statements = "\n".join(line for line in lines if not line.startswith("--"))
        if references:
            found[statements] = {(kind, key) for kind, _, key in (reference.partition("/") for reference in references)}
    return found


CHANGES = changes()


@pytest.fixture
async def cee(databases: Databases) -> AsyncIterator[Cee]:
    async with company(databases.cee) as made:
        yield made


@pytest.mark.parametrize("change", CHANGES)
async def test_whatever_a_change_alters_is_due(cee: Cee, change: str) -> None:
    before = {channel: await cee.state(channel) for channel in ("C1", "C2")}
    await cee.change(change)
    rows = await cee.connection.fetch("select * from ceebus.outbox")
    for channel, was in before.items():
        now = await cee.state(channel)
        altered = {reference for reference in was.keys() | now.keys() if was.get(reference) != now.get(reference)}
        # a stub that no document names any more was deactivated when it was sent
        altered -= {reference for reference in altered if reference not in now and not was[reference][0]}
        if channel == "C1":
            assert altered >= CHANGES[change]
        due = await cee.due(channel)
        assert altered <= due, f"{channel}: nobody hears of {sorted(altered - due)}"
        await cee.connection.executemany(
            "insert into ceebus.outbox(kind, key, channel, scope) values($1, $2, $3, $4)",
            [(row["kind"], row["key"], row["channel"], row["scope"]) for row in rows],
        )
