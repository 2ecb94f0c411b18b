"""What goes wrong with a device outdoors, each kind switchable and drawn from a seed: `trouble` for a network, the rest for a phone.

A restored database is older than what the gateway knows; a cloned one makes a second device believe it is the first.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from services.sandbox.device.client import Body
from services.sandbox.device.device import Device
from services.sandbox.device.failures import Interrupted

UPLOADS = ("/v1/sync", "/v1/files")
TOKENS = ("device_id", "channel", "rep", "access_token", "refresh_token")


@dataclass(frozen=True, slots=True)
class Mischief:
    """Shares are of requests, 0..1. `twice`: whatever was accepted is sent again; `mixed`: in any order."""

    lost_answers: float = 0
    cut_files: float = 0
    twice: bool = False
    mixed: bool = False


def trouble(device: Device, mischief: Mischief, rng: Random) -> None:
    """From now on this device has it."""

    def lose(path: str) -> None:
        if path.startswith(UPLOADS) and rng.random() < mischief.lost_answers:
            raise Interrupted(f"the answer of {path} was lost")

    def cut(path: str, body: bytes) -> Body:
        if path.startswith("/v1/files/") and rng.random() < mischief.cut_files:
            return _cut(body, rng.randrange(len(body)))
        return body

    device.client.on_answer, device.client.on_body = lose, cut
    device.uploads.mixing = rng if mischief.mixed else None


async def _cut(body: bytes, at: int) -> AsyncIterator[bytes]:
    yield body[:at]
    raise Interrupted(f"the network was gone after {at} of {len(body)} bytes")


def backup(device: Device, path: Path) -> None:
    """Database and files as they are now."""
    device.store.copy(path)
    shutil.copytree(device.path.with_suffix(".files"), path.with_suffix(".files"), dirs_exist_ok=True)


def restored(device: Device, path: Path) -> Device:
    """The phone of `device` after its owner went back to the backup at `path`: another database, so another epoch; its tokens stay,
    since phones keep them elsewhere. `device` is not to be used any more."""
    found = Device(device.url, path, epoch=str(uuid.uuid4()))
    found.store.remember(**{name: device.store.recall(name) for name in TOKENS})
    return found


def cloned(device: Device, path: Path) -> Device:
    """A second phone with everything the first one has, outbox and epoch included; enrol it with a code of its own."""
    backup(device, path)
    found = Device(device.url, path)
    found.store.remember(**dict.fromkeys(TOKENS))
    return found
