"""What `make soak` does with ten thousand, with a thousand: nothing of what forty reps sent is lost, repeated, turned or broken."""

from __future__ import annotations

from pathlib import Path

from tests.faults.site import site
from tests.soak.run import KILLED, KILLS, REPS, RESENT, SIZE, add_size, soak

RECORDS = 1_000
GOOD = {"imported", "unchanged", "conflict"}  # of two edits of one field the second is lost, which is an answer as well


async def test_uploads_of_forty_reps_have_one_effect_and_one_end(surroundings: dict[str, str], tmp_path: Path, seed: int) -> None:
    add_size()
    async with site(surroundings, tmp_path, SIZE) as here:
        seen = await soak(here, (RECORDS, REPS), seed, lambda _name, _done, _total: None)
        print(seen)  # noqa: T201
        assert seen.offences == {}
        assert seen.records == RECORDS
        assert {outcome for _, outcome, _ in seen.ends} <= GOOD
        assert {kind for kind, _, _ in seen.ends} == {"partners", "documents", "attachments", "visits"}
        assert seen.resent >= RESENT * RECORDS
        assert seen.came_twice["mobile"] >= RESENT * RECORDS
        assert seen.waited > 0  # children came before their parents
        assert seen.kills == dict.fromkeys(KILLED, KILLS)
