"""Lays the reference CEE's schema down in CEE's database: tables, what views share, views, functions, triggers.

Called by services/sandbox/databases.py. The outbox must be there already (services/source/migrations).
"""

from __future__ import annotations

from pathlib import Path

from services.kernel.postgres import connect

HERE = Path(__file__).parent
ORDER = ("tables/*.sql", "shared.sql", "views/*.sql", "functions/*.sql", "triggers/*.sql")
_LOCK = 0x6365_6501


async def install(url: str) -> bool:
    """True when it was laid down now, False when it was there; all of it or nothing."""
    connection = await connect(url, application="ceebus-migrate")
    try:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
            if await connection.fetchval("select to_regclass('cee.mobile_channels')") is not None:
                return False
            for pattern in ORDER:
                for file in sorted(HERE.glob(pattern)):
                    await connection.execute(file.read_text())
        return True
    finally:
        await connection.close()


async def is_installed(url: str) -> bool:
    """Whether a CEE is there, the reference one or another."""
    connection = await connect(url, application="ceebus-migrate")
    try:
        return await connection.fetchval("select to_regclass('cee.mobile_channels')") is not None
    finally:
        await connection.close()
