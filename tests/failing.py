"""Handlers of the exporter that fail for chosen objects, as a bad release does: the same ones each time, until they are healed.

In a test: `with failing("partners", keys) as keys:`. For an exporter that is a process of its own:
`python -m tests.failing FILE` in the place of `python -m services.exporter`; FILE has a line `<kind> <key>` for each object.
"""

from __future__ import annotations

import sys
from collections.abc import Container, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from schemas.channel import Channel
from services.exporter.__main__ import serve
from services.exporter.kinds.registry import HANDLERS
from services.kernel.role import run

Keys = TypeVar("Keys", bound=Container[str])


class Unforeseen(Exception):
    """What no handler ever raises by itself."""


@contextmanager
def failing(kind: str, keys: Keys) -> Iterator[Keys]:
    """The handler of `kind` raises Unforeseen for the keys that are in `keys` when it is called."""
    handle = HANDLERS[kind]

    def broken(change: Any, channel: Channel) -> Any:
        if change.key in keys:
            raise Unforeseen("by design")
        return handle(change, channel)

    HANDLERS[kind] = broken
    try:
        yield keys
    finally:
        HANDLERS[kind] = handle


class Listed:
    """The keys of one kind in a file, as it is at the moment; a file that is not there names none."""

    def __init__(self, file: Path, kind: str) -> None:
        self._file, self._kind = file, kind
        self._seen, self._keys = 0, frozenset[str]()

    def __contains__(self, key: object) -> bool:
        written = self._file.stat().st_mtime_ns if self._file.exists() else 0
        if written != self._seen:
            lines = [line.partition(" ") for line in self._file.read_text().splitlines()] if written else []
            self._keys = frozenset(named for kind, _, named in lines if kind == self._kind)
            self._seen = written
        return key in self._keys


if __name__ == "__main__":
    listed = Path(sys.argv.pop(1))
    with ExitStack() as opened:
        for name in list(HANDLERS):
            opened.enter_context(failing(name, Listed(listed, name)))
        run("exporter", serve)
