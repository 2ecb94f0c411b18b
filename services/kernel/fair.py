"""The work of a channel's lane, in turns with the other channels of its process: one that exports all it has must not keep
another's changes waiting. While others have work too it comes in small pieces, since a piece is never interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from services.kernel.lane import Batch, Work
from services.kernel.turns import Turns

PIECE = 100  # records: some 20 ms of an exporter


def in_turns(channel: str, work: Work, turns: Turns, weight: Callable[[], int]) -> Work:
    """What fails in one piece is done again from the first, as the whole would be."""

    async def fair(batches: Sequence[Batch]) -> None:
        for piece in pieces(batches, PIECE) if turns.is_shared(channel) else (batches,):
            async with turns.turn(channel, weight(), sum(len(batch.records) for batch in piece)):
                await work(piece)

    return fair


def pieces(batches: Sequence[Batch], most: int) -> Iterator[list[Batch]]:
    """The same records in the same order, at most so many at a time."""
    piece: list[Batch] = []
    room = most
    for batch in batches:
        at = 0
        while at < len(batch.records):
            piece.append(replace(batch, records=batch.records[at : at + room]))
            at += room
            room -= len(piece[-1].records)
            if room == 0:
                yield piece
                piece, room = [], most
    if piece:
        yield piece
