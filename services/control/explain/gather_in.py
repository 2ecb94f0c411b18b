"""Gathers what is known of one upload: Kafka, then CEE, then our tables, and the object it has become. Called by explanation.py."""

from __future__ import annotations

from uuid import UUID

from schemas import topics
from schemas.channel import encode_channel
from schemas.export.results import key_of
from services.control.cee import CeeAway
from services.control.explain.facts import Inbound
from services.control.explain.gather import CEE, CEE_S, OURS, SEARCH_S, channel_facts, in_cee, ours, place
from services.control.explain.gather_out import FEED, gather_out
from services.control.known import Known
from services.control.parts import Parts
from services.kernel.kafka import Partition, Unreachable, partition_for
from services.kernel.kafka_search import Found, Group, Sought, groups, newest_of_keys

_BACK_AS = {"partners": "partners", "documents": "sales-documents", "attachments": "attachments"}  # visits do not come back
WRITER = "ceebus.writer"
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
    kafka, key, importer = parts.settings.kafka, source_id.encode(), f"ceebus.import.{encode_channel(channel)}"
    number = partition_for(key, topics.IMPORT_PARTITIONS)
    read, write = (topics.mobile(channel, found.kind), number), (topics.importing(channel, found.kind), number)
    told = (topics.results(channel), 0)
    try:
        readers = await groups(kafka, [importer, WRITER, FEED])
        sought = {read: _from(key, read, readers[importer]), write: _from(key, write, readers[WRITER])}
        looked = await newest_of_keys(kafka, sought, SEARCH_S)
        ends = await parts.logs.ends([told[0]])
        rows = await parts.cee.fetch(CEE.writer_offsets, write[0], limit_s=CEE_S)
    except (Unreachable, CeeAway):
        return
    # what has its effect counts, not the copy in Kafka, which may be a batch behind
    writer = Group({(write[0], row["topic_partition"]): row["next_offset"] for row in rows}, readers[WRITER].members)
    found.importer = place(read, looked[read], readers[importer])
    found.writer = place(write, looked[write], writer)
    found.results = place(told, Found(0, ends.get(told, 0)), readers[FEED])


def _from(key: bytes, partition: Partition, reader: Group) -> Sought:
    """Some records behind the reader are looked at as well: an upload that came lately is found though it was handled."""
    return Sought(key, since=max(reader.offsets.get(partition, 0) - _LOOK_BACK, 0))


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
