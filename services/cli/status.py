"""`ceebus status`: where the objects are, kind by kind; and waiting until everything has arrived."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from services.cli.arrival import Waiting, channels
from services.cli.client import control
from services.cli.failure import NOT_AS_WANTED, NOT_REACHABLE, Failure
from services.cli.output import Json, cell, note, say, seconds, show_json, table

app = typer.Typer(add_completion=False)
_COLUMNS = ("=kind", ">in CEE", ">published", ">exported", ">feed", ">devices", ">due", ">lag", ">to feed", ">to device")
_NAMES = ("kind", "in_cee", "published", "exported", "feed", "on_devices", "due", "lag_records")


@app.command()
def status(
    channel: Annotated[str | None, typer.Argument(help="Only this channel.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Count now: costly figures are else some seconds old.")] = False,
    wait: Annotated[float, typer.Option(help="Wait up to so many seconds for what CEE holds now; exit code 1 if it has not arrived.")] = 0,
    as_json: Json = False,
) -> None:
    """Objects of each kind in CEE, on the bus, in the feed and on all devices; what is due, and what is on its way.

    lag: records on their way. devices: what every active device has in use. to feed, to device: age of the oldest change in CEE
    that is not on the feed, or that some active device has not acknowledged.
    """
    answer = control()
    arrived = Waiting(answer, channel).until(time.monotonic() + wait) if wait else True
    found = channels(answer, channel, fresh or bool(wait))
    if as_json:
        show_json(found)
    else:
        for one in found:
            _show(one)
        if not found:
            say("CEE has no channels yet.")
    if as_json:
        raise typer.Exit(0 if arrived else NOT_AS_WANTED)
    if not arrived:
        following = "The table shows where; the roles' logs are in the home."
        raise Failure("still_on_its_way", f"After {wait:g} s something is still on its way.", following)
    if any(one["away"] for one in found):
        raise Failure("part_away", "Some figures are missing: a part does not answer.", "`ceebus config check` shows which.", NOT_REACHABLE)


def _show(one: dict[str, Any]) -> None:
    rows = [[row[name] for name in _NAMES] + [seconds(row[age]) for age in ("feed_age_s", "device_age_s")] for row in one["kinds"]]
    table(_COLUMNS, rows, title=f"Channel {one['channel']}{'' if one['active'] else ' (inactive)'}")
    devices, outbox = one["devices"], one["outbox"]
    say(f"devices  {devices['active']} active, {devices['complete']} have everything")
    if outbox:
        say(f"outbox   {outbox['rows']:,} changes to publish" + (f", the oldest {seconds(outbox['age_s'])} ago" if outbox["rows"] else ""))
        if outbox["horizon_age_s"] > 5:
            say(f"         a transaction in CEE, open for {seconds(outbox['horizon_age_s'])}, holds later changes back")
    codes = [
        f"{row['kind']}: {', '.join(f'{code} {count}' for code, count in row['due_codes'].items())}" for row in one["kinds"] if row["due"]
    ]
    if codes:
        say("due      " + "\n         ".join(codes))
    for text in one["away"]:
        note(f"away     {cell(text)}")
    say("")
