"""Secrets people and devices carry: enrolment codes, random tokens, sealed texts. Called by gateway and control.

Nothing here is stored in the clear: the database keeps SHA-256 of codes and tokens only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Any

import orjson

# no 0/O and 1/I: codes are read aloud and typed on a phone
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CODE_LETTERS = 16  # 80 bits: not to be guessed within a code's lifetime
_MAC_BYTES = 16
CLIENT = "cbm"  # before the token of a client of the back-office app
SECRET_BYTES = 32


class BadSeal(Exception):
    """The text was not sealed with this key and purpose, or was altered on the way."""


def new_code() -> str:
    """An enrolment code to show once, in groups of four: `K7QF-...`."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LETTERS))
    return "-".join(letters[at : at + 4] for at in range(0, _CODE_LETTERS, 4))


def code_hash(code: str) -> bytes:
    """What is stored of an enrolment code; case, spaces and dashes do not matter when it is typed."""
    return token_hash("".join(letter for letter in code.upper() if letter.isalnum()))


def new_token(prefix: str) -> str:
    """32 random bytes behind a readable prefix, so that a leaked one is recognised."""
    return f"{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"


def token_hash(token: str) -> bytes:
    """SHA-256 of a token: what is stored and compared."""
    return hashlib.sha256(token.encode()).digest()


def seal(key: bytes, purpose: str, values: list[Any]) -> str:
    """JSON values as opaque text that nobody else can make or change; it is signed, not encrypted."""
    payload = orjson.dumps(values)
    return f"{_text(payload)}.{_text(_mac(key, purpose, payload))}"


def unseal(key: bytes, purpose: str, text: str) -> list[Any]:
    """The values of a sealed text; raises BadSeal."""
    head, _, tail = text.partition(".")
    try:
        payload, given = _bytes(head), _bytes(tail)
    except (binascii.Error, ValueError):
        raise BadSeal from None
    # the text itself is compared as well: base64 has spare bits, and one seal must have one spelling
    if not hmac.compare_digest(given, _mac(key, purpose, payload)) or text != f"{_text(payload)}.{_text(given)}":
        raise BadSeal
    values: list[Any] = orjson.loads(payload)
    return values


def _mac(key: bytes, purpose: str, payload: bytes) -> bytes:
    return hmac.digest(key, purpose.encode() + b"\0" + payload, "sha256")[:_MAC_BYTES]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
