"""The supervisor with a real role: it is kept running, and it goes when its parent goes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services.sandbox.server import StackError, last_lines
from services.sandbox.supervisor import Supervisor, supervised
from tests.stack import eventually, is_alive

PARENT = """
import asyncio, os
from services.sandbox.supervisor import supervised

async def main():
    async with supervised(["exporter", "gateway"], os.environ) as roles:
        print(roles.pid("exporter"), roles.pid("gateway"), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    """Topics of its own: an exporter takes up whatever channels the others have left in theirs."""
    return environment | {"CEEBUS_TOPIC_PREFIX": "supervised."}


async def test_a_role_that_dies_is_started_again_under_its_own_name(environment: dict[str, str]) -> None:
    said: list[str] = []
    async with supervised(["exporter", "exporter-2"], environment, said.append) as roles:
        other, died = roles.pid("exporter"), roles.pid("exporter-2")
        roles.kill("exporter-2", signal.SIGKILL)
        await eventually(lambda: roles.pid("exporter-2") not in (0, died), within=20)
        await roles.wait_ready("exporter-2")
        assert roles.pid("exporter") == other, f"{said}\n{last_lines(Path(environment['CEEBUS_HOME']) / 'logs' / 'exporter.log')}"
        assert (roles.restarts("exporter"), roles.restarts("exporter-2")) == (0, 1)
        assert "exporter-2 ended (-9)" in said[0]
        pids = [roles.pid("exporter"), roles.pid("exporter-2")]
    assert not any(is_alive(pid) for pid in pids)


async def test_a_role_with_http_counts_as_ready_when_its_probe_is_green(environment: dict[str, str]) -> None:
    roles = Supervisor(["gateway"], environment)
    await roles.start()
    try:
        assert roles.pid("gateway")
        assert roles.restarts("gateway") == 0
    finally:
        await roles.stop()


async def test_a_role_that_cannot_start_is_named_with_its_last_words(environment: dict[str, str]) -> None:
    nowhere = environment | {"CEEBUS_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    with pytest.raises(StackError, match=r"(?s)gateway does not get ready.*127\.0\.0\.1:1"):
        async with supervised(["gateway"], nowhere):
            pass


def parent_of_roles(environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PARENT]
    return subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True, start_new_session=True)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
async def test_roles_end_with_their_parent_however_it_ends(environment: dict[str, str], how: signal.Signals) -> None:
    with parent_of_roles(environment) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.send_signal(how)
        await eventually(lambda: not any(is_alive(pid) for pid in (parent.pid, *pids)), within=40)
