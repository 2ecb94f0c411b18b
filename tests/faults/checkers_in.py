"""The five checkers of faults.md 2 for the way from the devices into CEE. Each returns what is wrong, in words; empty = passed.

They want a quiet system: nothing on its way, nothing waiting, devices pulled. It is one thing: five questions to one set of witnesses.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from schemas.channel import encode_channel
from schemas.envelope import header
from services.kernel.kafka import Partition, Record
from services.kernel.kafka_admin import group_offsets, log_bounds
from services.kernel.postgres import Pool, Queries, Row
from services.kernel.settings import Kafka
from services.sandbox.device.device import Device
from services.sandbox.device.store import ANSWERS
from services.sandbox.device.uploads import Sent
from tests.faults.log import read_log

SQL = Queries(Path(__file__).with_name("checkers_in.sql"))
BORN = ("partners", "documents", "attachments")  # what comes back from CEE; visits never do
Pair = tuple[str, str]  # upload id, sender
Place = tuple[str, str]  # kind, source_id
Phones = Mapping[str, Device]


@dataclass(frozen=True)
class Books:
    """Who is asked: both databases and the broker, about one channel. `before`: objects that say they were born on a device, and were
    there before anybody uploaded anything."""

    cee: Pool
    ours: Pool
    kafka: Kafka
    channel: str
    before: frozenset[Place] = frozenset()


async def loss(books: Books, phones: Phones) -> list[str]:
    """L: every upload the gateway took has exactly one final answer: in CEE, in the operators' list and on its device, the same."""
    ends = _by_pair(await books.cee.fetch(SQL.inbox, books.channel))
    listed = {(row["upload_id"], row["sender"]): row for row in await books.ours.fetch(SQL.listed, books.channel)}
    finals = Counter((row["upload_id"], row["sender"]) for row in await books.cee.fetch(SQL.answers, books.channel) if row["final"])
    wrong = [f"waits still: {tuple(row)}" for row in await books.cee.fetch(SQL.waiting, books.channel)]
    wrong += [f"{pair}: {count} final answers" for pair, count in finals.items() if count != 1]
    wrong += [f"{pair}: an end without an answer" for pair in ends.keys() - finals.keys()]
    senders = [sender_of(phone) for phone in phones.values()]  # a cloned database has uploads that the first one sent
    for name, phone in phones.items():
        told: Counter[tuple[str, int]] = Counter(
            (said["source_id"], said["revision"]) for said in phone.uploads.results().values() if said["final"]
        )
        for upload in phone.uploads.all():
            wrong += [f"{name}: {fault}" for fault in _unsettled(upload, [sender_of(phone), *senders], ends, listed)]
            if upload.state == "final" and told[upload.source_id, upload.revision] != 1:
                wrong.append(f"{name}: {upload} has {told[upload.source_id, upload.revision]} final results")
    return wrong


def _unsettled(upload: Sent, senders: Sequence[str], ends: Mapping[Pair, Row], listed: Mapping[Pair, Row]) -> Iterable[str]:
    if upload.state == "refused":
        return
    if upload.state != "final" or upload.upload_id is None:
        yield f"no final state: {upload}"
        return
    for where, rows in (("inbox", ends), ("list", listed)):
        row = next((row for sender in senders if (row := rows.get((upload.upload_id, sender)))), None)
        said = (row["outcome"], row["code"]) if row else None
        if said != (upload.outcome, upload.code):
            yield f"{where} says {said}: {upload}"


async def duplicates(books: Books, phones: Phones) -> list[str]:
    """D: CEE has each imported object exactly once and nothing else, under numbers of its own that leave no hole."""
    born = Counter(await born_in_cee(books))
    known = {(row["kind"], row["source_id"]) for row in await books.cee.fetch(SQL.imported, books.channel)}
    wrong = [f"{count} objects in CEE: {place}" for place, count in born.items() if count != 1]
    wrong += [f"in CEE, not imported: {place}" for place in born.keys() - known - books.before]
    for name, phone in phones.items():
        made = born_here(phone)
        objects = {place for u in phone.uploads.all() if u.outcome == "imported" and (place := (u.kind, u.source_id)) in made}
        wrong += [f"{name}: imported, not in CEE: {place}" for place in objects - born.keys()]
    wrong += [f"taken twice: {tuple(row)}" for row in await books.cee.fetch(SQL.taken_twice, books.channel)]
    numbers = await books.cee.fetch(SQL.numbers, books.channel)
    wrong += [f"numbers with holes: {tuple(row)}" for row in numbers if row["count"] != row["span"]]
    return wrong


