"""How long something took, each time it was seen: latencies of changes, round trips of uploads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Times:
    """How long something took each time, in ms."""

    measured: tuple[float, ...]

    def percentile(self, share: float) -> float | None:
        """None when nothing was measured."""
        ordered = sorted(self.measured)
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1) if ordered else None

    def as_json(self) -> dict[str, Any]:
        return {"p50": self.percentile(0.5), "p99": self.percentile(0.99), "samples": len(self.measured)}

    def __str__(self) -> str:
        return f"p50 {self.percentile(0.5)} ms, p99 {self.percentile(0.99)} ms ({len(self.measured)} seen)"
