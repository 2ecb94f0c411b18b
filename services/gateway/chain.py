"""Refresh tokens: each is good once and brings the next (a chain). Pure rules; access.py keeps the rows.

A token seen a second time ends the chain, since one of the two who used it is a thief. One exception: the token before the
current one, once, shortly after: the answer that carried the current one was lost on the way.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from services.kernel import tokens
from services.kernel.http import Problem

GRACE_SECONDS = 60.0
PATTERN = r"^cbr_[A-Za-z0-9_-]{2,800}\.[A-Za-z0-9_-]{22}$"
_PREFIX = "cbr_"
_PURPOSE = "refresh.1"

Verdict = Literal["current", "repeated", "reused", "ended", "revoked"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a refresh token says about itself."""

    device: str
    session: UUID


def issue(key: bytes, device: str, session: UUID) -> str:
    """A new random token of this chain. Signed, so that nobody ends a chain with a token he made up."""
    return _PREFIX + tokens.seal(key, _PURPOSE, [device, session.hex, secrets.token_urlsafe(tokens.SECRET_BYTES)])


def read(key: bytes, token: str) -> Claim:
    """Raises Problem 401 `refresh_invalid` for a token that was not issued here."""
    try:
        device, session, _ = tokens.unseal(key, _PURPOSE, token.removeprefix(_PREFIX))
    except tokens.BadSeal:
        raise Problem(401, "refresh_invalid", "This refresh token was not made here or was altered.") from None
    return Claim(device, UUID(hex=session))


def judge(row: dict[str, Any] | None, session: UUID, hashed: bytes) -> Verdict:
    """What to do with a presented token; `row` is the device's chain as queries.sql `session` reads it."""
    if row is None:
        return "ended"
    if row["state"] == "revoked":
        return "revoked"
    if row["session"] != session:  # of a chain that was replaced: no harm to the present one
        return "ended"
    if row["refresh_hash"] == hashed:
        return "current"
    if row["refresh_prev_hash"] == hashed and row["age_s"] is not None and row["age_s"] <= GRACE_SECONDS:
        return "repeated"
    return "reused"