async def born_in_cee(books: Books) -> list[Place]:
    """What CEE has from devices, one for each object."""
    return [(row["kind"], row["source_id"]) for row in await books.cee.fetch(SQL.born, books.channel)]


async def order(books: Books, phones: Phones) -> list[str]:
    """O: uploads of an object keep their order from topic to topic, CEE's state of it is that of the highest revision that was
    imported, no child was imported before its parent."""
    answers = await books.cee.fetch(SQL.answers, books.channel)
    steps: dict[tuple[str, str], list[int]] = defaultdict(list)
    when: dict[str, int] = {}
    for row in answers:
        if row["outcome"] == "imported":
            steps[row["kind"], row["source_id"]].append(row["revision"])
            when.setdefault(row["source_id"], row["id"])
    wrong = [f"revisions fall: {place} {revisions}" for place, revisions in steps.items() if revisions != sorted(set(revisions))]
    for row in await books.cee.fetch(SQL.imported, books.channel):
        highest = max(steps.get((row["kind"], row["source_id"]), [0]))
        wrong += [f"CEE has revision {row['revision']}, imported was {highest}: {tuple(row)}"] if row["revision"] != highest else []
    wrong += _turned(await read_log(books.kafka, books.channel, ("mobile", "import")))
    wrong += await _wrong_visits(books, phones)
    for name, phone in phones.items():
        for upload in phone.uploads.all():
            parent = _parent(phone, upload) if upload.outcome == "imported" else None
            if parent in when and when[upload.source_id] < when[parent]:
                wrong.append(f"{name}: imported before its parent {parent}: {upload}")
    return wrong


def _turned(log: Mapping[Partition, list[Record]]) -> list[str]:
    """Objects whose uploads the importer passed on in another order than they came; repeats don't count."""
    seen: dict[str, dict[tuple[Any, ...], list[str]]] = {"mobile": defaultdict(list), "import": defaultdict(list)}
    for (topic, partition), records in log.items():
        stream, _, rest = topic.partition(".")
        for record in records:
            ids, pair = seen[stream][rest, partition, record.key], "/".join(pair_of(record))
            ids += [] if pair in ids else [pair]
    return [f"{key}: came as {ids}, went as {seen['import'][key]}" for key, ids in seen["mobile"].items() if seen["import"][key] != ids]


async def _wrong_visits(books: Books, phones: Phones) -> list[str]:
    """Visits that do not look in CEE as their device said last of what was imported."""
    have = {row["source_id"]: row for row in await books.cee.fetch(SQL.visits, books.channel)}
    said: dict[str, tuple[int, dict[str, Any]]] = {}
    for phone in phones.values():
        done = {(u.source_id, u.revision) for u in phone.uploads.all() if u.kind == "visits" and u.outcome == "imported"}
        for source_id, body in phone.store.fetch(ANSWERS.sent):
            record = orjson.loads(body)
            if (source_id, record["revision"]) in done and record["revision"] > said.get(source_id, (0, {}))[0]:
                said[source_id] = record["revision"], record
    return [
        f"visit {source_id}: CEE has {tuple(have[source_id])}, revision {revision} said {body['status']}"
        for source_id, (revision, body) in said.items()
        if source_id in have and (have[source_id]["status"], have[source_id]["origin_revision"]) != (body["status"], revision)
    ]


def _parent(phone: Device, upload: Sent) -> str | None:
    """The source_id by which an upload names what it belongs to; None: nothing born on a device."""
    body = orjson.loads(phone.store.fetch("select body from outbox where seq = ?", upload.seq)[0][0])
    named = body.get("partner") or body.get("owner_key")
    return str(named) if named and len(named) == 36 else None


