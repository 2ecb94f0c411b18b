"""The pushing side of a gateway with its faults at hand: it breaks off, forgets and answers at another offset when told to.

For tests of the simulated device only; what the real one does is tested with it. Speaks HTTP on a free port.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import NAMESPACE_DNS, uuid5

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.kernel.http import serve_http
from services.sandbox.stack import free_port
from tests.stack import eventually


@dataclass
class Stub:
    """What arrived. `faults` are statuses that the next requests get, `keep`: bytes of a chunk that arrive before the break."""

    url: str
    uploads: dict[str, int] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    keep: int = 0
    partial: dict[str, tuple[dict[str, str], bytearray, int]] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)

    async def sync(self, request: Request) -> Response:
        body = await request.body()
        self.requests.append("sync")
        if self.faults:
            return _problem(self.faults.pop(0), "bus_unavailable")
        lines = [orjson.loads(line) for line in gzip.decompress(body).splitlines()]
        self.sizes.append(len(lines))
        records = []
        for number, line in enumerate(lines, 1):
            said = {"line": number, "source_id": line["source_id"], "kind": line["kind"], "revision": line["revision"]}
            if line.get("broken"):
                records.append(said | {"status": "rejected", "code": "malformed", "params": {}, "messages": {}})
                continue
            identity = str(uuid5(NAMESPACE_DNS, f"{line['source_id']}/{line['revision']}"))
            self.uploads[identity] = self.uploads.get(identity, 0) + 1
            records.append(said | {"status": "accepted", "upload_id": identity})
        accepted = sum(record["status"] == "accepted" for record in records)
        answer = {"accepted": accepted, "rejected": len(records) - accepted, "records": records}
        return JSONResponse(answer, 202) if accepted else _problem(422, "nothing_accepted", **answer)

    async def create(self, request: Request) -> Response:
        self.requests.append("create")
        pairs = [pair.split(" ") for pair in request.headers["upload-metadata"].split(",")]
        said = {name: base64.b64decode(value).decode() for name, value in pairs}
        name, length = f"f{len(self.partial)}", int(request.headers["upload-length"])
        self.partial[name] = (said, bytearray(self.stored.get(said["sha256"], b"")), length)
        offset = str(len(self.partial[name][1]))
        return Response(status_code=201, headers={"location": f"{self.url}/v1/files/{name}", "upload-offset": offset})

    async def file(self, request: Request) -> Response:
        self.requests.append(request.method.lower())
        if request.path_params["name"] not in self.partial:
            return Response(status_code=404)
        said, bytes_there, length = self.partial[request.path_params["name"]]
        if request.method == "PATCH":
            chunk = await request.body()
            if int(request.headers["upload-offset"]) != len(bytes_there):
                return _problem(409, "offset_wrong")
            if self.faults:
                bytes_there += chunk[: self.keep]
                return _problem(self.faults.pop(0), "cut")
            bytes_there += chunk
            if len(bytes_there) == length:
                if hashlib.sha256(bytes_there).hexdigest() != said["sha256"]:
                    return _problem(422, "content_hash_mismatch")
                if said["filename"].endswith(".exe"):
                    return _problem(422, "extension_not_allowed")
                self.stored[said["sha256"]] = bytes(bytes_there)
        return Response(status_code=204, headers={"upload-offset": str(len(bytes_there)), "upload-length": str(length)})


def _problem(status: int, code: str, **more: object) -> Response:
    body = {"type": f"urn:ceebus:problem:{code}", "title": code, "status": status, "code": code, "detail": code, **more}
    return JSONResponse(body, status, media_type="application/problem+json")


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


@asynccontextmanager
async def push_stub() -> AsyncIterator[Stub]:
    port, stop = free_port(0, set()), asyncio.Event()
    stub = Stub(f"http://127.0.0.1:{port}")
    routes = [
        Route("/v1/sync", stub.sync, methods=["POST"]),
        Route("/v1/files", stub.create, methods=["POST"]),
        Route("/v1/files/{name}", stub.file, methods=["HEAD", "PATCH"]),
    ]
    serving = asyncio.create_task(serve_http(Starlette(routes=routes), "127.0.0.1", port, stop))
    try:
        await eventually(lambda: _listens(port))
        yield stub
    finally:
        stop.set()
        await serving
