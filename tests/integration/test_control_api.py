"""A run of schemathesis over every operation of control, by the API's own description."""

from __future__ import annotations

import os
import re
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

from tests.integration.control_world import world


async def test_every_operation_keeps_its_description(environment: dict[str, str], tmp_path: Path, channel: str) -> None:
    """Boundary values of all parameters and random requests, valid and invalid, with all its checks."""
    settings = Path(__file__).with_name("control_schemathesis.toml")
    async with world(environment, tmp_path, channel, apart=True) as here:
        await here.due("partners", "1", "field_missing", field="name")
        await here.cee.execute("update cee.channel set active = true where id = $1", channel)
        asked = await here.http.post(f"/v1/channels/{channel}/export/runs", json={})  # its events are read too
        assert asked.status_code == 202, asked.text
        assert (await here.http.post(f"/v1/runs/{asked.json()['id']}/cancel", json={})).status_code == 202
        await here.cee.execute("update cee.channel set active = false where id = $1", channel)
        command = [
            str(Path(sys.executable).with_name("st")),
            "--config-file",
            str(settings),
            "run",
            f"{here.settings.control.url}/openapi.json",
        ]
        options = ["--request-timeout", "30", "--seed", os.environ.get("SEED", "1"), "--no-color"]
        own = {"CONTROL_TOKEN": here.settings.operator_token}
        run = await create_subprocess_exec(*command, *options, env=os.environ | own, stdout=PIPE, stderr=STDOUT, cwd=tmp_path)
        printed = (await run.communicate())[0].decode()
    assert run.returncode == 0, printed
    ran = re.search(r"(\d+) generated, (\d+) passed", printed)
    assert ran, printed
    assert int(ran[1]) == int(ran[2]) > 100
