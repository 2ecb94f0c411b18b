"""POST /v1/enrolments and /v1/token: from a code to tokens, and from one pair of tokens to the next."""

from fastapi import APIRouter

from services.gateway.access import Tokens
from services.gateway.models import Enrolment, Refresh, TokenPair, problems
from services.gateway.parts import Parts


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["access"])

    @router.post("/enrolments", status_code=201, responses=problems(400, 403, 413, 422, 503))
    async def enrol(body: Enrolment) -> TokenPair:
        """Turns a code into a device that may pull. A code works once; the answer's refresh token is shown only here."""
        return _pair(await parts.access.enrol(body.code, body.device_id, body.db_epoch, body.name))

    @router.post("/token", responses=problems(400, 401, 403, 413, 422, 503))
    async def refresh(body: Refresh) -> TokenPair:
        """The next pair of tokens. The token sent is used up; sending it again ends the session, except once within a minute."""
        return _pair(await parts.access.refresh(body.refresh_token))

    return router


def _pair(tokens: Tokens) -> TokenPair:
    return TokenPair(
        device_id=tokens.device,
        channel=tokens.channel,
        rep=tokens.rep,
        access_token=tokens.access,
        expires_in=tokens.seconds,
        refresh_token=tokens.refresh,
    )
