"""`ceebus cee partner`: what the head office decides about partners, above all those that came from devices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from services.kernel.postgres import Connection, PooledConnection, Queries
from services.sandbox.commands.reference import opened, unknown
from services.sandbox.commands.show import CommandFailed, Json, show, wait_for

SQL = Queries(Path(__file__).with_name("partner.sql"))
partners = typer.Typer(no_args_is_help=True, help="Partners of the reference CEE.")
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The partner's number in CEE.")]
Of = Annotated[str | None, typer.Option("--channel", help="Refuses a partner that does not belong to this channel.")]


@partners.command()
def release(number: Number, channel: Of = None, as_json: Json = False) -> None:
    """Releases a blocked partner: its documents that wait go through."""
    _tell(wait_for(_change(number, channel, "status", "released")), as_json)


@partners.command()
def approve(number: Number, channel: Of = None, as_json: Json = False) -> None:
    """Releases a new partner that came from a device; any other is refused."""
    _tell(wait_for(_change(number, channel, "status", "released", only_from_device=True)), as_json)


@partners.command()
def promote(number: Number, channel: Of = None, as_json: Json = False) -> None:
    """Makes a customer of a prospect; number and status stay."""
    _tell(wait_for(_change(number, channel, "role", "customer")), as_json)


def _tell(made: dict[str, Any], as_json: bool) -> None:
    already = "" if made["changed"] else " already"
    show(made, as_json, f"Partner {made['number']} ({made['name']}) is{already} {made['status']}, role {made['role']}.")


async def _change(number: str, channel: str | None, what: str, value: str, *, only_from_device: bool = False) -> dict[str, Any]:
    async with opened() as connection:
        return await change(connection, (number, channel), what, value, only_from_device=only_from_device)


async def change(
    connection: Connection | PooledConnection, whose: tuple[str, str | None], what: str, value: str, *, only_from_device: bool = False
) -> dict[str, Any]:
    """Another status or role of a partner (number, channel it must belong to); raises CommandFailed. The demo does it by itself."""
    number, channel = whose
    async with connection.transaction():
        found = await _partner(connection, number, channel)
        if only_from_device and not found["from_device"]:
            text = f"Partner {number} did not come from a device; there is nothing to approve."
            raise CommandFailed("partner_not_from_device", text, f"`ceebus cee partner release {number}` releases any partner.")
        if what == "status" and found["status"] == "inactive":
            raise CommandFailed("partner_inactive", f"Partner {number} is inactive; only a blocked one can be released.")
        changed = found[what] != value
        if changed:
            await connection.execute(getattr(SQL, what), number, value)
        shown = {name: found[name] for name in ("number", "name", "role", "status")} | {what: value}
        return shown | {"changed": changed, "version": await connection.fetchval(SQL.version, number)}


async def _partner(connection: Connection | PooledConnection, number: str, channel: str | None) -> dict[str, Any]:
    if channel is not None:
        known = [row["id"] for row in await connection.fetch(SQL.channels)]
        if channel not in known:
            raise unknown(channel, known)
    row = await connection.fetchrow(SQL.partner, number)
    if row is None:
        raise CommandFailed("partner_unknown", f"CEE has no partner {number}.", "A new partner's number is in the answer to its upload.")
    if channel is not None and channel not in row["channels"]:
        text = f"Partner {number} does not belong to channel {channel}. It belongs to: {', '.join(row['channels']) or 'none'}."
        raise CommandFailed("partner_not_in_channel", text)
    return dict(row)
