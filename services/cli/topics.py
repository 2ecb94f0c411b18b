"""`ceebus topics`: what the bus needs in Kafka. Nothing is ever deleted, and settings made by others stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from schemas import topics as declared
from schemas.topics import TopicSpec
from services.cli.direct import settings, wait_for
from services.cli.failure import NOT_AS_WANTED, Failure
from services.cli.output import Json, say, show_json, table
from services.kernel.kafka_admin import alter_topic, ensure_topics, log_bounds, topic_configs, topics_present
from services.kernel.postgres import Queries, connect
from services.kernel.settings import Kafka, Settings

SQL = Queries(Path(__file__).with_name("topics.sql"))
app = typer.Typer(no_args_is_help=True, add_completion=False, help="Kafka topics: what is missing, and creating it. Never deletes.")
Channels = Annotated[list[str] | None, typer.Argument(metavar="[CHANNEL]...", help="Channels; none = all that CEE has.")]


@dataclass(frozen=True, slots=True)
class Step:
    """What a topic needs. `partitions`: it has another number, which nobody changes, since keys would move."""

    topic: str
    action: str  # create | configure | keep | partitions
    partitions: int
    config: dict[str, str]
    present: int | None = None
    before: dict[str, str | None] = field(default_factory=dict)


@app.command()
def plan(channels: Channels = None, as_json: Json = False) -> None:
    """What `apply` would do; exit code 1 if there is something to do."""
    steps = wait_for(_plan(settings(), channels))
    _show(steps, as_json)
    if any(step.action != "keep" for step in steps):
        raise typer.Exit(NOT_AS_WANTED)


@app.command()
def apply(channels: Channels = None, as_json: Json = False) -> None:
    """Creates missing topics and sets what differs; what was set besides stays."""
    steps = wait_for(_apply(settings(), channels))
    _show(steps, as_json)
    wrong = [step.topic for step in steps if step.action == "partitions"]
    if wrong:
        text = f"Another number of partitions: {', '.join(wrong)}. Keys would move, so it was left."
        raise Failure("partitions_differ", text, "Publish into a new topic (CEEBUS_TOPIC_PREFIX) and read everything again.")


@app.command("list")
def list_topics(as_json: Json = False) -> None:
    """The topics of the bus that exist, and how many records they hold."""
    rows = wait_for(_list(settings().kafka))
    if as_json:
        show_json(rows)
    else:
        table(("topic", ">partitions", ">records"), [list(row.values()) for row in rows], empty="no topics yet: `ceebus topics apply`")


async def _plan(values: Settings, channels: Sequence[str] | None) -> list[Step]:
    """Reads only."""
    specs = [declared.channels(), *[spec for name in channels or await _channels(values) for spec in declared.declared(name)]]
    present = await topics_present(values.kafka)
    had = [spec.name for spec in specs if spec.name in present]
    return planned(specs, present, await topic_configs(values.kafka, had) if had else {})


async def _channels(values: Settings) -> list[str]:
    connection = await connect(values.cee_database_url, application="ceebus-topics")
    try:
        return [row["channel"] for row in await connection.fetch(SQL.channels)]
    finally:
        await connection.close()


def planned(specs: Sequence[TopicSpec], present: Mapping[str, int], configs: Mapping[str, Mapping[str, str]]) -> list[Step]:
    """One step a topic, in the order of `specs`."""
    steps = []
    for spec in specs:
        now = configs.get(spec.name, {})
        differing = {name: now.get(name) for name, value in spec.config.items() if now.get(name) != value}
        if spec.name not in present:
            action, differing = "create", {}
        elif present[spec.name] != spec.partitions:
            action = "partitions"
        else:
            action = "configure" if differing else "keep"
        steps.append(Step(spec.name, action, spec.partitions, spec.config, present.get(spec.name), differing))
    return steps


async def _apply(values: Settings, channels: Sequence[str] | None) -> list[Step]:
    steps = await _plan(values, channels)
    await ensure_topics(values.kafka, [TopicSpec(step.topic, step.partitions, step.config) for step in steps if step.action == "create"])
    changing = [step for step in steps if step.before]
    own = await topic_configs(values.kafka, [step.topic for step in changing]) if changing else {}
    for step in changing:
        # Kafka replaces the whole set: what others set must be sent again (T29)
        await alter_topic(values.kafka, step.topic, own[step.topic] | step.config)
    return steps


async def _list(kafka: Kafka) -> list[dict[str, str | int]]:
    streams = ("cee", "export", "outcomes", "channels")
    present = {name: count for name, count in (await topics_present(kafka)).items() if name.partition(".")[0] in streams}
    bounds = await log_bounds(kafka, [(name, number) for name, count in present.items() for number in range(count)])
    held = {name: sum(end - start for (topic, _), (start, end) in bounds.items() if topic == name) for name in present}
    return [{"topic": name, "partitions": present[name], "records": held[name]} for name in sorted(present)]


def _show(steps: Sequence[Step], as_json: bool) -> None:
    if as_json:
        show_json([asdict(step) for step in steps])
        return
    changes = [step for step in steps if step.action != "keep"]
    table(
        ("topic", "action", ">partitions", "settings"),
        [(step.topic, step.action, step.partitions, _settings(step)) for step in changes],
        empty="nothing to do",
    )
    say(f"{len(steps) - len(changes)} of {len(steps)} topics are as they should be.")


def _settings(step: Step) -> str:
    if step.action == "create":
        return ", ".join(f"{name}={value}" for name, value in step.config.items())
    if step.action == "partitions":
        return f"has {step.present} partitions"
    return ", ".join(f"{name}: {now or '(default)'} -> {step.config[name]}" for name, now in step.before.items())
