"""What control's API answers and takes about clients of the back-office app; its description is made from these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from services.control.models import Body, Printable, Reason


class Client(BaseModel):
    """A back-office app's access to one channel."""

    id: str
    channel: str
    name: str
    created_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class AddClient(Body):
    """Access for a back-office app."""

    channel: str
    name: Annotated[Printable, Field(min_length=1, max_length=120, description="what people call it")]
    reason: Reason = None


class AddedClient(BaseModel):
    """The token is shown here and never again."""

    id: str
    channel: str
    name: str
    token: str
