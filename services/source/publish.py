"""Turns a view's row into a record of cee.*: PostgreSQL's JSON goes on undecoded behind a prefix of our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

import orjson

from schemas import topics
from schemas.envelope import RECORD_LIMIT, Headers, cee_headers
from services.kernel.kafka import Outgoing, partition_for


@dataclass(frozen=True, slots=True)
class Row:
    """An object as its view states it; `body` is a JSON object's text."""

    key: str
    version: int
    member: bool
    body: bytes


@dataclass(frozen=True, slots=True)
class Errand:
    """On whose behalf something is read: a run, forced or not."""

    run: str
    force: bool = False


@dataclass(slots=True)
class Read:
    """What all records of one read share: its object version, the settings known then, the run it belongs to."""

    version: int
    channel_version: int
    errand: Errand | None = None
    _shared: Headers = field(init=False)

    def __post_init__(self) -> None:
        self._shared = [("ce_channelversion", b"%d" % self.channel_version)]
        if self.errand is not None:
            self._shared.append(("ce_runid", self.errand.run.encode()))
            if self.errand.force:
                self._shared.append(("ce_force", b"1"))

    def headers(self, at: datetime | None) -> Headers:
        """`at`: when the change was committed in CEE; None in a snapshot."""
        return self._shared if at is None else [*self._shared, ("ce_time", iso_ms(at))]


def iso_ms(at: datetime) -> bytes:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()


class Records:
    """Makes the records of one channel; `partitions` are the topics' real partition counts."""

    def __init__(self, channel: str, installation: str, partitions: Mapping[str, int]) -> None:
        self._channel, self._source = channel, f"/cee/{installation}".encode()
        self._topics = {kind: (topics.cee(channel, kind), partitions[topics.cee(channel, kind)]) for kind in topics.KINDS}
        self._prefix = {kind: b'{"channel":%s,"kind":%s,"key":' % (orjson.dumps(channel), orjson.dumps(kind)) for kind in topics.KINDS}

    def state(self, kind: str, row: Row, read: Read, at: datetime | None = None) -> Outgoing:
        """A value record. One over the limit becomes an entry on outcomes.<ch> instead, without its value; what left goes all the same."""
        value = b"".join((self._prefix[kind], _head(row), row.body[1:]))
        if len(value) > RECORD_LIMIT and not row.member:
            return self.tombstone(kind, row.key, read, at)  # the feed keeps the stub that devices have
        return self.value(kind, row.key, value, read, at)

    def value(self, kind: str, key: str, value: bytes, read: Read, at: datetime | None = None) -> Outgoing:
        record = self._record(kind, key, value, read, at)
        return record if len(value) <= RECORD_LIMIT else self._too_large(kind, record)

    def tombstone(self, kind: str, key: str, read: Read, at: datetime | None = None) -> Outgoing:
        return self._record(kind, key, None, read, at)

    def _record(self, kind: str, key: str, value: bytes | None, read: Read, at: datetime | None) -> Outgoing:
        topic, partitions = self._topics[kind]
        headers = cee_headers(kind, key, read.version, self._source, read.headers(at))
        return Outgoing(topic, _partition(topics.partition_key(kind, key), partitions), key.encode(), value, headers)

    def _too_large(self, kind: str, record: Outgoing) -> Outgoing:
        """Kafka would refuse it and with it its batch; the operator sees it on the due list."""
        params = {"size": len(record.value or b""), "limit": RECORD_LIMIT}
        headers = [
            *record.headers,
            ("__connect.errors.topic", record.topic.encode()),
            ("__connect.errors.partition", b"%d" % record.partition),
            ("__connect.errors.offset", b"-1"),  # it never had one
            ("__connect.errors.stage", b"source"),
            ("__ceebus.errors.code", b"record_too_large"),
            ("__ceebus.errors.outcome", b"quarantined"),
            ("__ceebus.errors.params", orjson.dumps(params)),
            ("__ceebus.kind", kind.encode()),
        ]
        return Outgoing(topics.outcomes(self._channel), 0, record.key, None, headers)


def _head(row: Row) -> bytes:
    member = b"true" if row.member else b"false"
    comma = b"" if row.body == b"{}" else b","
    return b'%s,"member":%s,"version":%d%s' % (orjson.dumps(row.key), member, row.version, comma)


@lru_cache(maxsize=8192)
def _partition(partition_key: str, partitions: int) -> int:
    return partition_for(partition_key.encode(), partitions) if partitions > 1 else 0
