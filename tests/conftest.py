"""What every test may ask for. Real Kafka and PostgreSQL, started once per session when the first test asks; nothing is mocked.

| fixture     | scope    | gives |
|-------------|----------|-------|
| `stack`     | session  | the running `services.sandbox.stack.Stack`: one broker, one PostgreSQL (no fsync; in memory if there is room) |
| `templates` | session  | names of two databases with all migrations and the reference CEE's schema, no rows |
| `databases` | module   | a fresh copy of both for this test module: `.ours`, `.cee` are addresses for asyncpg (0.1 s each) |
| `settings`  | function | `Settings`: this module's databases, the session's Kafka, free ports, own blob folder and instance |
| `environment` | function | the same as `CEEBUS_*` variables, for a role started as a process |
| `system`    | module   | every role running as a process on this module's databases, with topics of its own (tests/system.py) |
| `channel`   | function | a channel id nobody else uses, so topics and groups never meet another test's: "T0." |

`async def test_...` just works (anyio's pytest plugin in auto mode, on uvloop, `anyio_backend` below). Async fixtures too.
Wait with `await eventually(condition, within=10)` (tests/stack.py): the condition may be async, its last false value is shown.
`stack.kafka`, `stack.postgres` have `stop()` and `start()`; a test that kills servers must start a stack of its own instead:
`async with embedded(tmp_path, durable=False) as own:`.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest

from services.kernel.kafka_admin import administrator
from services.kernel.postgres import pool
from services.kernel.settings import Kafka, Settings, read_settings
from services.sandbox.databases import prepare
from services.sandbox.stack import Stack, free_port
from services.sandbox.supervisor import supervised
from tests.stack import Databases, copy_database, drop_databases, session_home
from tests.system import ROLES, System

# CI draws the same examples every time, and .ci/run fixes the seeds of tests/faults: a new counterexample is found at a desk, not in
# somebody else's change
hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    hypothesis.settings.load_profile("ci")

# what takes longest begins first, so that at the end only short files are left and no worker waits for another
FOLDERS = ("faults", "integration", "properties")
SLOW = (
    "explain_lanes",
    "stack_life",
    "control_api",
    "feed_kills",
    "source_snapshots",
    "writer_kills",
    "end_to_end_edges",
    "end_to_end",
    "runs_due",
    "runs",
    "reps_at_work",
)

_numbers = itertools.count(1)
_channels = itertools.product("TUVWXYZ", "0123456789abcdefghijklmnopqrstuvwxyz", "0123456789.-_")  # an id has at most 3 characters


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _turn(item.path))


def _turn(file: Path) -> tuple[int, int]:
    folder, name = file.relative_to(Path(__file__).parent).parts[0], file.stem.removeprefix("test_")
    return FOLDERS.index(folder) if folder in FOLDERS else len(FOLDERS), SLOW.index(name) if name in SLOW else len(SLOW)


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """The loop the roles run on. Session scope, so that async fixtures may have any scope."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with session_home(tmp_path_factory.mktemp("stack")) as home:
        running = Stack(home, durable=False)
        asyncio.run(running.start())
        yield running
        asyncio.run(running.stop())


@pytest.fixture(scope="session")
def templates(stack: Stack) -> Databases:
    """The embedded databases themselves: nobody but this fixture connects to them, so they can be copied."""
    made = Databases(stack.values["database_url"], stack.values["cee_database_url"])
    asyncio.run(prepare(made.ours, made.cee))
    return made


@pytest.fixture(scope="module")
def databases(stack: Stack, templates: Databases) -> Iterator[Databases]:
    assert stack.postgres is not None
    name = f"t{next(_numbers)}_{secrets.token_hex(3)}"
    made = Databases(stack.postgres.url(f"{name}_ours"), stack.postgres.url(f"{name}_cee"))
    asyncio.run(copy_database(stack, templates, made))
    yield made
    asyncio.run(drop_databases(stack, made))
    asyncio.run(delete_topics(stack))


async def delete_topics(stack: Stack) -> None:
    """What a module leaves behind would fill the broker's memory in the end, and stand in every list of topics."""
    async with administrator(Kafka(stack.values["kafka"])) as admin:
        left = [name for name in await admin.list_topics() if not name.startswith("__")]
        if left:
            await admin.delete_topics(left)


@pytest.fixture
def settings(stack: Stack, databases: Databases, tmp_path: Path) -> Settings:
    return read_settings(environment_of(stack, databases, tmp_path), home=tmp_path)


@pytest.fixture
def environment(stack: Stack, databases: Databases, tmp_path: Path) -> dict[str, str]:
    """The same as `settings`, as variables for a role started as a process."""
    return environment_of(stack, databases, tmp_path)


def environment_of(stack: Stack, databases: Databases, home: Path) -> dict[str, str]:
    taken: set[int] = set()
    ports = {}
    for name in ("GATEWAY", "CONTROL", "SOURCE"):
        ports[name] = free_port(None, taken)
        taken.add(ports[name])
    own = {f"CEEBUS_{name}": f"127.0.0.1:{port}" for name, port in ports.items()}
    own |= {"CEEBUS_DATABASE_URL": databases.ours, "CEEBUS_CEE_DATABASE_URL": databases.cee, "CEEBUS_HOME": str(home)}
    own |= {"CEEBUS_BLOBS": str(home / "blobs"), "CEEBUS_INSTANCE": f"test-{next(_numbers)}"}
    return stack.environment() | own


@pytest.fixture(scope="module")
async def system(stack: Stack, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """Every role as a process; one for all tests of a module, each of which has a channel of its own. Not one for the session:
    seven processes with many channels take a quarter of a core from whatever is tested after them."""
    home = tmp_path_factory.mktemp("system")
    own = {"CEEBUS_TOPIC_PREFIX": f"system{next(_numbers)}.", "CEEBUS_SESSION_TIMEOUT_S": "12"}  # tests wait for the end of a stopped one's
    environment = environment_of(stack, databases, home) | own
    settings = read_settings(environment, home=home)
    async with (
        supervised(ROLES, environment) as supervisor,
        pool(databases.cee, size=8) as cee,
        pool(databases.ours, size=4) as ours,
        httpx.AsyncClient(
            base_url=settings.control.url, headers={"authorization": f"Bearer {settings.operator_token}"}, trust_env=False, timeout=30
        ) as http,
    ):
        yield System(settings, supervisor, cee, ours, http, environment, home)


@pytest.fixture
def channel() -> str:
    return "".join(next(_channels))
