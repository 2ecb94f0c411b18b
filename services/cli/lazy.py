"""Command groups that are loaded when they are used: `ceebus --help` loads none of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True, slots=True)
class Group:
    """One line of the command list: the module whose `app` is the group, and what the list says about it."""

    module: str
    help: str


class LazyGroup(TyperGroup):
    """Lists its groups from the table, and imports the one that is called."""

    groups: Mapping[str, Group] = {}

    def offer(self, groups: Mapping[str, Group]) -> None:
        self.groups = groups
        self.commands = {name: TyperCommand(name, help=group.help) for name, group in groups.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None and name in self.groups:
            command = typer.main.get_command(import_module(self.groups[name].module).app)
            command.name = name
        return name, command, rest
