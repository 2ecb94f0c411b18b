"""What of a channel is still on its way, and nothing else: cheap enough to be asked several times a second. Called by its route."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping

from services.control.cee import SQL, CeeAway
from services.control.channel_models import ChannelLag
from services.control.parts import Parts
from services.control.positions import SQL as OURS
from services.control.positions import Passed, read_import_positions, read_positions
from services.kernel.http import Problem
from services.kernel.kafka import Unreachable


async def lag_of(parts: Parts, channel: str) -> ChannelLag:
    """Committed changes and records that nobody has passed yet. Raises Problem 503: half an answer would say "all is well"."""
    try:
        outbox, out, back = await asyncio.gather(
            parts.cee.fetch(SQL.outbox, channel),
            read_positions(parts.settings.kafka, parts.pool, channel),
            read_import_positions(parts.settings.kafka, channel),
        )
        # asked last: until they are looked at, the records that the feed has passed are not all to be seen
        releasing = Counter({row["kind"]: int(row["parents"]) for row in await parts.pool.fetch(OURS.releasing, channel)})
    except (CeeAway, Unreachable) as error:
        raise Problem(503, "not_reachable", str(error)) from error
    found = {
        "outbox": {row["kind"]: int(row["rows"]) for row in outbox},
        "exporter": _behind(out.exporter),
        "feed": dict(releasing + Counter(_behind(out.feed) | _behind({"outcomes": out.outcomes, "results": back.results}))),
        "importer": _behind(back.importer),
        "writer": _behind(back.writer),
    }
    return ChannelLag(channel=channel, settled=not any(found.values()), **found)


def _behind(readers: Mapping[str, Passed]) -> dict[str, int]:
    return {kind: reader.lag for kind, reader in readers.items() if reader.lag}
