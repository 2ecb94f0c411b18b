"""Kafka's jars: resolved by jgo, compared with `kafka.sha256`, kept in the user's cache. Called by `kafka.py`.

The first call on a machine needs the network for half a minute. The folder appears complete or not at all, so an interrupted
download leaves nothing that a later start would take for whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jgo.constants import MAVEN_CENTRAL_URL
from jgo.env import EnvironmentBuilder, LinkStrategy
from jgo.maven import MavenContext, PythonResolver

from services.sandbox.server import StackError

COORDINATES = "org.apache.kafka:kafka_2.13:4.3.1"
CHECKSUMS = Path(__file__).with_name("kafka.sha256")

Say = Callable[[str], None]


def class_path(home: Path, say: Say) -> str:
    """The class path of `COORDINATES`. `say` hears how far the one download is. Raises StackError."""
    cache = cache_folder(home)
    folder = cache / COORDINATES.replace(":", "-")
    if not folder.exists():
        with alone(cache / ".lock"):
            if not folder.exists():
                download(cache, folder, say)
    return ":".join(str(jar) for jar in sorted(folder.glob("*.jar")))


def cache_folder(home: Path) -> Path:
    """The user's cache, or a folder of the home for a user who has none, as service users often do."""
    for folder in (Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "ceebus", home / "cache"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    raise StackError(f"neither the user's cache nor {home} can be written, so Kafka cannot be downloaded")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One download at a time; the second caller then finds the first one's result."""
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def download(cache: Path, folder: Path, say: Say) -> None:
    expected = dict(reversed(line.split()) for line in CHECKSUMS.read_text().splitlines())
    say(f"downloading Kafka, once ({len(expected)} files, 45 MB)")
    arrived: list[str] = []

    @contextmanager
    def progress(name: str, _size: int) -> Iterator[Callable[[int], None]]:
        yield lambda _count: None
        if name in expected:
            arrived.append(name)
            if len(arrived) % 5 == 0:
                say(f"downloading Kafka: {len(arrived)} of {len(expected)} files")

    # jgo writes straight to the final names, hence a private folder that becomes ours only when everything is there and right
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        whole = Path(scratch, "whole")
        whole.mkdir()
        context = MavenContext(
            resolver=PythonResolver(progress_callback=progress), repo_cache=Path(scratch, "maven"), remote_repos={"central": MAVEN_CENTRAL_URL}
        )
        try:
            built = EnvironmentBuilder(context=context, cache_dir=Path(scratch, "jgo"), link_strategy=LinkStrategy.COPY).from_endpoint(COORDINATES)
        except Exception as error:  # jgo passes on whatever requests, XML or the disk raised
            raise StackError(
                f"{COORDINATES} could not be downloaded: {error}. Check the network, or set CEEBUS_KAFKA to use a Kafka of your own."
            ) from error
        for jar in built.all_jars:
            shutil.move(jar, whole / jar.name)
        found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in whole.iterdir()}
        if found != expected:
            wrong = sorted(name for name, _ in found.items() ^ expected.items())
            raise StackError(f"Kafka's download is not what {CHECKSUMS.name} lists: {', '.join(dict.fromkeys(wrong))}")
        whole.rename(folder)
