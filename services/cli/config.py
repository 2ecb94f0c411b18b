"""`ceebus config`: the settings in force, and whether everything they name answers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import typer

from services.cli.client import role
from services.cli.direct import settings
from services.cli.failure import NOT_AS_WANTED, NOT_REACHABLE, Failure
from services.cli.output import Json, say, show_json, table
from services.kernel.kafka_admin import topics_present
from services.kernel.postgres import Queries, connect, safe
from services.kernel.settings import PREFIX, Settings, read_environment

SQL = Queries(Path(__file__).with_name("config.sql"))
app = typer.Typer(add_completion=False, no_args_is_help=True, help="Settings in force, and whether everything answers.")


@app.callback()
def config() -> None:
    """Settings in force, and whether everything answers."""


@app.command()
def check(as_json: Json = False) -> None:
    """Every setting and where it comes from; then Kafka, both databases, CEE's views, blobs and the roles. Exit code 1 or 3 if not well."""
    values = settings()
    whose, token = _token()
    shown = described(values, whose)
    found = asyncio.run(_checks(values)) | {"control": _role("control"), "source": _role("source"), "operator token": token}
    if as_json:
        show_json({"settings": shown, "checks": found})
    else:
        table(("setting", "value", "from"), [(row["name"], row["value"], row["from"]) for row in shown])
        say("")
        table(("part", "state"), found.items())
    if any(state.startswith("does not answer") for state in found.values()):
        raise typer.Exit(NOT_REACHABLE)
    if any(state != "ok" for state in found.values()):
        raise typer.Exit(NOT_AS_WANTED)


def described(values: Settings, whose: str) -> list[dict[str, str]]:
    """Name, value without secrets, and where it comes from. `whose`: what is shown of a token that is set."""
    given = read_environment()
    stack = (values.home / "stack.json").exists()
    rows = {
        "kafka": values.kafka.bootstrap,
        "topic_prefix": values.kafka.topic_prefix,
        "session_timeout_s": f"{values.kafka.session_timeout_s:g}",
        "database_url": safe(values.database_url),
        "cee_database_url": safe(values.cee_database_url),
        "blobs": str(values.blobs),
        "gateway": f"{values.gateway.host}:{values.gateway.port}",
        "control": f"{values.control.host}:{values.control.port}",
        "source": f"{values.source.host}:{values.source.port}",
        "operator_token": whose if values.operator_token else "(not set)",
        "installation": values.installation,
        "instance": values.instance,
        "home": str(values.home),
    }
    embedded = ("kafka", "database_url", "cee_database_url", "blobs", "gateway", "control", "source", "operator_token")
    origin = {name: "environment" if name in given else "running stack" if stack and name in embedded else "default" for name in rows}
    return [{"name": PREFIX + name.upper(), "value": value, "from": origin[name]} for name, value in rows.items()]


async def _checks(values: Settings) -> dict[str, str]:
    async def kafka() -> str:
        await topics_present(values.kafka)
        return "ok"

    async def ours() -> str:
        return await _ask(values.database_url, SQL.ours, "`ceebus db upgrade` has not been run")

    async def cee() -> str:
        return await _ask(values.cee_database_url, SQL.beside_cee, "`ceebus db upgrade` has not been run")

    async def views() -> str:
        return await _ask(values.cee_database_url, SQL.views, "CEE does not offer all of its views")

    asked: dict[str, Callable[[], Awaitable[str]]] = {"kafka": kafka, "database": ours, "cee database": cee, "cee views": views}
    found = {name: await _answered(ask) for name, ask in asked.items()}
    writable = os.access(values.blobs if values.blobs.exists() else values.blobs.absolute().parent, os.W_OK)
    return found | {"blobs": "ok" if writable else f"{values.blobs} can't be written"}


async def _ask(url: str, query: str, otherwise: str) -> str:
    connection = await connect(url, application="ceebus-check")
    try:
        return "ok" if await connection.fetchval(query) else otherwise
    finally:
        await connection.close()


async def _answered(ask: Callable[[], Awaitable[Any]]) -> str:
    try:
        async with asyncio.timeout(15):
            return str(await ask())
    except Exception as error:  # whatever is wrong with a part is what this command is asked for
        return f"does not answer: {error or type(error).__name__}"


def _role(name: str) -> str:
    try:
        asked = role(name)
        asked.timeout_s = 10
        asked.ask("GET", "/readyz")
    except Failure as failure:
        return _said(failure)
    return "ok"


def _said(failure: Failure) -> str:
    return f"does not answer: {failure.text}" if failure.exit_code == NOT_REACHABLE else failure.text


def _token() -> tuple[str, str]:
    """What control knows of our token: to be shown as its value, and whether it is any good."""
    try:
        asked = role("control")
        asked.timeout_s = 10
        known = asked.get("whoami")
    except Failure as failure:
        return "(set)", _said(failure)
    return f"(set: {known['name']}, {known['role']})", "ok"
