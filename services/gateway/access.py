"""Who asks: enrolment, access tokens (JWT, 15 minutes), refresh tokens (rotating). Used by the routes.

A device is looked up in the database at every request, so a revoked one is out at once.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import OctKey

from services.gateway import chain
from services.kernel import tokens
from services.kernel.http import Problem
from services.kernel.postgres import Pool, Queries

ACCESS_SECONDS = 15 * 60
_ISSUER = "ceebus"
SQL = Queries(Path(__file__).with_name("queries.sql"))


@dataclass(frozen=True, slots=True)
class Identity:
    """The device behind a request, as the database has it now."""

    device: str
    channel: str
    rep: str
    session: UUID


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a device gets to prove itself with; `seconds` is the life of the access token."""

    device: str
    channel: str
    rep: str
    access: str
    refresh: str
    seconds: int = ACCESS_SECONDS


async def signing_key(pool: Pool) -> bytes:
    """The installation's key, made by the first gateway that ever asks for it."""
    await pool.execute(SQL.make_secret, "gateway", secrets.token_bytes(tokens.SECRET_BYTES))
    key: bytes = await pool.fetchval(SQL.secret, "gateway")
    return key


class Access:
    """Gives and checks tokens. `now` is the clock in seconds, an argument so that expiry can be tested."""

    def __init__(self, pool: Pool, key: bytes, now: Callable[[], float] = time.time) -> None:
        self._pool, self._key, self._now = pool, key, now
        # two keys out of one secret: a token can never pass for a cursor
        self._jwk = OctKey.import_key(tokens.token_hash("access." + key.hex()))

    async def enrol(self, code: str, device: str | None, db_epoch: UUID, name: str | None) -> Tokens:
        """Uses up an enrolment code; raises Problem 403 `code_unknown`, `code_expired` or `device_revoked`."""
        hashed = tokens.code_hash(code)
        found = await self._pool.fetchrow(SQL.device_of_code, hashed, device)
        if found is None:
            raise Problem(403, "code_unknown", "This enrolment code is not known or was used already. Ask for a new one.")
        if found["state"] == "revoked":
            raise _revoked()
        if found["expired"]:
            raise Problem(403, "code_expired", "This enrolment code is too old. Ask for a new one.")
        session = uuid4()
        refresh = chain.issue(self._key, found["id"], session)
        row = await self._pool.fetchrow(SQL.enrol, hashed, db_epoch, name, session, tokens.token_hash(refresh), found["id"])
        if row is None:  # somebody else was quicker with the same code
            raise Problem(403, "code_unknown", "This enrolment code was used already. Ask for a new one.")
        return Tokens(row["id"], row["channel"], row["rep"], self.access_token(row["id"], session), refresh)

    async def refresh(self, token: str) -> Tokens:
        """The next pair of tokens; raises Problem 401 or 403 with a code the device acts on."""
        claim = chain.read(self._key, token)
        following = chain.issue(self._key, claim.device, claim.session)
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL.session, claim.device)
            verdict = chain.judge(dict(row) if row else None, claim.session, tokens.token_hash(token))
            if verdict == "reused":
                await connection.execute(SQL.end_session, claim.device)
            elif verdict in ("current", "repeated"):
                # the token before is good for one repeat only, and a repeat leaves none
                before = tokens.token_hash(token) if verdict == "current" else None
                await connection.execute(SQL.rotate, claim.device, tokens.token_hash(following), before)
        if verdict == "revoked":
            raise _revoked()
        if verdict == "reused":
            raise Problem(401, "refresh_reused", "This refresh token was used before: somebody else may have it. Enrol the device again.")
        if verdict == "ended":
            raise _ended()
        device = await self._device(claim.device)
        return Tokens(device["id"], device["channel"], device["rep"], self.access_token(claim.device, claim.session), following)

    def access_token(self, device: str, session: UUID) -> str:
        now = int(self._now())
        claims = {"iss": _ISSUER, "sub": device, "sid": session.hex, "iat": now, "exp": now + ACCESS_SECONDS}
        return jwt.encode({"alg": "HS256"}, claims, self._jwk)

    async def identify(self, authorization: str | None) -> Identity:
        """The device behind an Authorization header; raises Problem 401 (who?) or 403 `device_revoked`."""
        claims = self._claims(bearer(authorization))
        row = await self._device(str(claims["sub"]))
        if row["session"] is None or row["session"].hex != claims["sid"]:
            raise _ended()
        return Identity(row["id"], row["channel"], row["rep"], row["session"])

    def _claims(self, token: str) -> dict[str, Any]:
        needed = jwt.JWTClaimsRegistry(
            now=int(self._now()),
            iss={"essential": True, "value": _ISSUER},
            sub={"essential": True},
            sid={"essential": True},
            exp={"essential": True},
        )
        try:
            claims = jwt.decode(token, self._jwk, algorithms=["HS256"]).claims
            needed.validate(claims)
        except ExpiredTokenError:
            raise Problem(401, "token_expired", "The access token is older than 15 minutes. Get a new one from /v1/token.") from None
        except (JoseError, ValueError):
            raise Problem(401, "token_invalid", "This access token was not made here or was altered.") from None
        return claims

    async def _device(self, device: str) -> Any:
        row = await self._pool.fetchrow(SQL.device, device)
        if row is None:
            raise Problem(401, "token_invalid", "The device of this token is not known any more. Enrol it again.")
        if row["state"] == "revoked":
            raise _revoked()
        if row["state"] != "active":  # a new code was made for it and not used yet
            raise _ended()
        return row


def bearer(authorization: str | None) -> str:
    """The token of an Authorization header; raises Problem 401 without one."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(401, "unauthenticated", "Send the access token as `Authorization: Bearer ...`.")
    return token.strip()


def _revoked() -> Problem:
    return Problem(403, "device_revoked", "This device was revoked. Whoever looks after ceebus can enrol it again.")


def _ended() -> Problem:
    return Problem(401, "session_ended", "This session of the device is over. Enrol the device again.")
