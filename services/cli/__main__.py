"""The `ceebus` command: its groups, and what every one of them shares. Started by services/launch.py, which adds its own groups.

A new group is a file in this folder and one line in GROUPS.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from services.cli.failure import Failure
from services.cli.lazy import Group, LazyGroup

GROUPS: dict[str, Group] = {
    "status": Group("services.cli.status", "Where the objects of each channel are, kind by kind."),
    "explain": Group("services.cli.explain", "Why one object has not arrived: its way, and the first obstacle."),
    "channel": Group("services.cli.channel", "Sales channels as CEE states them."),
    "device": Group("services.cli.device", "Devices of the reps: enrol, look, revoke."),
    "client": Group("services.cli.clients", "Clients of the back-office app: add, look, revoke."),
    "due": Group("services.cli.due", "Records and uploads that could not be delivered: look, retry, confirm, discard."),
    "export": Group("services.cli.export", "Transfers from CEE as runs: since the last transfer, anytime, or a moment."),
    "replay": Group("services.cli.replay", "Send again, to one device or one subscriber."),
    "import": Group("services.cli.imports", "Uploads on their way into CEE, kind by kind."),
    "runs": Group("services.cli.runs", "Runs: list, show, watch, cancel, resume."),
    "mode": Group("services.cli.mode", "Live, scheduled or on demand, for each channel and direction."),
    "hold": Group("services.cli.hold", "Stop a channel's direction at the next batch border."),
    "release": Group("services.cli.release", "Let a held direction flow again."),
    "markers": Group("services.cli.markers", "The last transfer of each channel: show, history, diff, restore."),
    "results": Group("services.cli.results", "What became of each upload."),
    "queue": Group("services.cli.queues", "Processing queues: slots, pauses, what is at work and what waits."),
    "schedule": Group("services.cli.schedules", "Schedules: runs that are asked for by the clock."),
    "ingest": Group("services.cli.ingest", "Send a file of changes for a kind that comes from no CEE view."),
    "contracts": Group("services.cli.contracts", "What travels: published JSON Schemas, and checking against them."),
    "topics": Group("services.cli.topics", "Kafka topics: what is missing, and creating it. Never deletes."),
    "token": Group("services.cli.token", "Operators' tokens and roles: add, list, revoke."),
    "audit": Group("services.cli.audit", "Who did what, and why."),
    "config": Group("services.cli.config", "Settings in force, and whether everything answers."),
}


def application(groups: Mapping[str, Group]) -> LazyGroup:
    """The command with these groups."""
    app = typer.Typer(cls=LazyGroup, no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False)

    @app.callback()
    def ceebus(
        home: Annotated[
            Path | None, typer.Option("--home", help="Folder of the embedded stack, .ceebus unless CEEBUS_HOME says else.")
        ] = None,
    ) -> None:
        """ceebus keeps Comarch ERP Enterprise and the devices of its sales reps in step."""
        if home is not None:
            os.environ["CEEBUS_HOME"] = str(home)

    command = typer.main.get_command(app)
    assert isinstance(command, LazyGroup)
    command.offer(groups)
    return command


def run(
    groups: Mapping[str, Group], arguments: Sequence[str], translated: Callable[[Exception], Failure | None] = lambda _error: None
) -> int:
    """Runs one command line; answers the exit code: 0 done, 1 result not as wanted, 2 usage, 3 not reachable.

    `translated` knows what errors of the added groups mean.
    """
    try:
        application(groups).main(list(arguments), prog_name="ceebus")
    except Failure as failure:
        report(failure, as_json="--json" in arguments)
        return failure.exit_code
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except Exception as error:
        known = translated(error)
        if known is None:
            raise
        report(known, as_json="--json" in arguments)
        return known.exit_code
    return 0


def report(failure: Failure, as_json: bool) -> None:
    """What went wrong and what to do about it; with --json on standard output, as the result would have been."""
    if as_json:
        error = {"code": failure.code, "text": failure.text, "next": failure.following}
        typer.echo(json.dumps({"error": error}, ensure_ascii=False))
        return
    typer.secho(f"error: {failure.text} [{failure.code}]", err=True, fg="red")
    if failure.following:
        typer.echo(f"next:  {failure.following}", err=True)


if __name__ == "__main__":
    sys.exit(run(GROUPS, sys.argv[1:]))
