"""Why one object has not arrived: gathers, decides, says it in a language. Called by routes/explain.py."""

from __future__ import annotations

from schemas import codes
from services.control.explain.finding import obstacle
from services.control.explain.gather_in import gather_in
from services.control.explain.gather_out import gather_out
from services.control.explain.models import Explanation
from services.control.explain.texts import step_of
from services.control.explain.way_in import way_in
from services.control.explain.way_out import way_out
from services.control.known import Known
from services.control.parts import IMPORTS, Parts


async def explain(parts: Parts, known: Known, object_: tuple[str, str], device: str | None, language: codes.Language) -> Explanation:
    """`object_`: a kind of KINDS or import/<kind>, and a key. A part that is away is a step that can't be told."""
    kind, key = object_
    if kind.startswith(IMPORTS):
        findings = way_in(await gather_in(parts, known, kind.removeprefix(IMPORTS), key))
    else:
        findings = way_out(await gather_out(parts, known, kind, key, device))
    first = obstacle(findings)
    return Explanation(
        channel=known.id,
        kind=kind,
        key=key,
        device=device,
        obstacle=step_of(first, language) if first else None,
        steps=[step_of(finding, language) for finding in findings],
    )
