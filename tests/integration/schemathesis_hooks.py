"""What schemathesis must know to send our bodies; test_gateway_api.py names this module to it."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson", "application/offset+octet-stream")
def as_it_is(ctx: Any, value: Any) -> bytes:
    """Lines and chunks are bytes to our description."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")
