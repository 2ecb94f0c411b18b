"""`make bench`: every measurement, one after the other."""

from __future__ import annotations

import asyncio
import sys

from bench import feed, imports, imports_whole, lane, round_trip, system, transfers


async def main() -> None:
    await lane.main()
    await feed.main()
    await imports.main()
    await imports_whole.main()
    await round_trip.main()
    await transfers.main()
    await system.main(sys.argv[1] if len(sys.argv) > 1 else "mid")


if __name__ == "__main__":
    asyncio.run(main())
