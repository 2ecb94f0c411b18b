"""A device's database: pages are staged, references checked, and the switch is one transaction.

Until a download is complete the last good data set stays in use. Answers to uploads are taken in the same transaction, so an
object born here turns from the local one into CEE's without a gap. All methods block; device.py calls them in a thread.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from services.kernel.postgres import Queries
from services.sandbox.device.records import Applied, digest_of, merged

SQL = Queries(Path(__file__).with_name("queries.sql"))
ANSWERS = Queries(Path(__file__).with_name("outbox.sql"))
Reference = tuple[str, str]
Needs = Callable[[str, dict[str, Any]], list[Reference]]
_SHOWN = 20


class DanglingReferences(Exception):
    """A download would leave rows without what they need; nothing was switched. `rows`: (kind, key, parent kind, parent key)."""

    def __init__(self, rows: list[tuple[str, str, str, str]]) -> None:
        named = ", ".join(f"{kind} {key} needs {parent} {parent_key}" for kind, key, parent, parent_key in rows[:_SHOWN])
        super().__init__(f"{len(rows)} dangling references: {named}")
        self.rows = rows


class Store:
    """One SQLite file. `needs(kind, body)` names the rows that must be there for an upserted row."""

    def __init__(self, path: Path, needs: Needs) -> None:
        self._needs = needs
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(Path(__file__).with_name("schema.sql").read_text())

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def copy(self, path: Path) -> None:
        """The database as it is now, as a backup of the phone would keep it."""
        with self._lock, closing(sqlite3.connect(path)) as made:
            self._db.backup(made)

    def recall(self, name: str) -> str | None:
        with self._lock:
            row = self._db.execute(SQL.meta, (name,)).fetchone()
        return row[0] if row else None

    def remember(self, **values: str | None) -> None:
        with self._lock, self._transaction():
            self._db.executemany(SQL.set_meta, values.items())

    def restart(self) -> None:
        """Forgets the cursor and what is staged; the data in use stays."""
        with self._lock, self._transaction():
            self._db.execute("delete from staged")
            self._db.executemany(SQL.set_meta, [("cursor", None), ("full", "")])

    def stage(self, lines: list[bytes], cursor: str, full: Iterable[str]) -> None:
        """Keeps a page and the cursor after it in one transaction: a crash repeats at most one page.

        `full` is kept too: the groups that the coming switch replaces, whatever the pages after this one say.
        """
        with self._lock, self._transaction():
            batch: dict[Reference, tuple[Any, ...]] = {}
            for line in lines:
                row = orjson.loads(line)
                where = (row["kind"], row["key"])
                if row["op"] == "deactivate":
                    batch[where] = self._deactivation(where, row, batch)
                else:
                    batch[where] = self._plain(row, line)
            self._db.executemany(SQL.stage, batch.values())
            replaced = sorted(self._replaced() | set(full))
            self._db.executemany(SQL.set_meta, [("cursor", cursor), ("full", ",".join(replaced))])

    def _replaced(self) -> set[str]:
        row = self._db.execute(SQL.meta, ("full",)).fetchone()
        return set(filter(None, (row[0] if row else "").split(",")))

    def _plain(self, row: dict[str, Any], line: bytes) -> tuple[Any, ...]:
        needs = "[]" if row["op"] == "delete" else orjson.dumps(self._needs(row["kind"], row)).decode()
        body = None if row["op"] == "delete" else line.decode()
        return (row["kind"], row["key"], row["op"], row.get("version"), row.get("content_hash"), body, needs, 0, row.get("changed_at"))

    def _deactivation(self, where: Reference, row: dict[str, Any], batch: dict[Reference, tuple[Any, ...]]) -> tuple[Any, ...]:
        """The stub fields over what this download staged for the key; else over what the device has, at the switch."""
        known = batch.get(where)
        before = (known[2], known[5], known[7]) if known else self._staged(where)
        merge = 1 if before is None else before[2]
        body = orjson.dumps(merged(before[1] if before else None, row)).decode()
        return (*where, "deactivate", row.get("version"), row.get("content_hash"), body, "[]", merge, row.get("changed_at"))

    def _staged(self, where: Reference) -> tuple[str, str | None, int] | None:
        found = self._db.execute(SQL.staged, where).fetchone()
        return (found[0], found[1], found[3]) if found else None

    def switch(self, groups: Iterable[str], position: int, now_ms: int) -> int:
        """Makes the staged download the data in use and returns how many rows changed; raises DanglingReferences and changes nothing."""
        pulled = set(groups)
        with self._lock, self._transaction():
            for statement in (ANSWERS.take, ANSWERS.settle, ANSWERS.taken, ANSWERS.confirm):
                self._db.execute(statement)
            replaced = self._replaced()
            changed = self._db.execute(SQL.log_applied, (position, now_ms, bool(replaced))).rowcount
            changed += self._replace(replaced, position, now_ms)
            for kind, key, stub, had in self._db.execute(SQL.to_merge).fetchall():
                self._db.execute(SQL.merged, (orjson.dumps(merged(had, orjson.loads(stub))).decode(), kind, key))
            for statement in (SQL.remove, SQL.forget_needs, SQL.put, SQL.put_needs):
                self._db.execute(statement)
            dangling = self._db.execute(SQL.dangling if replaced else SQL.dangling_changed).fetchall()
            if "attachments" not in pulled:
                dangling = self._drop_orphans(dangling, position, now_ms)
            if dangling:
                raise DanglingReferences(dangling)
            self._db.execute("delete from staged")
            self._db.executemany(SQL.set_meta, [("position", str(position)), ("full", "")])
        return changed

    def _replace(self, replaced: set[str], position: int, now_ms: int) -> int:
        changed = 0
        for group in replaced:
            attachments = group == "attachments"
            changed += self._db.execute(SQL.log_replaced, (position, now_ms, attachments)).rowcount
            self._db.execute(SQL.forget_group, (attachments,))
            self._db.execute(SQL.forget_group_needs, (attachments,))
        return changed

    def _drop_orphans(self, dangling: list[Any], position: int, now_ms: int) -> list[Any]:
        for kind, key, *_ in dangling:
            if kind == "attachments":
                self._db.execute(SQL.log_dropped, (kind, key, position, now_ms))
                self._db.execute(SQL.drop_row, (kind, key))
                self._db.execute(SQL.drop_needs, (kind, key))
        return [row for row in dangling if row[0] != "attachments"]

    def dangling(self) -> list[tuple[str, str, str, str]]:
        """All references of the data in use that lead nowhere: none, ever."""
        return self.fetch(SQL.dangling)

    def counts(self) -> dict[str, int]:
        return dict(self.fetch(SQL.counts))

    def rows(self, kind: str) -> dict[str, dict[str, Any]]:
        return {key: orjson.loads(body) for key, body in self.fetch(SQL.rows, kind)}

    def digest(self, kind: str) -> str:
        return digest_of(self.fetch(SQL.hashes, kind))

    def contents(self, after: int = 0) -> list[str]:
        """SHA-256 of each content that a record names; `after`: of the records applied behind this number of the log."""
        return [row[0] for row in self.fetch(SQL.contents, after)]

    def log(self, after: int = 0) -> list[Applied]:
        return [Applied(*row) for row in self.fetch(SQL.log, after)]

    def fetch(self, sql: str, *values: Any) -> list[Any]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def change(self, *statements: tuple[str, tuple[Any, ...]]) -> None:
        """Statements with their values, in one transaction."""
        with self._lock, self._transaction():
            for sql, values in statements:
                self._db.execute(sql, values)

    def _transaction(self) -> sqlite3.Connection:
        self._db.execute("begin immediate")
        return self._db  # commits at the end of the block, rolls back on an exception
