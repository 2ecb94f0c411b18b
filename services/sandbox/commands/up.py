"""`ceebus up`: servers, databases and one process per role, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from services.kernel.logging import configure
from services.kernel.postgres import connect, pool
from services.kernel.settings import read_environment, read_values
from services.sandbox.commands.cee import SQL
from services.sandbox.commands.db import is_wanted
from services.sandbox.commands.show import CommandFailed, Json, columns, say, show
from services.sandbox.databases import prepare
from services.sandbox.generate.day import EmptyChannel, run_day
from services.sandbox.generate.load import generate
from services.sandbox.generate.sizes import SIZES
from services.sandbox.stack import Stack, embedded
from services.sandbox.supervisor import supervised

ROLES = ("source", "exporter", "feed", "gateway", "importer", "writer", "control")
HOUR_S = 3600.0
app = typer.Typer(add_completion=False)


@app.command()
def up(
    *,
    home: Annotated[Path | None, typer.Option(help="Folder of the embedded stack; .ceebus unless CEEBUS_HOME says else.")] = None,
    sample: Annotated[str | None, typer.Option(metavar="SIZE", help=f"An empty CEE gets a sample company: {', '.join(SIZES)}.")] = None,
    rate: Annotated[float, typer.Option(min=0, help="With --sample: changes a second in CEE, 0 for none.")] = 2,
    as_json: Json = False,
) -> None:
    """Starts everything and stays until Ctrl-C. Servers named by CEEBUS_KAFKA, CEEBUS_DATABASE_URL and CEEBUS_CEE_DATABASE_URL are used
    instead of embedded ones. Data stay in the home for the next start."""
    if sample is not None and sample not in SIZES:
        raise CommandFailed("request_invalid", f"There is no size {sample}.", f"Sizes: {', '.join(SIZES)}.", 2)
    if sample is not None and not is_wanted(None):
        raise CommandFailed(
            "no_reference_cee", "A sample company is for the embedded reference CEE only.", "Unset CEEBUS_CEE_DATABASE_URL.", 2
        )
    configure("up")
    asyncio.run(_until_stopped(_up(home or read_values()[0], sample, rate, as_json)))


@asynccontextmanager
async def everything(home: Path) -> AsyncIterator[Stack]:
    """Servers, databases and roles, all ready; stopped in the reverse order."""
    given = {name: value for name, value in read_environment().items() if name != "home"}
    async with embedded(home, given=given, say=say) as stack:
        values = stack.values
        await prepare(values["database_url"], values["cee_database_url"], reference=is_wanted(None))
        say(f"starting {', '.join(ROLES)}")
        async with supervised(ROLES, stack.environment(), say):
            yield stack


async def _up(home: Path, sample: str | None, rate: float, as_json: bool) -> None:
    async with everything(home) as stack:
        show(stack.values, as_json, addresses(stack.values, stack.home))
        if sample is not None:
            await _live(stack.values["cee_database_url"], sample, rate)
        await asyncio.Event().wait()


async def _live(cee: str, size: str, rate: float) -> None:
    """A sample company, and its days one after the other."""
    connection = await connect(cee, application="ceebus-sample")
    try:
        known = [row["channel"] for row in await connection.fetch(SQL.channels) if row["active"]]
        if not known:
            say(f"loading a sample company of size {size}")
            known = [(await generate(connection, size, active=True)).channel]
    finally:
        await connection.close()
    async with pool(cee, size=5, application="ceebus-day") as connections:
        while rate:
            try:
                await run_day(connections, known[0], HOUR_S, rate)
            except EmptyChannel as error:
                say(str(error))
                return


def addresses(values: Mapping[str, Any], home: Path) -> str:
    """What a user needs next."""
    rows = [
        ("devices", f"http://{values['gateway']}"),
        ("operators", f"http://{values['control']}  (token in {home / 'stack.json'})"),
        ("ingest", f"http://{values['source']}"),
        ("Kafka", str(values["kafka"])),
        ("logs", str(home / "logs")),
    ]
    return "ceebus is up.\n" + columns([("", *row) for row in rows]) + "\n`ceebus status` shows what is where; Ctrl-C stops everything."


async def _until_stopped(running: Any) -> None:
    """Ends it at SIGINT or SIGTERM, whatever it is doing then; both are a clean end."""
    task = asyncio.ensure_future(running)
    stopped = False

    def stop() -> None:
        nonlocal stopped
        if not stopped:
            stopped = True
            say("stopping")
            task.cancel()

    for signum in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signum, stop)
    try:
        await task
    except asyncio.CancelledError:
        if not stopped:
            raise
