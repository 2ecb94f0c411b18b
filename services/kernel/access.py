"""Who acts on an HTTP surface for operators, and what he may. Control and the source put an `Access` into `app.state.access`.

A route names the role it needs in its signature and learns who acts from the same place: `actor: Operator`.
Roles: a viewer looks, an operator steers what there is, an admin also decides who may and how it is set up.
"""

# annotations are not postponed here: FastAPI could not resolve those of a callable object
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

from fastapi import APIRouter, Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.kernel.http import Problem
from services.kernel.postgres import Pool, Queries
from services.kernel.tokens import token_hash

SQL = Queries(Path(__file__).with_name("access.sql"))
Role = Literal["viewer", "operator", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)  # each may what those before it may


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `id` is what the audit keeps: that of a row of `ceebus.operator`, or `token` for the token of the settings."""

    id: str
    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Whether his role includes this one."""
        return ROLES.index(self.role) >= ROLES.index(role)


class Access:
    """Knows bearer tokens: the one of the settings, an admin that needs no table to be known, and those of `ceebus.operator`."""

    def __init__(self, pool: Pool, setting: str) -> None:
        self._pool, self._setting = pool, setting

    async def actor(self, authorization: str) -> Actor:
        """Raises Problem 401 `unauthenticated` without a bearer token, 403 `token_refused` for one that is unknown or revoked."""
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() != "bearer" or not given:
            raise Problem(401, "unauthenticated", "Send the operator token as `Authorization: Bearer ...`.")
        if self._setting and secrets.compare_digest(given.encode(), self._setting.encode()):
            return Actor("token", "token", "admin")
        row = await self._pool.fetchrow(SQL.known, token_hash(given))
        if row is None:
            raise Problem(403, "token_refused", "This operator token is not known here, or was revoked.")
        if row["stale"]:
            await self._pool.execute(SQL.used, row["id"])
        return Actor(row["id"], row["name"], row["role"])


async def identified(request: Request) -> Actor:
    """The dependency behind every role: once a request, however many roles its route and routers name."""
    access: Access = request.app.state.access
    return await access.actor(request.headers.get("authorization", ""))


@dataclass(frozen=True, slots=True)
class Needs:
    """A dependency that lets an actor of this role, or of one that includes it, through. Raises Problem 403 `role_insufficient`."""

    role: Role

    async def __call__(self, actor: Annotated[Actor, Depends(identified)]) -> Actor:
        if not actor.may(self.role):
            text = f"This needs the role {self.role}; {actor.name} has the role {actor.role}."
            raise Problem(403, "role_insufficient", text, needed=self.role)
        return actor


Viewer = Annotated[Actor, Depends(Needs("viewer"))]
Operator = Annotated[Actor, Depends(Needs("operator"))]
Admin = Annotated[Actor, Depends(Needs("admin"))]


def roles_declared(router: APIRouter) -> APIRouter:
    """Writes the role that each route needs into its description, as `x-ceebus-role`; `viewer` where it names none.

    Raises ValueError for a route that changes something and lets viewers do it.
    """
    for route in router.routes:
        if not isinstance(route, APIRoute):
            raise ValueError(f"{route} is no plain route: what it needs can't be told; name routes in one router")
        role = max(_named(route.dependant), key=ROLES.index, default="viewer")
        if role == "viewer" and not (route.methods or set()) <= {"GET", "HEAD"}:
            raise ValueError(f"{route.methods} {route.path} lets viewers change something; let it name a role, as in `actor: Operator`")
        route.openapi_extra = (route.openapi_extra or {}) | {"x-ceebus-role": role}
    return router


def _named(dependant: Dependant) -> Iterator[Role]:
    if isinstance(dependant.call, Needs):
        yield dependant.call.role
    for below in dependant.dependencies:
        yield from _named(below)
