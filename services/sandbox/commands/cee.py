"""`ceebus cee`: the reference CEE, as its administrator would use it. With a real CEE this is done there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from schemas.channel import ID_PATTERN
from services.kernel.postgres import DatabaseError, Queries, pool
from services.kernel.settings import read_settings
from services.sandbox.commands.partner import partners
from services.sandbox.commands.reference import opened, unknown
from services.sandbox.commands.show import CommandFailed, Json, columns, say, show, wait_for
from services.sandbox.generate.day import EmptyChannel, run_day

SQL = Queries(Path(__file__).with_name("cee.sql"))
app = typer.Typer(add_completion=False, no_args_is_help=True, help="The reference CEE, as its administrator would use it.")
channels = typer.Typer(no_args_is_help=True, help="Sales channels of the reference CEE.")
app.add_typer(channels, name="channel")
app.add_typer(partners, name="partner")
Name = Annotated[str, typer.Argument(metavar="CHANNEL", help="Id: up to three letters, digits, `_`, `.` or `-`.")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting other than the copied one.")]


@channels.command("list")
def list_channels(as_json: Json = False) -> None:
    """The channels, whether they transfer or not."""
    rows = wait_for(_list())
    lines = [("channel", "active", "currency", "description")]
    lines += [(row["channel"], "yes" if row["active"] else "no", row["currency"], row["description"]) for row in rows]
    show(rows, as_json, columns(lines) if rows else "No channels yet: `ceebus generate` loads a sample company with one.")


@channels.command()
def add(
    channel: Name,
    like: Annotated[str | None, typer.Option(help="The channel whose settings are copied; the first one if left out.")] = None,
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """A new, inactive channel with the settings of another one. `ceebus generate --channel` makes one with partners and prices."""
    copied = wait_for(_add(channel, like, _pairs(settings or [])))
    show(
        {"channel": channel, "like": copied},
        as_json,
        f"Channel {channel} has the settings of {copied}. `ceebus cee channel activate {channel}`",
    )


@channels.command()
def activate(channel: Name, as_json: Json = False) -> None:
    """Lets the channel transfer; the first time the source sends everything it has."""
    wait_for(_activate(channel, True))
    show(
        {"channel": channel, "active": True},
        as_json,
        f"Channel {channel} is active. `ceebus status {channel} --wait 60` shows it arriving.",
    )


@channels.command()
def deactivate(channel: Name, as_json: Json = False) -> None:
    """Stops the channel's transfers in both directions."""
    wait_for(_activate(channel, False))
    show({"channel": channel, "active": False}, as_json, f"Channel {channel} is inactive.")


@app.command()
def day(
    channel: Name,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long.")] = 30,
    rate: Annotated[float, typer.Option(min=0.01, help="Changes a second.")] = 5,
    seed: Annotated[int, typer.Option(help="Equal seeds on equal data draw equal changes.")] = 1,
    as_json: Json = False,
) -> None:
    """A working day in CEE: orders, prices, stock and customers change while you watch."""
    say(f"{rate:g} changes a second for {seconds:g} s")
    done = wait_for(_day(channel, seconds, rate, seed))
    show(done, as_json, columns([(kind, f"{count:,}") for kind, count in sorted(done.items())]) if done else "Nothing changed.")


async def _list() -> list[dict[str, Any]]:
    async with opened() as connection:
        return [dict(row) for row in await connection.fetch(SQL.channels)]


async def _add(channel: str, like: str | None, settings: dict[str, str]) -> str:
    async with opened() as connection:
        known = [row["channel"] for row in await connection.fetch(SQL.channels)]
        if channel in known:
            raise CommandFailed("channel_exists", f"Channel {channel} is there already.", "Choose another id.")
        if not known:
            raise CommandFailed(
                "no_channel", "There is no channel yet whose settings could be copied.", "`ceebus generate` loads a company."
            )
        copied = like or known[0]
        if copied not in known:
            raise unknown(copied, known)
        names = [row["attname"] for row in await connection.fetch(SQL.settings)]
        wrong = sorted(settings.keys() - set(names))
        if wrong:
            raise CommandFailed("setting_unknown", f"No such setting: {', '.join(wrong)}.", f"Settings: {', '.join(names)}.", 2)
        try:
            async with connection.transaction():
                await connection.execute(SQL.copy, channel, copied, settings)
                await connection.execute(SQL.copy_warehouses, channel, copied)
        except DatabaseError as error:
            raise CommandFailed("channel_refused", f"CEE refuses this channel: {error}", f"An id fits {ID_PATTERN}.", 2) from None
        return copied


async def _activate(channel: str, active: bool) -> None:
    async with opened() as connection:
        if await connection.fetchval(SQL.activate, channel, active) is None:
            raise unknown(channel, [row["channel"] for row in await connection.fetch(SQL.channels)])


async def _day(channel: str, seconds: float, rate: float, seed: int) -> dict[str, int]:
    async with opened():
        pass
    async with pool(read_settings().cee_database_url, size=5, application="ceebus-day") as connections:
        try:
            return await run_day(connections, channel, seconds, rate, seed)
        except EmptyChannel as error:
            raise CommandFailed("channel_empty", str(error), "`ceebus generate` loads a company.") from None


def _pairs(settings: list[str]) -> dict[str, str]:
    wrong = [text for text in settings if "=" not in text]
    if wrong:
        raise CommandFailed("setting_unknown", f"Not of the form NAME=VALUE: {', '.join(wrong)}.", exit_code=2)
    return {name.strip(): value.strip() for name, _, value in (text.partition("=") for text in settings)}
