"""Range requests on one content that is in memory: RFC 9110 for a single range, ETag, If-None-Match, If-Range."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fastapi.responses import Response

from services.kernel.http import problem

_RANGE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")


class NotSatisfiable(Exception):
    """The range lies behind the end of the content."""


def serve(content: bytes, etag: str, mime: str, headers: Mapping[str, str]) -> Response:
    """200, 206, 304 or 416 for a content whose strong ETag is `etag` (without quotes)."""
    quoted = f'"{etag}"'
    common = {
        "etag": quoted,
        "accept-ranges": "bytes",
        "cache-control": "private, max-age=31536000, immutable",  # named by its hash: it can't change
        "content-disposition": "attachment",
        "x-content-type-options": "nosniff",
    }
    if _lists(headers.get("if-none-match", ""), quoted):
        return Response(status_code=304, headers=common)
    asked = headers.get("range", "")
    if headers.get("if-range", quoted) != quoted:
        asked = ""
    try:
        part = _part(asked, len(content))
    except NotSatisfiable:
        answer = problem(416, "range_not_satisfiable", f"The content has {len(content)} bytes.")
        answer.headers["content-range"] = f"bytes */{len(content)}"
        return answer
    if part is None:
        return Response(content, 200, common, mime)
    first, last = part
    return Response(content[first : last + 1], 206, {**common, "content-range": f"bytes {first}-{last}/{len(content)}"}, mime)


def _part(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte asked for, None for all: whatever is not a single byte range is ignored, as the RFC allows."""
    found = _RANGE.match(header.strip())
    if not found or found[1] == found[2] == "":
        return None
    if found[1] == "":
        length = int(found[2])
        if length == 0 or size == 0:
            raise NotSatisfiable
        return max(0, size - length), size - 1
    first = int(found[1])
    if found[2] and int(found[2]) < first:
        return None
    if first >= size:
        raise NotSatisfiable
    return first, min(int(found[2]) if found[2] else size - 1, size - 1)


def _lists(header: str, quoted: str) -> bool:
    return header.strip() == "*" or quoted in [part.strip().removeprefix("W/") for part in header.split(",")]
