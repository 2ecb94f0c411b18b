"""The first stages of every way: the channel, and what an operator wants of the direction. Pure."""

from __future__ import annotations

from services.control.explain.facts import ChannelFacts, Place
from services.control.explain.finding import Finding, told


def channel_step(channel: ChannelFacts) -> Finding:
    """An inactive channel keeps everything back, also what could go on."""
    facts = {"channel": channel.id}
    if channel.in_cee is False:
        return Finding("channel", False, "channel_gone", facts)
    if channel.invalid is not None:
        # the bus keeps the last valid settings, so a channel that is there goes on with those
        return Finding(
            "channel", None if channel.on_bus and channel.active else False, "channel_invalid", facts | {"fault": channel.invalid}
        )
    if not channel.active:
        return Finding("channel", False, "channel_inactive", facts)
    if not channel.on_bus:
        return Finding("channel", False, "channel_not_on_bus", facts)
    return Finding("channel", True, "channel_active", facts)


def transfer_step(channel: ChannelFacts, direction: str, keeps: bool) -> Finding:
    """`keeps`: the object is before the direction's lane, so a lane that stands is what keeps it; otherwise it is a remark."""
    row = channel.transfer
    ok = False if keeps else None
    facts = {"channel": channel.id, "direction": direction}
    if row is None:
        return Finding("transfer", True, "transfer_goes_on", facts | {"mode": "live"})
    facts |= told(row, "mode", "queue", "reason", "held_by", "held_at")
    if row["detached"]:
        return Finding("transfer", ok, "transfer_detached", facts)
    if row["held"]:
        return Finding("transfer", ok, "transfer_held", facts)
    if row["mode"] == "live":
        return Finding("transfer", True, "transfer_goes_on", facts)
    run = channel.run
    if run is not None and run["state"] == "running":
        return Finding("transfer", True, "transfer_run_at_work", facts | told(run, "run"))
    if run is not None and run["state"] == "waiting":
        code = "transfer_queue_paused" if row["paused"] else "transfer_run_waits"
        return Finding("transfer", ok, code, facts | told(run, "run", "code", "queue"))
    if channel.schedule is not None:
        return Finding("transfer", ok, "transfer_scheduled", facts | told(channel.schedule, "name", "next_at"))
    return Finding("transfer", ok, "transfer_on_demand", facts)


def reader_step(stage: str, place: Place | None, keeps: bool, kept_by_operator: bool) -> Finding:
    """A lane: `<stage>_done`, `<stage>_behind`, `<stage>_stopped`. Kept by an operator, it is not to blame."""
    if place is None:
        return Finding(stage, None, "kafka_away") if keeps else Finding(stage, True, f"{stage}_done")
    if not keeps:
        return Finding(stage, True, f"{stage}_done", place.facts())
    if kept_by_operator:
        return Finding(stage, None, f"{stage}_behind", place.facts())
    return Finding(stage, False, f"{stage}_behind" if place.members else f"{stage}_stopped", place.facts())
