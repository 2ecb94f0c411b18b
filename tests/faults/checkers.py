"""The five checkers of faults.md 2 for the way from CEE to the devices. Each returns what is wrong, in words; empty = passed.

They want a quiet system: nothing on its way, devices pulled. `journal_cee.sql` and `journal_ours.sql` were applied before anything
was changed, so that they know every commit in CEE and every position the feed ever gave out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from schemas import topics
from schemas.channel import encode_channel
from schemas.export.registry import EXPORT
from schemas.topics import KINDS
from services.kernel.kafka_admin import group_offsets, log_bounds
from services.kernel.postgres import Pool, Queries, Row
from services.kernel.settings import Kafka
from services.sandbox.device.device import Device
from services.sandbox.expected.comparison import compare
from services.sandbox.expected.expectation import expected
from tests.faults.log import read_log, version_of

SQL = Queries(Path(__file__).with_name("checkers.sql"))
READ_NUMBER = (1 << 48) - 1  # the lower part of an object version
Key = tuple[str, str]  # kind, key
Devices = Mapping[str, Device]  # by rep


async def loss(cee: Pool, ours: Pool, channel: str) -> list[str]:
    """L: every committed change, or a newer state of its object, is in the feed, waits, is due or was refused for good."""
    known = await _known(ours, channel)
    published = {(row["kind"], row["key"]): row for row in await cee.fetch(SQL.published, channel)}
    wrong = [
        f"{kind} {key}: published as {row['objectversion']}, known is {known.get((kind, key))}"
        for (kind, key), row in published.items()
        if known.get((kind, key), 0) < row["objectversion"]
    ]
    for row in await cee.fetch(SQL.changes, channel):
        where = (row["kind"], row["key"])
        if known.get(where, 0) & READ_NUMBER <= row["read_number"] and not await _is_nothing(cee, channel, where, published.get(where)):
            wrong.append(f"{where}: changed after read {row['read_number']}, known is {known.get(where, 0) & READ_NUMBER}")
    return wrong


async def _known(ours: Pool, channel: str) -> dict[Key, int]:
    return {(row["kind"], row["key"]): row["objectversion"] for row in await ours.fetch(SQL.known, channel)}


async def _is_nothing(cee: Pool, channel: str, where: Key, published: Row | None) -> bool:
    """An object that the channel neither has nor knows of: its change is nobody's business."""
    view = "cee." + where[0].replace("-", "_")
    there = f"select exists(select from {view} where channel = $1 and key = $2 and (member or body ->> 'stub' = 'true'))"
    return (published is None or published["removed"]) and not await cee.fetchval(there, channel, where[1])


async def duplicates(ours: Pool, channel: str, devices: Devices) -> list[str]:
    """D: one row a record of the log, one position a state, and no device applied a state more often than the feed showed it."""
    wrong = [f"one record, several rows: {tuple(row)}" for row in await ours.fetch(SQL.same_origin, channel)]
    wrong += [f"one state, several positions: {tuple(row)}" for row in await ours.fetch(SQL.repeated_moves, channel)]
    shown = Counter((row["kind"], row["key"], row["op"], row["hash"]) for row in await ours.fetch(SQL.moves, channel))
    for rep, device in devices.items():
        applied = Counter((entry.kind, entry.key, entry.op, entry.hash) for entry in device.log() if entry.op != "delete")
        wrong += [
            f"device of {rep}: {state} {count} times, shown {shown[state]}" for state, count in applied.items() if count > shown[state]
        ]
    return wrong


async def order(ours: Pool, channel: str, devices: Devices) -> list[str]:
    """O: versions of an object never fall, positions are given in commit order without holes, parents before children."""
    moves = await ours.fetch(SQL.moves, channel)
    last = await ours.fetchval(SQL.last, channel)
    places = [row["position"] for row in moves]
    wrong = [] if places == list(range(1, (last or 0) + 1)) else [f"positions are not 1 to {last} once each: {_holes(places, last or 0)}"]
    spans: dict[str, tuple[int, int, int]] = {}
    for row in moves:
        first, low, high = spans.get(row["txid"], (row["n"], row["position"], row["position"]))
        spans[row["txid"]] = (min(first, row["n"]), min(low, row["position"]), max(high, row["position"]))
    reached = 0
    for _, low, high in sorted(spans.values()):
        wrong += [f"positions {low} to {high} were given after {reached}"] if low <= reached else []
        reached = high
    wrong += _falling(moves) + _orphans(moves)
    for rep, device in devices.items():
        cuts = [entry.position for entry in device.log()]
        wrong += [f"device of {rep}: cuts out of order"] if cuts != sorted(cuts) else []
    return wrong


