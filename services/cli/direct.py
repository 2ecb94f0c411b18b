"""For the few commands that work before any role runs (topics, db, config): settings, and errors of the servers themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from services.cli.failure import NOT_REACHABLE, Failure
from services.kernel.kafka import Unreachable as KafkaUnreachable
from services.kernel.postgres import DatabaseError
from services.kernel.postgres import Unreachable as PostgresUnreachable
from services.kernel.settings import MissingSetting, Settings, read_settings

Answer = TypeVar("Answer")


def settings() -> Settings:
    """Raises Failure with exit code 3 where nothing says where the servers are."""
    try:
        return read_settings()
    except MissingSetting as error:
        raise Failure("setting_missing", str(error), "`ceebus config check` shows every setting.", NOT_REACHABLE) from None


def wait_for(asked: Coroutine[Any, Any, Answer]) -> Answer:
    """Runs it to its end; a server that does not answer is a Failure with exit code 3."""
    try:
        return asyncio.run(asked)
    except (KafkaUnreachable, PostgresUnreachable) as error:
        raise Failure("not_reachable", str(error), "`ceebus config check` shows what answers.", NOT_REACHABLE) from None
    except DatabaseError as error:
        raise Failure("database_refused", str(error), "`ceebus db status` shows what is missing.") from None
