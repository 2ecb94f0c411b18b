"""What tests of runs share: asking over HTTP, and waiting for the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.stack import eventually
from tests.system import System


@asynccontextmanager
async def moded(system: System, channel: str, mode: str) -> AsyncIterator[None]:
    await put(system, f"/v1/channels/{channel}/export/mode", {"mode": mode})
    try:
        yield
    finally:
        await put(system, f"/v1/channels/{channel}/export/mode", {"mode": "live"})


async def put(system: System, path: str, body: dict[str, Any]) -> Any:
    answer = await system.http.put(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def post(system: System, path: str, body: dict[str, Any] | None = None, status: int = 202) -> Any:
    answer = await system.http.post(path, json=body or {})
    assert answer.status_code == status, answer.text
    return answer.json()


async def ask(system: System, channel: str, direction: str = "export", **body: Any) -> str:
    run: str = (await post(system, f"/v1/channels/{channel}/{direction}/runs", body))["id"]
    return run


async def ended(system: System, run: str, within: float = 60) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        shown: dict[str, Any] = (await system.http.get(f"/v1/runs/{run}")).json()
        return shown if shown["finished_at"] else None

    try:
        found = await eventually(look, within=within)
    except AssertionError as error:
        raise AssertionError((await system.http.get(f"/v1/runs/{run}")).text) from error
    assert found is not None
    return found


def counts(run: dict[str, Any], kind: str) -> dict[str, int]:
    found: dict[str, int] = next(one["counts"] for one in run["progress"] if one["kind"] == kind)
    return found
