"""Pieces of a channel's work: nothing is lost or moved, and who works alone is not cut up."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.kernel.fair import PIECE, in_turns, pieces
from services.kernel.lane import Batch
from services.kernel.turns import SHARED_S, Turns


def batch(partition: int, count: int) -> Batch:
    return Batch("cee.T.partners", partition, [(partition, number) for number in range(count)], run="r", force=True)  # type: ignore[misc]


@given(sizes=st.lists(st.integers(0, 40), max_size=6), most=st.integers(1, 50))
def test_pieces_are_the_same_records_in_the_same_order(sizes: list[int], most: int) -> None:
    whole = [batch(partition, size) for partition, size in enumerate(sizes)]
    found = list(pieces(whole, most))
    assert [record for piece in found for part in piece for record in part.records] == [record for one in whole for record in one.records]
    amounts = [sum(len(part.records) for part in piece) for piece in found]
    assert all(amount == most for amount in amounts[:-1])
    assert all(0 < amount <= most for amount in amounts)
    assert {(part.run, part.force) for piece in found for part in piece} <= {("r", True)}


async def test_work_is_cut_up_only_while_another_channel_has_work_too() -> None:
    now, seen = [100.0], list[int]()
    turns = Turns(lambda: now[0])

    async def work(batches: Sequence[Batch]) -> None:
        seen.append(sum(len(one.records) for one in batches))

    big, small = in_turns("BIG", work, turns, lambda: 1), in_turns("SMALL", work, turns, lambda: 1)
    await big([batch(0, 3 * PIECE)])
    assert seen == [3 * PIECE]
    await small([batch(0, 1)])
    await big([batch(0, 2 * PIECE), batch(1, PIECE)])
    assert seen[1:] == [1, PIECE, PIECE, PIECE]
    now[0] += SHARED_S + 0.1
    await big([batch(0, 3 * PIECE)])
    assert seen[5:] == [3 * PIECE]
