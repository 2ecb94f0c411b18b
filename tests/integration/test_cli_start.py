"""What the command loads, says and answers before any server is there; and `ceebus up` as a process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.launch import GROUPS, ROLES
from tests.integration.control_world import Cli
from tests.stack import eventually, is_alive

ROOT = Path(__file__).parents[2]
LOADED = "import sys; from services.launch import execute; code = execute(sys.argv[1:]); print(code, *sys.modules, file=sys.stderr)"
HEAVY = {"fastapi", "httpx", "aiokafka", "asyncpg", "faust", "starlette", "uvicorn", "prometheus_client", "structlog"}


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Cli:
    """Neither an environment nor a running stack."""
    for name in [name for name in os.environ if name.startswith("CEEBUS_")]:
        monkeypatch.delenv(name)
    return Cli({"CEEBUS_HOME": str(tmp_path / "none")}, monkeypatch, capsys)


@pytest.mark.parametrize("arguments", [["--help"], ["status", "--help"], ["device", "--help"], ["due", "list", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", LOADED, *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    code, *modules = done.stderr.split()
    assert (code, HEAVY & set(modules)) == ("0", set())
    assert "Usage" in done.stdout


async def test_every_group_explains_itself(cli: Cli) -> None:
    listed = (await cli("--help")).out
    for name, group in GROUPS.items():
        assert name in listed
        answer = await cli(name, "--help")
        assert (answer.code, answer.err) == (0, ""), name
        assert group.help.split()[0] in listed


async def test_usage_errors_are_2_and_suggest_what_was_meant(cli: Cli) -> None:
    answer = await cli("chanel", "list")
    assert answer.code == 2
    assert "channel" in answer.err
    assert (await cli("channel", "list", "--no-such-option")).code == 2
    answer = await cli("run", "importeur")
    assert (answer.code, "Roles: " + ", ".join(ROLES) in answer.err) == (2, True)
    assert (await cli("up", "--sample", "giant")).code == 2


@pytest.mark.parametrize(
    "command", [("status",), ("topics", "plan", "PL1"), ("db", "status"), ("cee", "channel", "list"), ("config", "check")]
)
async def test_without_settings_and_servers_the_next_step_is_told(cli: Cli, command: tuple[str, ...]) -> None:
    answer = await cli(*command)
    assert (answer.code, answer.out) == (3, "")
    assert "`ceebus up`" in answer.err
    assert json.loads((await cli(*command, "--json")).out)["error"]["text"]


async def test_server_that_does_not_answer_is_3(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CEEBUS_OPERATOR_TOKEN", "x")
    monkeypatch.setenv("CEEBUS_CONTROL", "127.0.0.1:1")
    answer = await cli("channel", "list")
    assert (answer.code, "127.0.0.1:1" in answer.err, "`ceebus up`" in answer.err) == (3, True, True)


async def test_up_runs_everything_and_a_signal_ends_all_of_it(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CEEBUS_")}
    command = [sys.executable, "-m", "services.launch", "up", "--home", str(tmp_path / "home"), "--json"]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        async with asyncio.timeout(120):
            values = json.loads(await process.stdout.readline())
        pids = children_of(process.pid)
        assert len(pids) >= len(ROLES)
        listing = [*command[:3], "--home", str(tmp_path / "home"), "cee", "channel", "list", "--json"]
        listed = await asyncio.to_thread(subprocess.run, listing, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        assert json.loads(listed.stdout) == []
        assert values["operator_token"]
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            code = await process.wait()
    assert code == 0
    await eventually(lambda: not [pid for pid in pids if is_alive(pid)])
    assert not (tmp_path / "home" / "stack.json").exists()


def children_of(pid: int) -> list[int]:
    """Processes below one, as the system lists them."""
    below = [int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()]
    return below + [deeper for one in below for deeper in children_of(one)]
