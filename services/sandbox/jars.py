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
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jgo.constants import MAVEN_CENTRAL_URL
from jgo.env import EnvironmentBuilder, LinkStrategy
from jgo.maven import MavenContext, PythonResolver

from services.sandbox.server import StackError

# Kafka's own jars log through slf4j and bring nothing that writes
COORDINATES = "org.apache.kafka:kafka_2.13:4.3.1+org.slf4j:slf4j-simple:1.7.36"
CHECKSUMS = Path(__file__).with_name("kafka.sha256")

Say = Callable[[str], None]


def jar_folder(home: Path, say: Say) -> Path:
    """The folder with the jars of `COORDINATES`. `say` hears how far the one download is. Raises StackError."""
    cache = cache_folder(home)
    folder = cache / "kafka-4.3.1"
    if not folder.exists():
        with alone(cache / ".lock"):
            if not folder.exists():
                download(cache, folder, say)
    return folder


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
    expected = {name: checksum for checksum, name in (line.split() for line in CHECKSUMS.read_text().splitlines())}
    say("downloading Kafka, once: 45 MB")
    # jgo writes straight to the final names, hence a private folder that becomes ours only when everything is there and right
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        whole = Path(scratch, "whole")
        whole.mkdir()
        for jar in resolve(Path(scratch), counting(expected, say)):
            shutil.move(jar, whole / jar.name)
        found = {jar.name: hashlib.sha256(jar.read_bytes()).hexdigest() for jar in whole.iterdir()}
        if found != expected:
            wrong = sorted({name for name, _ in found.items() ^ expected.items()})
            raise StackError(f"Kafka's download is not what {CHECKSUMS.name} lists: {', '.join(wrong)}")
        whole.rename(folder)


def resolve(scratch: Path, progress: Any) -> list[Path]:
    """The jars of COORDINATES and all they need, fetched below `scratch`."""
    resolver = PythonResolver(progress_callback=progress)
    context = MavenContext(resolver=resolver, repo_cache=scratch / "maven", remote_repos={"central": MAVEN_CENTRAL_URL})
    builder = EnvironmentBuilder(context=context, cache_dir=scratch / "jgo", link_strategy=LinkStrategy.COPY)
    try:
        return list(builder.from_endpoint(COORDINATES).all_jars)
    except Exception as error:  # jgo passes on whatever requests, XML or the disk raised
        raise StackError(
            f"{COORDINATES} could not be downloaded: {error}. Check the network, or set CEEBUS_KAFKA to use a Kafka of your own."
        ) from error


def counting(expected: Collection[str], say: Say) -> Any:
    """jgo's progress callback: called per file, its inner function per chunk."""
    arrived = 0

    @contextmanager
    def progress(name: str, _size: int) -> Iterator[Callable[[int], None]]:
        nonlocal arrived
        yield lambda _count: None
        if name in expected:
            arrived += 1
            if arrived % 5 == 0 or arrived == len(expected):
                say(f"downloading Kafka: {arrived} of {len(expected)} files")

    return progress