async def convergence(books: Books, phones: Phones) -> list[str]:
    """C: no reference of what was imported is broken, and each device shows what it made exactly once, as CEE has it; what has left
    for other reps since then may be shown as it was made."""
    wrong = [f"{row['object']} names {row['missing']}, which is not there" for row in await books.cee.fetch(SQL.dangling, books.channel)]
    returned = {row["source_id"]: row["audience"] for row in await books.ours.fetch(SQL.returned, books.channel)}
    for name, phone in phones.items():
        wrong += [f"{name}: {found} leads nowhere" for found in phone.store.dangling()]
        rep = phone.store.recall("rep")
        for kind in BORN:
            shown, made = phone.uploads.shown(kind), born_here(phone)
            for one in {
                u.source_id for u in phone.uploads.all() if (u.kind, u.outcome) == (kind, "imported") and (kind, u.source_id) in made
            }:
                audience = returned.get(one, ())
                wanted = [["confirmed"]] if audience is None or rep in audience else [["local"], None]
                wrong += [f"{name}: {kind} {one} is shown as {shown.get(one)}"] if shown.get(one) not in wanted else []
    return wrong


async def markers(books: Books) -> list[str]:
    """M: the importer's marker has nothing before it that was not passed on, the writer's row nothing without its effect, and every
    effect lies before the row; what is marked as sent is on results.*; Kafka's copies and the mirror are not ahead."""
    group = f"ceebus.import.{encode_channel(books.channel)}"
    importer = {at: offset for at, (offset, _) in (await group_offsets(books.kafka, group)).items()}
    copies = {at: offset for at, (offset, _) in (await group_offsets(books.kafka, "ceebus.writer")).items()}
    mirror = _places(await books.ours.fetch(SQL.offsets, f"import.{books.channel}"))
    rows = _places(await books.cee.fetch(SQL.offsets, "writer"))
    sent = [row for row in await books.cee.fetch(SQL.answers, books.channel) if row["sent"]]
    effects = _by_pair([*await books.cee.fetch(SQL.inbox, books.channel), *await books.cee.fetch(SQL.waiting, books.channel)])
    log = await read_log(books.kafka, books.channel, ("mobile", "import", "results"))
    bounds = await log_bounds(books.kafka, list(log))
    passed_on = {pair_of(record) for at, records in log.items() if at[0].startswith("import.") for record in records}
    results = {header(record.headers, "ce_id") for at, records in log.items() if at[0].startswith("results.") for record in records}
    wrong = [f"sent, not on results.*: {tuple(row)}" for row in sent if f"{row['upload_id']}@{row['attempt']}".encode() not in results]
    for at, records in log.items():
        if at[0].startswith("results."):
            continue
        mobile = at[0].startswith("mobile.")
        marker, copy = (importer.get(at, 0), mirror.get(at, 0)) if mobile else (rows.get(at, 0), copies.get(at, 0))
        wrong += [f"{at}: stands at {marker}, the log ends at {bounds[at][1]}"] if marker != bounds[at][1] else []
        wrong += [f"{at}: stands at {marker}, its copy at {copy}"] if copy > marker else []
        done = passed_on if mobile else effects.keys()
        wrong += [f"{at} {r.offset}: passed without an effect" for r in records if r.offset < marker and pair_of(r) not in done]
        wrong += [f"{at} {r.offset}: an effect, not passed" for r in records if not mobile and r.offset >= marker and pair_of(r) in done]
    return wrong


def sender_of(phone: Device) -> str:
    return f"device/{phone.store.recall('device_id')}"


def born_here(phone: Device) -> set[Place]:
    """What was made on this device, edits of CEE's partners left out."""
    return set(phone.store.fetch("select kind, source_id from outbox where born"))


def pair_of(record: Record) -> Pair:
    return (header(record.headers, "ce_id") or b"").decode(), (header(record.headers, "ce_sender") or b"").decode()


def _by_pair(rows: Iterable[Row]) -> dict[Pair, Row]:
    return {(row["id"], row["sender"]): row for row in rows}


def _places(rows: Iterable[Row]) -> dict[Partition, int]:
    return {(row["topic"], row["topic_partition"]): row["next_offset"] for row in rows}
