"""A connection to the reference CEE for the commands of `ceebus cee`, and what they say when a channel is not there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.kernel.postgres import Connection, connect
from services.kernel.settings import read_settings
from services.sandbox.commands.show import CommandFailed


@asynccontextmanager
async def opened() -> AsyncIterator[Connection]:
    """A connection to the reference CEE; a CEE of another make is refused."""
    connection = await connect(read_settings().cee_database_url, application="ceebus-cee")
    try:
        if await connection.fetchval("select to_regclass('cee.channel')") is None:
            text = "This database holds no reference CEE."
            raise CommandFailed(
                "no_reference_cee", text, "`ceebus db upgrade --reference-cee` installs it; with a real CEE, use CEE itself."
            )
        yield connection
    finally:
        await connection.close()


def unknown(channel: str, known: list[str]) -> CommandFailed:
    """The failure of a channel CEE does not have."""
    return CommandFailed(
        "channel_unknown", f"CEE has no channel {channel}. It has: {', '.join(known) or 'none'}.", "`ceebus cee channel add`"
    )
