"""What goes wrong between a device and the gateway, in the two kinds a device tells apart. Used by all of the device."""

from __future__ import annotations

from typing import Any

import httpx

_LATER = frozenset({408, 429})  # too slow, too often: the same again
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 2.0


class Refused(Exception):
    """The gateway's problem+json: `code` is stable."""

    def __init__(self, status: int, code: str, detail: str, body: dict[str, Any] | None = None) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status, self.code, self.body = status, code, body or {}


class Interrupted(Exception):
    """No answer, a broken one, or 5xx: worth another try."""


def pause(failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return float(min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**failures))


class translated:
    """The library's errors as ours."""

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        # uvloop's transport has no socket any more when the peer cut the connection as it was opened, and anyio asks it for its peer
        is_cut = isinstance(error, AttributeError) and error.name == "getpeername"
        if is_cut or isinstance(error, (httpx.TransportError, httpx.StreamError, httpx.DecodingError)):
            raise Interrupted(f"{type(error).__name__}: {error}") from error


def problem_of(response: httpx.Response) -> Refused | Interrupted:
    """What an answer that is no success means."""
    if response.status_code >= 500 or response.status_code in _LATER:
        return Interrupted(f"{response.status_code} of {response.url.path}")
    try:
        body = response.json()
        return Refused(response.status_code, body["code"], body["detail"], body)
    except (ValueError, KeyError):
        return Refused(response.status_code, "unknown", response.text[:200])
