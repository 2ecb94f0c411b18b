"""The command `ceebus`, and the only module that may import roles: `ceebus run ROLE` loads the one that is asked for.

The groups of services/cli speak HTTP to control; those of services/sandbox/commands look after what stands around ceebus.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from services.cli.__main__ import GROUPS as CLI
from services.cli.__main__ import run as run_command
from services.cli.failure import NOT_REACHABLE, Failure
from services.cli.lazy import Group

ROLES = ("source", "exporter", "feed", "gateway", "importer", "writer", "control")
_COMMANDS = "services.sandbox.commands"
GROUPS: dict[str, Group] = {
    "up": Group(f"{_COMMANDS}.up", "Start everything and stay until Ctrl-C."),
    "demo": Group(f"{_COMMANDS}.demo", "From nothing to devices in step, and a table that proves it."),
    "run": Group("services.launch", "One role in this process."),
    **CLI,
    "db": Group(f"{_COMMANDS}.db", "Database schemas: what is missing, and applying it."),
    "cee": Group(f"{_COMMANDS}.cee", "The reference CEE, as its administrator would use it."),
    "generate": Group(f"{_COMMANDS}.generate", "A sample company for the reference CEE."),
}
# by name: importing their modules here would cost every command what only some of them need
_NOT_REACHABLE = ("MissingSetting", "Unreachable")
_STACK = ("StackError", "HomeInUse")

app = typer.Typer(add_completion=False)


@app.command()
def run(
    role: Annotated[str, typer.Argument(help=f"{', '.join(ROLES)}.")],
    queue: Annotated[str | None, typer.Option(help="Processing queue that this exporter or importer works for.")] = None,
) -> None:
    """One role in this process, until SIGTERM: what service units and containers start."""
    if queue is not None:
        os.environ["CEEBUS_QUEUE"] = queue
    if role not in ROLES:
        raise Failure("role_unknown", f"There is no role {role}.", f"Roles: {', '.join(ROLES)}.", 2)
    import_module("services.kernel.role").run(role, import_module(f"services.{role}.__main__").serve)


def execute(arguments: Sequence[str]) -> int:
    """Runs one command line and answers its exit code."""
    return run_command(GROUPS, arguments, translated)


def translated(error: Exception) -> Failure | None:
    """What errors of servers, stack and sandbox commands mean for the person at the keyboard; None for a fault of ours."""
    name = type(error).__name__
    if name == "CommandFailed":
        return Failure(*(getattr(error, part) for part in ("code", "text", "following", "exit_code")))
    if name in _NOT_REACHABLE:
        return Failure("not_reachable", str(error), "`ceebus config check` shows what answers.", NOT_REACHABLE)
    if name in _STACK:
        return Failure("stack_failed", str(error), "", NOT_REACHABLE)
    return None


def main() -> None:
    """The entry point."""
    sys.exit(execute(sys.argv[1:]))


if __name__ == "__main__":
    main()
