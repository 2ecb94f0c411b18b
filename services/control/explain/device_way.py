"""The last stages of an export: the feed's row, whose it is, and who has it. Pure."""

from __future__ import annotations

from typing import Any

from services.control.explain.facts import Outbound
from services.control.explain.finding import Fields, Finding, told

ATTACHMENTS = "attachments"


def arrival(facts: Outbound) -> list[Finding]:
    """From the row of the feed on; without one it can't be told."""
    row = facts.feed
    if row is None:
        return [Finding("feed", None, "feed_unknown")]
    found = told(row, "objectversion", "position", "op", "hash", "event_at", "at", "topic_partition", "topic_offset")
    if row["removed"]:
        return [Finding("feed", None, "removed_in_feed", found)]
    code = "deactivated_in_feed" if row["op"] == "deactivate" else "in_feed"
    if facts.waiting is not None and facts.waiting["soft"]:
        code = "shortened_in_feed"
        found["missing"] = [f"{kind}/{key}" for kind, key in facts.waiting["missing"]]
    steps = [Finding("feed", code != "deactivated_in_feed", code, found)]
    if facts.asked is not None:
        return steps + _to_device(facts, row, facts.asked)
    return steps + _to_all(facts, row)


def _to_all(facts: Outbound, row: Fields) -> list[Finding]:
    """Every active device of the audience."""
    reps = row["audience"]
    if reps is not None and not reps:
        return [Finding("audience", False, "audience_nobody")]
    audience = Finding(
        "audience", True, "audience_channel" if reps is None else "audience_reps", {} if reps is None else {"reps": list(reps)}
    )
    if not facts.devices:
        return [audience, Finding("device", False, "device_none", {"channel": facts.channel.id} | audience.facts)]
    first = facts.devices[0]
    counts = {"total": first["total"], "behind": first["behind"], "position": row["position"]}
    if not first["behind"]:
        return [audience, Finding("device", True, "on_all_devices", counts)]
    slow = [told(device, "id", "rep", "acked", "last_seen_at") for device in facts.devices if device["acked"] < row["position"]]
    counts |= {"devices": [device["id"] for device in slow], "slowest": slow}
    return [audience, Finding("device", False, "devices_behind", counts)]


def _to_device(facts: Outbound, row: Fields, asked: str) -> list[Finding]:
    """The one that was named."""
    device = facts.device
    if device is None or device["channel"] != facts.channel.id:
        code = "device_unknown" if device is None else "device_of_other_channel"
        return [Finding("device", False, code, {"device": asked, "channel": facts.channel.id})]
    names = {"device": asked, "channel": facts.channel.id} | told(device, "rep", "state", "last_seen_at")
    audience = _audience(row, device["rep"])
    if device["state"] == "revoked":
        return [audience, Finding("device", False, "device_revoked", names | told(device, "revoked_at"))]
    if device["state"] == "enrolled":
        return [audience, Finding("device", False, "device_not_enrolled", names | told(device, "enrol_expires_at"))]
    return [audience, _acknowledged(facts.kind, row, device, names)]


def _audience(row: Fields, rep: str) -> Finding:
    reps, left = row["audience"], row["left_audience"] or ()
    found: dict[str, Any] = {"rep": rep} | ({} if reps is None else {"reps": list(reps)})
    if reps is None or rep in reps:
        return Finding("audience", True, "audience_channel" if reps is None else "audience_reps", found)
    if rep in left or "*" in left:
        return Finding("audience", False, "audience_left", found | told(row, "left_at"))
    return Finding("audience", False, "audience_other" if reps else "audience_nobody", found)


def _acknowledged(kind: str, row: Fields, device: Fields, names: dict[str, Any]) -> Finding:
    """By the group's position; one from another life of the feed or of the device's database says nothing."""
    found = names | {"position": row["position"]} | told(device, "acked_at")
    if device["acked_at"] is None:
        return Finding("device", False, "device_never_pulled", found)
    if not device["valid"]:
        return Finding("device", False, "device_starts_again", found)
    acked = device["attachments_position" if kind == ATTACHMENTS else "data_position"]
    found["acked"] = acked
    return Finding("device", acked >= row["position"], "on_device" if acked >= row["position"] else "device_behind", found)
