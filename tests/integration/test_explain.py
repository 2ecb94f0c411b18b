"""Set-ups that keep an object from a device, on the real stack: `explain` names the cause first."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from schemas import topics
from schemas.cee.availability import Availability
from tests.integration.control_world import Cli
from tests.integration.explain_world import ARTICLE, ASSIGNED, DOCUMENT, OFFERED, PARTNER, PRICE, Here, explained_company
from tests.stack import eventually
from tests.system import System


@pytest.fixture(scope="module")
async def here(system: System) -> AsyncIterator[Here]:
    async with explained_company(system, "E0.") as made:
        yield made


async def test_an_object_that_has_arrived_has_no_obstacle_and_every_stage_is_told(here: Here) -> None:
    found = await here.keeps("partners", "P1@", None, device=here.device_id)
    stages = ["channel", "transfer", "source", "cee", "outbox", "published", "exporter", "outcome", "feed", "feed", "audience", "device"]
    assert [step["stage"] for step in found["steps"]] == stages
    assert {step["ok"] for step in found["steps"]} == {True}
    facts = {name: value for step in found["steps"] for name, value in step["facts"].items()}
    row = await here.system.feed(here.channel, "partners", f"P1{here.channel}")
    assert row is not None
    assert (facts["position"], facts["op"], facts["topic"]) == (row["position"], "upsert", topics.export(here.channel, "partners"))
    assert facts["acked"] >= row["position"]
    assert (await here.keeps("partners", "P1@", None))["steps"][-1]["code"] == "on_all_devices"


async def test_the_record_s_offset_is_found_in_the_log(here: Here) -> None:
    async def published() -> dict[str, Any] | None:
        """Looking ends after a while: a busy broker may not have answered by then."""
        found = await here.keeps("partners", "P1@", None)
        facts: dict[str, Any] = next(step["facts"] for step in found["steps"] if step["stage"] == "published")
        return facts if "offset" in facts else None

    facts = await eventually(published, within=60)
    assert facts is not None
    assert facts["topic"] == topics.cee(here.channel, "partners")
    assert 0 <= facts["offset"] < facts["marker"] == facts["end"]


NOT_IN_CHANNEL = [
    ("partners", "NOBODY", "", "key_unknown"),
    ("partners", "P3@", PARTNER.format("P3"), "partner_not_assigned"),
    ("partners", "P4@", ASSIGNED.format("P4") + "update cee.partner set status = 'inactive' where number = 'P4@'", "partner_is_inactive"),
    ("articles", "A3@", ARTICLE.format("A3"), "article_not_in_assortment"),
    (
        "articles",
        "A4@",
        OFFERED.format("A4") + "update cee.article set status = 'marked_for_deletion' where number = 'A4@'",
        "article_marked_for_deletion",
    ),
    ("price-lists", "L@/A5@/PCS/0/2026-01-01", ARTICLE.format("A5") + PRICE.format("A5@", "A5", "2026-01-01"), "article_lacking"),
    ("sales-reps", "R9@", PARTNER.format("R9") + "insert into cee.rep(number, employer) values('R9@', 'O@')", "rep_without_profile"),
]


@pytest.mark.parametrize(("kind", "key", "sql", "code"), NOT_IN_CHANNEL, ids=[f"{case[0]}:{case[3]}" for case in NOT_IN_CHANNEL])
async def test_what_cee_does_not_count_to_the_channel_is_told_with_its_reason(here: Here, kind: str, key: str, sql: str, code: str) -> None:
    if sql:
        await here.change(sql)
    assert (await here.why(kind, key, code))["stage"] == "cee"


async def test_a_document_too_old_for_the_channel_is_told(here: Here) -> None:
    await here.change(
        DOCUMENT.format("7", "P1")
        + "update cee.document set status_general = 'completed', issue_date = '2020-01-01' where hq_number = '7@'"
    )
    assert (await here.why("sales-documents", "ZS/7@", "document_too_old"))["facts"]["issue_date"] == "2020-01-01"


async def test_an_inactive_channel_comes_before_everything_else(system: System, channel: str, here: Here) -> None:
    await system.company(channel, active=False)
    other = Here(system, channel, here.device)
    assert (await other.why("partners", "P1@", "channel_inactive"))["next"].endswith(f"activate {channel}`).")


async def test_an_ingested_kind_is_told_that_nobody_delivered_and_that_the_channel_does_not_carry(
    system: System, channel: str, here: Here
) -> None:
    await system.company(channel, active=False)
    answer = await system.http.put(f"/v1/channels/{channel}/sources/availability", json={"source": "ingest"})
    assert answer.status_code == 200
    await system.change(channel, "update cee.channel set active = true where id = '@'")
    other = Here(system, channel, here.device)
    assert "`ceebus ingest" in (await other.why("availability", "A1@/W@/O@", "not_ingested"))["next"]
    names = {"article": f"A1{channel}", "warehouse": f"W{channel}", "owner": "FOREIGN"}
    line = Availability.example | names | {"channel": channel, "key": "/".join(names.values())}
    async with httpx.AsyncClient(base_url=system.settings.source.url, headers=system.http.headers, trust_env=False, timeout=60) as source:
        taken = await source.post(f"/v1/channels/{channel}/changes/availability", content=json.dumps(line))
        assert taken.json()["accepted"] == 1, taken.text
    why = await other.why("availability", "A1@/W@/FOREIGN", "passed_over")
    assert (why["facts"]["because"], "inventory_owner" in why["text"]) == ("filtered", True)


async def test_two_prices_on_one_day_are_told_with_their_code_and_text(here: Here) -> None:
    await here.change(PRICE.format("X1@", "A1", "2026-02-01") + PRICE.format("X2@", "A1", "2026-02-01"))
    why = await here.why("price-lists", "L@/A1@/PCS/0/2026-02-01", "quarantined", lang="de")
    assert why["facts"]["because"] == "duplicate_price"
    assert f"mehr als ein Preis für Artikel A1{here.channel}" in why["text"]
    assert "`ceebus due retry" in why["next"]


async def test_a_record_against_the_contract_is_told_parked_and_given_up(here: Here) -> None:
    await here.change(ASSIGNED.format("P5") + "update cee.partner_address set city = null where partner = 'P5@'")
    assert (await here.why("partners", "P5@", "quarantined"))["facts"]["because"] == "field_missing"
    key = f"P5{here.channel}"
    await here.system.ours.execute(
        "update ceebus.due set exhausted = true, attempts = 5 where channel = $1 and key = $2", here.channel, key
    )
    assert "5" in (await here.why("partners", "P5@", "exhausted"))["text"]
    body = {"kind": "partners", "keys": [key], "reason": "closed for good"}
    assert (await here.system.http.post(f"/v1/channels/{here.channel}/due/discard", json=body)).json()["done"] == 1
    assert "closed for good" in (await here.why("partners", "P5@", "discarded"))["text"]


async def test_a_child_without_its_parent_is_told_with_what_keeps_the_parent(here: Here) -> None:
    await here.change(
        ASSIGNED.format("P8") + "update cee.partner_address set city = null where partner = 'P8@';" + DOCUMENT.format("8", "P8")
    )
    why = await here.why("sales-documents", "ZS/8@", "parent_missing", lang="pl")
    parent = await here.why("partners", "P8@", "quarantined", lang="pl")
    assert (why["facts"]["parent_kind"], why["facts"]["parent_key"]) == ("partners", f"P8{here.channel}")
    assert (why["facts"]["parent_code"], parent["text"] in why["text"]) == ("quarantined", True)
    assert why["next"].endswith(f"`ceebus explain {here.channel} partners 'P8{here.channel}'`.")


async def test_the_command_prints_the_obstacle_first_and_answers_with_its_exit_code(
    here: Here, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cli = Cli(here.system.environment, monkeypatch, capsys)
    await here.keeps("articles", "A1@", None)
    arrived = await cli("explain", here.channel, "articles", f"A1{here.channel}", "--device", here.device_id)
    assert (arrived.code, arrived.out.splitlines()[0]) == (0, "It has arrived: nothing keeps it.")
    kept = await cli("explain", here.channel, "partners", "NOBODY", "--lang", "pl")
    first, advice, _, head, *steps = kept.out.splitlines()
    assert (kept.code, first) == (1, f"W kanale {here.channel} CEE nie ma partners o kluczu NOBODY i nigdy go nie opublikowano.")
    assert advice.startswith("dalej: Sprawdź klucz")
    assert head.split()[0] == "stage"
    assert [step.split()[:2] for step in steps if step.startswith("cee")] == [["cee", "HERE"]]
    assert max(len(line) for line in steps) <= 100
    found = json.loads((await cli("explain", here.channel, "import/visits", "NONE", "--json")).out)
    assert (found["obstacle"]["code"], found["steps"][-1]) == ("upload_unknown", found["obstacle"])
    unknown = await cli("explain", "??", "partners", "P1")
    assert (unknown.code, "[channel_unknown]" in unknown.err) == (1, True)
    assert "[kind_unknown]" in (await cli("explain", here.channel, "import/articles", "A1")).err
