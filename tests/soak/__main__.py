"""`make soak`: the import direction at full size on an embedded stack of its own, with a progress bar; prints what was seen.

python -m tests.soak [--records 10000] [--reps 40] [--seed 1]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from services.sandbox.databases import prepare
from services.sandbox.demo.bars import bars
from services.sandbox.stack import embedded
from tests.faults.site import site
from tests.soak.run import REPS, SIZE, Soaked, add_size, soak


async def main(amount: tuple[int, int], seed: int, console: Console) -> Soaked:
    with tempfile.TemporaryDirectory(prefix="ceebus-soak-", ignore_cleanup_errors=True) as home:
        async with embedded(Path(home), say=lambda text: console.print(f"  {text}")) as stack:
            await prepare(stack.values["database_url"], stack.values["cee_database_url"])
            add_size()
            async with site(stack.environment(), Path(home), SIZE) as here:
                with bars(console) as shown:
                    return await soak(here, amount, seed, shown.show)


def tell(seen: Soaked, console: Console) -> None:
    """What was seen, and what was wrong."""
    table = Table(
        "kind", "outcome", "code", "uploads", title=f"{seen.records:,} uploads in {seen.seconds:.0f} s, {seen.resent:,} sent again"
    )
    for (kind, outcome, code), count in sorted(seen.ends.items(), key=str):
        table.add_row(kind, outcome, code or "", f"{count:,}")
    console.print(table)
    console.print(f"killed: {seen.kills}; came twice: {seen.came_twice}; waited before their end: {seen.waited:,}; load {os.getloadavg()}")
    for checker, wrong in seen.offences.items():
        console.print(f"[red]{checker}[/red]", *wrong, sep="\n  ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--reps", type=int, default=REPS)
    parser.add_argument("--seed", type=int, default=1)
    given, said = parser.parse_args(), Console()
    found = uvloop.run(main((given.records, given.reps), given.seed, said))
    tell(found, said)
    sys.exit(bool(found.offences))
