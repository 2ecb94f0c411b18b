"""Log lines: JSON when not on a terminal, each with `action`; an outage's repeated lines are limited (T30)."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import MutableMapping
from typing import Any

import structlog

_REPEAT_S = 5.0
log = structlog.stdlib.get_logger("ceebus")


class _Limit(logging.Filter):
    """Lets one line per logger and message template through every few seconds, for the libraries' own loggers."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "ceebus":
            return True
        place, now = (record.name, str(record.msg)), time.monotonic()
        if now - self._last.get(place, -_REPEAT_S) < _REPEAT_S:
            return False
        self._last[place] = now
        return True


def _as_event(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.setdefault("action", "log")
    return event


def configure(role: str, level: str = "INFO") -> None:
    """Sets up logging of the whole process; lines go to standard error."""
    shared: list[Any] = [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True), _as_event]
    renderer: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    handler.addFilter(_Limit())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("ceebus").setLevel(level)
    structlog.contextvars.bind_contextvars(role=role)
