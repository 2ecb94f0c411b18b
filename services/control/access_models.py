"""What control's API answers and takes about operators' tokens and the audit; its description is made from these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from services.control.models import Body, Printable, Reason
from services.kernel.access import Role


class WhoAmI(BaseModel):
    """Whom the token of this request belongs to."""

    id: Annotated[str, Field(description="`token`: the token of the settings")]
    name: str
    role: Role


class Token(BaseModel):
    """An operator's token; its secret is kept nowhere."""

    id: str
    name: str
    role: Role
    created_by: Annotated[str, Field(description="id of the token that made it")]
    created_at: datetime
    last_used_at: Annotated[datetime | None, Field(description="to the minute")]
    revoked_at: datetime | None


class NewToken(Body):
    """A token for somebody."""

    name: Annotated[Printable, Field(min_length=1, max_length=120, description="whose it is, or what for")]
    role: Role
    reason: Reason = None


class MadeToken(Token):
    """The token is shown here and never again."""

    token: str


class Action(BaseModel):
    """One action and what it changed."""

    id: int
    at: datetime
    actor: Annotated[str, Field(description="id of the operator's token, `token` for that of the settings, `lane`, `schedule`")]
    actor_name: Annotated[str | None, Field(description="of the operator's token")]
    action: str
    channel: str | None
    object: str | None
    reason: str | None
    before: Any
    after: Any
