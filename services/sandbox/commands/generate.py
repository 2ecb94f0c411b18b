"""`ceebus generate`: a sample company for the reference CEE."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.sandbox.commands.reference import opened
from services.sandbox.commands.show import CommandFailed, Json, columns, progress, show, wait_for
from services.sandbox.generate.load import ChannelExists, Generated
from services.sandbox.generate.load import generate as load
from services.sandbox.generate.sizes import SIZES

app = typer.Typer(add_completion=False)


@app.command()
def generate(
    *,
    size: Annotated[str, typer.Option(help=f"{', '.join(SIZES)}.")] = "small",
    seed: Annotated[int, typer.Option(help="Equal seeds make equal companies.")] = 1,
    channel: Annotated[str, typer.Option(help="The sales channel it gets.")] = "PL1",
    pictures: Annotated[str, typer.Option(help="small (up to 5 KB) or full.")] = "small",
    activate: Annotated[bool, typer.Option("--activate", help="Let the channel transfer at once.")] = False,
    as_json: Json = False,
) -> None:
    """Fills an empty CEE with a company and a channel; a filled one gets a further channel. Always with some bad records."""
    if size not in SIZES or pictures not in ("small", "full"):
        raise CommandFailed("request_invalid", f"No such size or pictures: {size}, {pictures}.", f"Sizes: {', '.join(SIZES)}.", 2)
    made = wait_for(_generate(size, seed, channel=channel, active=activate, pictures=pictures))
    rows = [(kind, f"{count:,}") for kind, count in made.counts.items()]
    following = "" if activate else f"\n\n`ceebus cee channel activate {channel}` lets it transfer."
    show({"channel": made.channel, "counts": made.counts}, as_json, columns(rows) + following)


async def _generate(size: str, seed: int, **how: Any) -> Generated:
    async with opened() as connection:
        with progress() as shown:
            bars: dict[str, Any] = {}

            def moved(kind: str, done: int, total: int) -> None:
                if kind not in bars:
                    bars[kind] = shown.add_task(kind)
                shown.update(bars[kind], completed=done, total=total)

            try:
                return await load(connection, size, seed, progress=moved, **how)
            except ChannelExists as error:
                raise CommandFailed("channel_exists", str(error), "`ceebus cee channel list` shows the channels.") from None
