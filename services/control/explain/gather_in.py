"""Gathers what is known of one upload: Kafka, then CEE, then our tables, and the object it has become. Called by explanation.py."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from schemas import topics
from schemas.channel import encode_channel
from schemas.export.results import key_of
from services.control.cee import CeeAway
from services.control.explain.facts import Inbound
from services.control.explain.gather import CEE, OURS, SEARCH_S, channel_facts, committed, in_cee, ours, place
from services.control.explain.gather_out import gather_out
from services.control.known import Known
from services.control.parts import Parts
from services.kernel.kafka import Partition, Unreachable, partition_for
from services.kernel.kafka_search import Sought, newest_of_keys

_BACK_AS = {"partners": "partners", "documents": "sales-documents", "attachments": "attachments"}  # visits do not come back
_DEVICE = "device/"
_LOOK_BACK = 5_000  # records behind the reader that are looked through as well


async def gather_in(parts: Parts, known: Known, kind: str, key: str) -> Inbound:
    """Everything way_in decides by. `key`: a source_id, a number of CEE or of the device."""
    found = Inbound(await channel_facts(parts, known, "import", kind), kind, key, await _source_id(parts, known.id, kind, key))
    if found.source_id is None:
        return found
    if known.active and known.on_bus:
        await _log(parts, known.id, found, found.source_id)
    object_ = (known.id, kind, UUID(found.source_id))
    try:
        found.waiting = await in_cee(parts, CEE.waiting, *object_)
        found.inbox = await in_cee(parts, CEE.inbox, *object_)
        found.answer = await in_cee(parts, CEE.answer, *object_)
        found.imported = await in_cee(parts, CEE.imported, *object_)
    except CeeAway:
        found.cee_away = True
    found.upload = await ours(parts, OURS.upload, *object_)
    await _sender(parts, known, found)
    return found


async def _source_id(parts: Parts, channel: str, kind: str, key: str) -> str | None:
    """None: nothing is known under this number."""
    try:
        return str(UUID(key))
    except ValueError:
        row = await ours(parts, OURS.source_of_number, channel, kind, key)
    if row is None:
        try:
            row = await in_cee(parts, CEE.source_of_number, channel, kind, key)
        except CeeAway:
            return None
    return str(row["source_id"]) if row is not None else None


async def _log(parts: Parts, channel: str, found: Inbound, source_id: str) -> None:
    """Importer in mobile.*, writer in import.*, feed in results.*; all None when Kafka does not answer."""
    kafka, key = parts.settings.kafka, source_id.encode()
    number = partition_for(key, topics.IMPORT_PARTITIONS)
    read = (topics.mobile(channel, found.kind), number)
    write, told = (topics.importing(channel, found.kind), number), (topics.results(channel), 0)
    try:
        importer = await committed(kafka, f"ceebus.import.{encode_channel(channel)}")
        writer, feed = await committed(kafka, "ceebus.writer"), await committed(kafka, "ceebus.feed")
        sought = {
            read: Sought(key, since=_from(read, importer[0])),
            write: Sought(key, since=_from(write, writer[0])),
            told: Sought(),
        }
        bounds = await newest_of_keys(kafka, sought, SEARCH_S)
        written = await parts.cee.fetch(CEE.writer_offsets, write[0], limit_s=5)
    except (Unreachable, CeeAway):
        return
    # what has its effect counts, not the copy in Kafka, which may be a batch behind
    reached = {(write[0], row["topic_partition"]): row["next_offset"] for row in written}
    found.importer = place(read, bounds[read], *importer)
    found.writer = place(write, bounds[write], reached or writer[0], writer[1])
    found.results = place(told, bounds[told], *feed)


def _from(partition: Partition, reached: Mapping[Partition, int]) -> int:
    return max(reached.get(partition, 0) - _LOOK_BACK, 0)


async def _sender(parts: Parts, known: Known, found: Inbound) -> None:
    """The answer in the sender's feed, the device, and how the object comes back to it."""
    word = found.upload or found.answer or found.waiting
    device = str(word["sender"]).removeprefix(_DEVICE) if word is not None and str(word["sender"]).startswith(_DEVICE) else None
    if word is not None and found.source_id is not None:
        found.told = await ours(parts, OURS.answer, known.id, key_of(word["sender"], found.source_id, word["revision"]))
    if device is not None:
        found.sender = await ours(parts, OURS.device, device)
    if found.imported is not None and found.kind in _BACK_AS:
        found.back = await gather_out(parts, known, _BACK_AS[found.kind], found.imported["key"], device)
