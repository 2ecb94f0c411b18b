"""What reaches devices according to CEE's views, the exporter's handlers and the declared references, without a bus in between.

The second opinion on `services.sandbox.expected`, which is written from domain.md over CEE's tables: both must agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from schemas.channel import Channel
from schemas.export.registry import EXPORT
from schemas.topics import KINDS
from services.exporter.judge import Verdict, judge
from services.kernel.blobs import BlobStore
from services.kernel.postgres import Pool
from services.source.blobs import Blobs
from services.source.publish import Row

Ref = tuple[str, str]


@dataclass
class Outcome:
    """`sent`: what the feed would show; `codes`: what else became of records, warnings included."""

    channel: str
    sent: dict[Ref, tuple[dict[str, Any], list[str] | None]] = field(default_factory=dict)
    codes: dict[Ref, set[str]] = field(default_factory=dict)

    def device(self, rep: str | None = None) -> dict[str, dict[str, dict[str, Any]]]:
        """Bodies by kind and key, as the rep's device would hold them; of all reps without one."""
        held: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in KINDS}
        for (kind, key), (body, audience) in self.sent.items():
            if rep is None or audience is None or rep in audience:
                held[kind][key] = body
        return held


async def through_views(cee: Pool, channel: str, folder: Path) -> Outcome:
    """Every kind's whole view, judged; then records whose parents are missing wait, and those that need these."""
    settings = await cee.fetchval("select body from cee.mobile_channels where channel = $1", channel)
    blobs, outcome = Blobs(cee, BlobStore(folder)), Outcome(channel)
    for kind in KINDS:
        view = "cee." + kind.replace("-", "_")
        found = await cee.fetch(f"select key, version, member, body::text as body from {view} where channel = $1", channel)
        rows = [Row(row["key"], row["version"], row["member"], row["body"].encode()) for row in found]
        for row in await blobs.complete(rows) if kind == "attachments" else rows:
            value = orjson.loads(row.body) | {
                "channel": channel,
                "kind": kind,
                "key": row.key,
                "member": row.member,
                "version": row.version,
            }
            if not row.member and not value.get("stub"):
                continue  # never published, so its removal is not sent either
            _note(outcome, (kind, row.key), judge(Channel.model_validate(settings), kind, row.key.encode(), orjson.dumps(value)))
    _wait(outcome)
    return outcome


def _note(outcome: Outcome, ref: Ref, verdict: Verdict) -> None:
    outcome.codes[ref] = {remark.code for remark in verdict.remarks}
    if verdict.refused is not None:
        outcome.codes[ref].add(verdict.refused.code)
    elif verdict.value is not None:
        audience = None if verdict.audience is None else list(verdict.audience)
        outcome.sent[ref] = (orjson.loads(verdict.value), audience)


def _wait(outcome: Outcome) -> None:
    """Takes out what needs an absent record until nothing changes (domain.md 5)."""
    while True:
        waiting = [
            ref
            for ref, (body, _audience) in outcome.sent.items()
            if body["op"] == "upsert" and any(need not in outcome.sent for need in EXPORT[ref[0]].needs(body))
        ]
        if not waiting:
            return
        for ref in waiting:
            del outcome.sent[ref]
            outcome.codes[ref].add("reference_missing")
