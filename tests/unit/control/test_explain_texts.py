"""What `explain` says: every code in three languages, with the same facts in each."""

from __future__ import annotations

import re
from importlib import import_module
from string import Formatter

import pytest
import typer
from typer.core import TyperGroup

from services.control.explain.finding import Finding
from services.control.explain.texts import TEXTS, step_of
from services.launch import GROUPS
from tests.unit.control.explained import literals, named_in_findings


def braces(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("code", TEXTS)
def test_every_code_says_the_same_in_three_languages(code: str) -> None:
    said = TEXTS[code]
    texts, advice = (said.pl, said.de, said.en), (said.next_pl, said.next_de, said.next_en)
    assert all(texts)
    assert len({bool(text) for text in advice}) == 1
    for group in (texts, advice):
        assert len({frozenset(braces(text)) for text in group}) == 1
        assert len({tuple(re.findall(r"`ceebus ([a-z]+ ?[a-z]*)", text)) for text in group}) == 1, "the same commands"
    assert len(set(texts)) == 3, "a text was not translated"


def test_every_command_that_is_advised_exists() -> None:
    advised = {
        command for said in TEXTS.values() for command in re.findall(r"`ceebus ([a-z{} ]+)", said.next_en.replace("{direction}", "export"))
    }
    assert len(advised) > 10
    for name, *rest in (command.split() for command in advised):
        command = typer.main.get_command(import_module(GROUPS[name].module).app)
        assert not isinstance(command, TyperGroup) or rest[0] in command.commands, (name, rest)


def test_every_code_that_is_decided_has_a_text_and_no_text_is_left_over() -> None:
    assert len(named_in_findings()) > 50
    assert named_in_findings() <= TEXTS.keys()
    lanes = {f"{stage}_{state}" for stage in ("exporter", "feed", "importer", "writer") for state in ("done", "behind", "stopped")}
    assert TEXTS.keys() <= literals() | lanes | {"source_cee", "source_ingest"}


def test_moments_durations_and_lists_are_shown_as_people_write_them() -> None:
    facts = {"own": 1, "rows": 3, "age_s": 7300.0, "pid": "17", "application": "psql", "open_s": 59}
    step = step_of(Finding("outbox", False, "transaction_open", facts), "en")
    assert "(process 17, psql, for 59 s)" in step.text
    assert step.next == "End it; if need be in CEE's database: `select pg_terminate_backend(17)`."
    assert "the oldest for 2 h" in step_of(Finding("outbox", False, "source_behind", facts), "en").text
    found = Finding("audience", True, "audience_reps", {"reps": ["R1", "R2"]})
    assert step_of(found, "pl").text == "Widzą go: R1, R2."
    left = Finding("audience", False, "audience_left", {"rep": "R1", "left_at": "2026-11-29T12:00:01.234567+00:00"})
    assert "verloren" in step_of(left, "de").text
    assert "2026-11-29 12:00:01" in step_of(left, "de").text


def test_a_fact_that_is_missing_leaves_a_question_mark_and_advice_is_for_obstacles_only() -> None:
    assert step_of(Finding("feed", True, "in_feed", {"position": 3}), "en").text == "In the feed at position 3 since ?."
    held = Finding("transfer", None, "transfer_held", {"channel": "PL1", "direction": "export"})
    assert step_of(held, "en").next is None
    assert step_of(Finding("transfer", False, "transfer_held", held.facts), "en").next == "Release it: `ceebus release PL1 export`."


def test_a_refusal_is_told_in_the_words_of_its_code() -> None:
    found = Finding(
        "outcome",
        False,
        "quarantined",
        {"because": "field_missing", "params": {"field": "name"}, "channel": "PL1", "kind": "partners", "key": "1"},
    )
    assert step_of(found, "de").text == "Zurückgehalten: Pflichtfeld name fehlt."
    parent = {"count": 1, "parent_kind": "articles", "parent_key": "A", "parent_code": found.code, "parent_facts": found.facts}
    assert "Pflichtfeld name fehlt." in step_of(Finding("outcome", False, "parent_missing", parent), "de").text
