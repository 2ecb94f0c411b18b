"""What `explain` answers: every stage of an object's way, and the first of them that keeps it. Its API description is made from these."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field


class Step(BaseModel):
    """One stage of the way."""

    stage: Annotated[
        str, Field(description="channel, transfer, source, cee, outbox, published, exporter, outcome, feed, audience, device, ...")
    ]
    ok: Annotated[bool | None, Field(description="true: it is past this; false: it is kept here; null: can't be told, or only a remark")]
    code: Annotated[str, Field(description="stable; what was found at this stage")]
    text: Annotated[str, Field(description="the code's text in the language asked for")]
    facts: Annotated[dict[str, Any], Field(description="names, offsets, positions, moments; durations end with _s and are seconds")]
    next: Annotated[str | None, Field(description="what an administrator can do about it")] = None


class Explanation(BaseModel):
    """The way of one object. Without an obstacle it has arrived, or is an upload that is done with."""

    channel: str
    kind: Annotated[str, Field(description="a kind, or import/<kind> for uploads")]
    key: str
    device: str | None
    obstacle: Annotated[Step | None, Field(description="the first step that is not ok")]
    steps: list[Step]
