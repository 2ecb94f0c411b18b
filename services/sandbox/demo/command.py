"""The demo as a command: what is printed, and the exit code."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from rich.console import Console

from services.sandbox.demo.report import conclusion, held_back, imports_table, table
from services.sandbox.demo.run import Options, demo


def run(home: Path, size: str, as_json: bool) -> int:
    """0 when devices hold what CEE says they should, and CEE what they sent, else 1. With `as_json` the last line is one JSON object."""
    console = Console(stderr=as_json, highlight=False, width=None if sys.stdout.isatty() else 100)
    report = asyncio.run(demo(Options(home=home, size=size), console))
    for held in report.held:
        console.print(table(report, held))
    console.print(imports_table(report.imports))
    for line in (*held_back(report), *conclusion(report)):
        console.print(line)
    if as_json:
        sys.stdout.write(json.dumps(report.as_json(), ensure_ascii=False) + "\n")
    return 0 if report.ok else 1
