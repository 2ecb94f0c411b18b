"""What the demo found, as tables for a person and as one JSON object for a program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rich.table import Table

from schemas.topics import KINDS
from services.sandbox.demo.times import Times
from services.sandbox.expected.comparison import Difference

FIGURES = ("uploaded", "imported", "waiting", "rejected", "unchanged", "conflict")
SHOWN = 8  # differences that are named one by one


@dataclass(frozen=True)
class Held:
    """One device against CEE: counts by kind and every difference."""

    rep: str
    expected: dict[str, int]
    feed: dict[str, int]
    device: dict[str, int]
    differences: tuple[Difference, ...]

    def equal(self, kind: str) -> bool:
        return not any(found.kind == kind for found in self.differences)


@dataclass(frozen=True)
class Imports:
    """The way back: control's figures by kind, what did not end as it must, and upload sent -> final answer on the device."""

    kinds: tuple[dict[str, Any], ...]
    problems: tuple[str, ...]
    round_trips: Times

    @property
    def ok(self) -> bool:
        return not self.problems and bool(self.round_trips.measured)

    def as_json(self) -> dict[str, dict[str, int]]:
        return {kind["kind"]: {name: kind[name] for name in FIGURES} for kind in self.kinds}


@dataclass(frozen=True)
class Report:
    """The whole demo. `latencies`: commit in CEE -> commit on a device; `status` is control's status of the channel at the end."""

    seconds: float
    changes: int
    latencies: Times
    status: dict[str, Any]
    held: tuple[Held, ...]
    imports: Imports

    @property
    def ok(self) -> bool:
        same = bool(self.held) and not any(held.differences for held in self.held)
        return same and bool(self.latencies.measured) and self.imports.ok

    def kinds(self) -> dict[str, dict[str, Any]]:
        """By kind: the first device's figures; equal only if every device is."""
        first, by_kind = self.held[0], {kind["kind"]: kind for kind in self.status["kinds"]}
        return {
            kind: {
                "cee": first.expected.get(kind, 0),
                "exported": by_kind[kind]["exported"],
                "feed": first.feed.get(kind, 0),
                "device": first.device.get(kind, 0),
                "due": by_kind[kind]["due"],
                "due_codes": by_kind[kind]["due_codes"],
                "equal": all(held.equal(kind) for held in self.held),
            }
            for kind in KINDS
        }

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "seconds": round(self.seconds, 1),
            "changes": self.changes,
            "latency_ms": self.latencies.as_json(),
            "round_trip_ms": self.imports.round_trips.as_json(),
            "kinds": self.kinds(),
            "imports": self.imports.as_json(),
            "import_problems": list(self.imports.problems),
            "devices": [{"rep": held.rep, "differences": [str(found) for found in held.differences]} for held in self.held],
        }


def table(report: Report, held: Held) -> Table:
    """One device: expected by SQL over CEE's tables, and what each station has."""
    shown = Table(title=f"Device of rep {held.rep}", title_justify="left", expand=False)
    for name in ("kind", "expected", "exported", "in feed", "on device", "due"):
        shown.add_column(name, justify="left" if name == "kind" else "right", no_wrap=True)
    shown.add_column("equal", no_wrap=True)
    for status in report.status["kinds"]:
        kind = status["kind"]
        figures = (held.expected.get(kind, 0), status["exported"], held.feed.get(kind, 0), held.device.get(kind, 0), status["due"])
        mark = "[green]yes[/green]" if held.equal(kind) else "[red]NO[/red]"
        shown.add_row(kind, *[f"{figure:,}" if figure is not None else "?" for figure in figures], mark)
    return shown


def imports_table(imports: Imports) -> Table:
    """Uploads of devices and manager by kind and outcome, and the codes among them."""
    shown = Table(title="Uploads of reps and manager", title_justify="left", expand=False)
    for name in ("kind", *FIGURES):
        shown.add_column(name, justify="left" if name == "kind" else "right", no_wrap=True)
    shown.add_column("codes")
    for kind in imports.kinds:
        codes = ", ".join(f"{code} {count}" for code, count in kind["codes"].items())
        shown.add_row(kind["kind"], *[f"{kind[name]:,}" for name in FIGURES], codes)
    return shown


def held_back(report: Report) -> list[str]:
    """Why records are due, by kind: the sample company always has a few bad ones."""
    lines = ["Due, that is held back with a reason (`ceebus due list`); the sample company has bad records of every kind:"]
    for status in report.status["kinds"]:
        codes = ", ".join(f"{code} {count}" for code, count in status["due_codes"].items())
        if codes:
            lines.append(f"  {status['kind']:18} {codes}")
    return lines


def conclusion(report: Report) -> list[str]:
    """The sentences below the tables."""
    said = []
    for held in report.held:
        said += [f"[red]{held.rep}: {found}[/red]" for found in held.differences[:SHOWN]]
    said += [f"[red]{problem}[/red]" for problem in report.imports.problems[:SHOWN]]
    if report.latencies.measured:
        said.append(f"{report.changes} changes; from commit in CEE to commit on a device: {report.latencies}")
    else:
        said.append("[red]no live change arrived on a device[/red]")
    if report.imports.round_trips.measured:
        said.append(f"From upload to final answer on the device: {report.imports.round_trips}")
    else:
        said.append("[red]no upload was answered[/red]")
    if report.ok:
        said.append("[green]Both devices hold exactly what CEE says they should[/green], and CEE holds what they sent, each object once.")
        said.append(f"It took {report.seconds:.0f} s.")
    else:
        said.append(f"[red]Something differs.[/red] The logs are in the demo's home, see above. It took {report.seconds:.0f} s.")
    return said
