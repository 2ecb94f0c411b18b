"""Settings, read once from the environment (`CEEBUS_*`, `CEEBUS_*_FILE`) and, below it, from `<home>/stack.json`.

`stack.json` is written by the embedded stack, so that every command started in the same folder finds it.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PREFIX = "CEEBUS_"


class MissingSetting(Exception):
    """A setting without a default is not set; the text names it and the next step."""


@dataclass(frozen=True, slots=True)
class Kafka:
    """Where the bus is, and what stands before every topic name on a cluster shared with others."""

    bootstrap: str
    topic_prefix: str = ""
    # how long a role that is silent keeps its partitions: longer than a restart takes, which then causes no rebalance (T23)
    session_timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Listen:
    """Where an HTTP server listens; loopback unless told otherwise, since a reverse proxy ends TLS."""

    host: str
    port: int

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a role or a command needs to know about its surroundings."""

    home: Path
    kafka: Kafka
    database_url: str
    cee_database_url: str
    blobs: Path
    gateway: Listen
    control: Listen
    source: Listen
    operator_token: str
    installation: str
    instance: str
    queue: str


def read_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """`CEEBUS_*` without the prefix, in lower case; a `*_FILE` variable gives the stripped text of that file."""
    found: dict[str, str] = {}
    for name, value in (os.environ if environment is None else environment).items():
        if not name.startswith(PREFIX) or not value:
            continue
        short = name.removeprefix(PREFIX).lower()
        if short.endswith("_file"):
            found[short.removesuffix("_file")] = Path(value).read_text().strip()
        else:
            found[short] = value
    return found


def read_values(environment: Mapping[str, str] | None = None, home: Path | None = None) -> tuple[Path, dict[str, str]]:
    """The home, and every value that is set: by the environment, else by the stack that runs in the home."""
    found = read_environment(environment)
    home = home or Path(found.get("home", ".ceebus"))
    stack = home / "stack.json"
    return home, (json.loads(stack.read_text()) if stack.exists() else {}) | found


def read_settings(environment: Mapping[str, str] | None = None, home: Path | None = None) -> Settings:
    """Raises MissingSetting where neither the environment nor a running embedded stack says where the servers are."""
    home, values = read_values(environment, home)

    def needed(name: str) -> str:
        if name not in values:
            raise MissingSetting(f"{PREFIX}{name.upper()} is not set and no stack runs in {home}. Start one with `ceebus up`, or set it.")
        return str(values[name])

    def listen(name: str, port: int) -> Listen:
        host, _, number = str(values.get(name, f"127.0.0.1:{port}")).rpartition(":")
        return Listen(host or "127.0.0.1", int(number))

    return Settings(
        home=home,
        kafka=Kafka(needed("kafka"), str(values.get("topic_prefix", "")), float(values.get("session_timeout_s", 30))),
        database_url=needed("database_url"),
        cee_database_url=needed("cee_database_url"),
        blobs=Path(str(values.get("blobs", home / "blobs"))),
        gateway=listen("gateway", 8710),
        control=listen("control", 8720),
        source=listen("source", 8730),
        operator_token=str(values.get("operator_token", "")),
        installation=str(values.get("installation", "main")),
        # static membership by name: a quick restart of the same instance causes no rebalance
        instance=str(values.get("instance", socket.gethostname())),
        queue=str(values.get("queue", "default")),  # of an exporter or importer: it serves the channels that belong to it
    )