def _holes(places: list[int], last: int) -> str:
    counted = Counter(places)
    return f"absent {sorted(set(range(1, last + 1)) - set(places))[:10]}, repeated {[p for p, n in counted.items() if n > 1][:10]}"


def _falling(moves: list[Row]) -> list[str]:
    highest: dict[Key, int] = {}
    wrong = []
    for row in moves:
        where = (row["kind"], row["key"])
        if row["objectversion"] < highest.get(where, 0):
            wrong.append(f"{where}: version {row['objectversion']} at {row['position']} after {highest[where]}")
        highest[where] = row["objectversion"]
    return wrong


def _orphans(moves: list[Row]) -> list[str]:
    """What was shown before something it needs."""
    live: set[Key] = set()
    wrong = []
    for row in moves:
        where = (row["kind"], row["key"])
        if row["removed"]:
            live.discard(where)
            continue
        if row["op"] == "upsert" and row["kind"] in EXPORT:
            needed = EXPORT[row["kind"]].needs(orjson.loads(row["body"]))
            wrong += [f"{where} at {row['position']} before {parent}" for parent in needed if parent not in live and parent != where]
        live.add(where)
    return wrong


async def convergence(cee: Pool, ours: Pool, channel: str, devices: Devices) -> list[str]:
    """C: SQL over CEE's tables, the feed and each device say the same; no device has a reference that leads nowhere."""
    feed = await ours.fetch(SQL.shown, channel)
    async with cee.acquire() as connection:
        wanted = {rep: await expected(connection, channel, rep) for rep in (None, *devices)}
    wrong = [f"feed: {found}" for found in compare(wanted[None], _bodies(feed))]
    for rep, device in devices.items():
        wrong += [f"device of {rep}: {found}" for found in compare(wanted[rep], {kind: device.rows(kind) for kind in KINDS})]
        wrong += [f"device of {rep}: {found}" for found in device.store.dangling()]
        given = {(row["kind"], row["key"]): row["hash"] for row in feed if row["audience"] is None or rep in row["audience"]}
        have = {(kind, key): body.get("content_hash") for kind in KINDS for key, body in device.rows(kind).items()}
        # a device that never had an object is not told of its deactivation, and keeps what it had of one
        wrong += [f"device of {rep}: {key} is not as in the feed" for key in given.keys() & have.keys() if given[key] != have[key]]
        wrong += [f"device of {rep}: {key} is not in the feed" for key in have.keys() - given.keys()]
    return wrong


def _bodies(feed: list[Row]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    for row in feed:
        found[row["kind"]][row["key"]] = orjson.loads(row["body"])
    return found


async def markers(ours: Pool, kafka: Kafka, channel: str) -> list[str]:
    """M: no marker is ahead of what is durable: behind the exporter's every record was answered, behind the feed's it is known."""
    rows = {(row["lane"], row["topic"], row["topic_partition"]): row["next_offset"] for row in await ours.fetch(SQL.offsets)}
    exporter = {at: offset for at, (offset, _) in (await group_offsets(kafka, f"ceebus.export.{encode_channel(channel)}")).items()}
    copies = {at: offset for at, (offset, _) in (await group_offsets(kafka, "ceebus.feed")).items()}
    known, log = await _known(ours, channel), await read_log(kafka, channel)
    answered = {version_of(at[0], record) for at, records in log.items() if not at[0].startswith("cee.") for record in records}
    bounds = await log_bounds(kafka, list(log))
    wrong = [f"{tuple(row)}: in the feed, not behind its offset" for row in await ours.fetch(SQL.ahead, channel, encode_channel(channel))]
    for at, records in log.items():
        lane, marker = ("feed", rows.get(("feed", *at), 0))
        if topics.parse(at[0])[0] == "cee":
            lane, marker = (f"export.{channel}", exporter.get(at, 0))
        copy = copies.get(at, 0) if lane == "feed" else rows.get((lane, *at), 0)
        wrong += [f"{at}: {lane} stands at {marker}, the log ends at {bounds[at][1]}"] if marker > bounds[at][1] else []
        wrong += [f"{at}: {lane} stands at {marker}, its copy at {copy}"] if copy > marker else []
        for record in records[: max(0, marker - bounds[at][0])]:
            kind, key, version = version_of(at[0], record)
            done = (kind, key, version) in answered if lane != "feed" else known.get((kind, key), 0) >= version
            wrong += [] if done else [f"{at} {record.offset}: {lane} passed {kind} {key} {version} without an effect"]
    return wrong
