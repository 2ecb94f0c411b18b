"""`python -m services.sandbox.device pull|follow|digest --gateway URL --database FILE [--code CODE]`: one JSON object a line."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import signal
import sys
from pathlib import Path
from typing import Any

import orjson

from services.sandbox.device.device import DATA, EVERYTHING, Device, Pulled
from services.sandbox.device.failures import Interrupted, Refused
from services.sandbox.device.files import WrongContent
from services.sandbox.device.store import DanglingReferences


def say(**values: Any) -> None:
    sys.stdout.write(orjson.dumps(values).decode() + "\n")
    sys.stdout.flush()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="device", description="A simulated phone of a sales rep.")
    parser.add_argument("command", choices=["pull", "follow", "digest"])
    parser.add_argument("--gateway", default="http://127.0.0.1:8710", help="address of the gateway")
    parser.add_argument("--database", type=Path, default=Path("device.db"), help="the device's SQLite file")
    parser.add_argument("--code", help="enrolment code, once")
    parser.add_argument("--without-attachments", action="store_true", help="leave attachments and their contents out")
    return parser.parse_args()


async def run(asked: argparse.Namespace) -> None:
    groups = DATA if asked.without_attachments else EVERYTHING
    async with Device(asked.gateway, asked.database) as device:
        if asked.code:
            say(enrolled=(await device.enrol(asked.code))["device_id"])
        if asked.command == "pull":
            await told(device, groups, await device.pull(groups))
        elif asked.command == "follow":
            stop = asyncio.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stop.set)
            await device.follow(stop, lambda pulled: told(device, groups, pulled), groups)
        else:
            for kind, count in device.store.counts().items():
                say(kind=kind, rows=count, digest=device.digest(kind))


async def told(device: Device, groups: tuple[str, ...], pulled: Pulled) -> None:
    say(**dataclasses.asdict(pulled), contents=await device.fetch_attachments() if "attachments" in groups else 0)


def main() -> int:
    try:
        asyncio.run(run(arguments()))
    except (Refused, DanglingReferences, WrongContent) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except Interrupted as error:
        sys.stderr.write(f"the gateway does not answer: {error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
