"""HTTP to the roles. The standard library's client: it is loaded in a tenth of the time that others take."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from services.cli.advice import NEXT_STEP
from services.cli.failure import NOT_AS_WANTED, NOT_REACHABLE, USAGE, Failure
from services.kernel.settings import read_values

PORTS = {"control": 8720, "source": 8730}
_EXIT = {400: USAGE, 422: USAGE, 503: NOT_REACHABLE}


class Role:
    """One role's HTTP. Every method raises Failure: exit code 3 if nobody answers there, else by the problem."""

    def __init__(self, name: str, address: str, token: str, timeout_s: float = 180) -> None:
        self.name, self.address = name, address
        self._token, self.timeout_s = token, timeout_s

    def get(self, *path: str, **query: Any) -> Any:
        """The decoded answer; a query value of None is left out."""
        return self.ask("GET", self._target(path, query))

    def send(self, method: str, *path: str, body: Any = None, **query: Any) -> Any:
        """A request with a JSON body."""
        return self.ask(method, self._target(path, query), [json.dumps(body).encode()] if body is not None else None, "application/json")

    def stream(self, *path: str, parts: Iterable[bytes], kind: str, **query: Any) -> Any:
        """A POST whose body is sent piece by piece."""
        return self.ask("POST", self._target(path, query), parts, kind)

    def pages(self, *path: str, limit: int | None = None, **query: Any) -> Iterator[Any]:
        """The items of a list over all its pages, at most `limit`."""
        cursor, left = None, limit
        while left is None or left > 0:
            answer = self.get(*path, cursor=cursor, limit=min(left or 500, 500), **query)
            yield from answer["items"]
            cursor = answer["next"]
            if cursor is None:
                return
            left = left - len(answer["items"]) if left is not None else None

    def ask(self, method: str, target: str, parts: Iterable[bytes] | None = None, kind: str = "") -> Any:
        """One request; the answer as JSON, None without content."""
        headers = {"authorization": f"Bearer {self._token}", "accept": "application/json"} | ({"content-type": kind} if parts else {})
        connection = self._connection()
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # refused before the body was through: the answer says why
                connection.request(method, target, parts, headers, encode_chunked=parts is not None)
            response = connection.getresponse()
            status, body = response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise self._silent(error) from None
        finally:
            connection.close()
        return self._answer(status, body)

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.address)
        made = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return made(parts.hostname or "127.0.0.1", parts.port, timeout=self.timeout_s)

    def _target(self, path: Iterable[str], query: dict[str, Any]) -> str:
        # a channel may be called "..", which is no step up
        steps = "/".join(quote(step, safe="").replace(".", "%2E") for step in path)
        asked = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items() if value is not None}
        return f"{urlsplit(self.address).path}/v1/{steps}" + (f"?{urlencode(asked)}" if asked else "")

    def _answer(self, status: int, body: bytes) -> Any:
        try:
            found = json.loads(body) if body else None
        except ValueError:
            raise Failure(
                "answer_unreadable", f"{self.address} does not answer like the {self.name} of ceebus (status {status})."
            ) from None
        if status < 400:
            return found
        said = found if isinstance(found, dict) else {}
        code = str(said.get("code", status))
        text = str(said.get("detail") or (json.dumps(said) if said else "The request was refused."))
        faults = "".join(f"\n  {fault['field']}: {fault['message']}" for fault in said.get("errors", []))
        raise Failure(code, text + faults, NEXT_STEP.get(code, ""), _EXIT.get(status, NOT_AS_WANTED))

    def _silent(self, error: Exception) -> Failure:
        following = f"Is it running? `ceebus up` starts everything; CEEBUS_{self.name.upper()} names another address."
        return Failure(
            "not_reachable", f"The {self.name} does not answer at {self.address}: {error or type(error).__name__}", following, NOT_REACHABLE
        )


def role(name: str) -> Role:
    """The role as environment or running stack name it (`CEEBUS_CONTROL`, or `CEEBUS_CONTROL_URL` behind a proxy)."""
    home, values = read_values()
    token = values.get("operator_token", "")
    if not token:
        text = f"CEEBUS_OPERATOR_TOKEN is not set and no stack runs in {home}."
        raise Failure("not_reachable", text, "Start one with `ceebus up`, or set CEEBUS_CONTROL and CEEBUS_OPERATOR_TOKEN.", NOT_REACHABLE)
    address = values.get(f"{name}_url") or "http://" + values.get(name, f"127.0.0.1:{PORTS[name]}").replace("0.0.0.0", "127.0.0.1")
    return Role(name, address.rstrip("/"), token)


def control() -> Role:
    """What most commands speak to."""
    return role("control")
