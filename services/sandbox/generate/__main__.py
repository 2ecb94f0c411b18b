"""`python -m services.sandbox.generate --size small`: fills the CEE that the settings name; `ceebus generate` is the full command."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter

from services.kernel.postgres import connect
from services.kernel.settings import read_settings
from services.sandbox.generate.load import generate
from services.sandbox.generate.sizes import SIZES


async def main() -> None:
    """Writes what was made to standard output, one line a kind."""
    parser = argparse.ArgumentParser(prog="python -m services.sandbox.generate")
    parser.add_argument("--size", choices=list(SIZES), default="small")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--channel", default="PL1")
    parser.add_argument("--active", action="store_true")
    parser.add_argument("--pictures", choices=("small", "full"), default="small")
    given = parser.parse_args()
    connection = await connect(read_settings().cee_database_url)
    try:
        made = await generate(connection, given.size, given.seed, channel=given.channel, active=given.active, pictures=given.pictures)
    finally:
        await connection.close()
    for kind, count in made.counts.items():
        sys.stdout.write(f"{kind:20}{count:>10}\n")
    for code, count in sorted(Counter(record.code for record in made.bad).items()):
        sys.stdout.write(f"  {code:28}{count:>4}\n")


asyncio.run(main())
