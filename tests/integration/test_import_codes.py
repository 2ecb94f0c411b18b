"""Every code of imports (domain.md 8) over the public HTTP surface: what the sender hears, and what CEE has of it afterwards.

Long, because the table of codes is one thing: whoever adds a code sees here what is shown of the others.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from schemas.codes import CODES
from tests.integration.import_office import Body, Office, office
from tests.integration.test_import_codes_in_time import COVERED as IN_TIME
from tests.system import System


@pytest.fixture(scope="module")
async def here(system: System) -> AsyncIterator[Office]:
    async with office(system, "C1") as made:
        yield made


@pytest.fixture(scope="module")
async def strict(system: System) -> AsyncIterator[Office]:
    async with office(system, "C2", strict=True) as made:
        yield made


Make = Callable[[Office], Body]

# what the gateway says at once; nothing of it is kept
AT_ONCE: list[tuple[str, str, Callable[[Office], Body | bytes]]] = [
    ("malformed", "partners", lambda at: b'{"kind": "partners", "name": "\\ud800"}'),
    ("malformed", "partners", lambda at: b"[" * 3000 + b"]" * 3000),
    ("kind_unknown", "partners", lambda at: at.partner(kind="customers")),
    ("channel_unknown", "partners", lambda at: at.partner(channel="X1")),
    ("record_too_large", "documents", lambda at: at.document(count=10_000)),
    ("field_invalid", "partners", lambda at: at.partner(rep="R2")),
]

# one upload, one final answer: code, kind, the upload, how often CEE has it
FINAL: list[tuple[str, str, Make, int]] = [
    ("field_missing", "partners", lambda at: at.partner(name=None), 0),
    ("field_too_long", "partners", lambda at: at.partner(name="x" * 121), 0),
    ("field_invalid", "partners", lambda at: at.partner(legal_kind="club"), 0),
    ("field_invalid", "partners", lambda at: at.partner(name="Sklep\0"), 0),
    ("field_invalid", "partners", lambda at: at.partner(addresses=[[[[[{}]]]]]), 0),
    ("tax_id_invalid", "partners", lambda at: at.partner(tax_id="1234567890"), 0),
    ("field_read_only", "partners", lambda at: at.partner(status="released"), 1),
    ("document_not_confirmed", "documents", lambda at: at.document(confirmed=False), 0),
    ("currency_mismatch", "documents", lambda at: at.document(currency="EUR"), 0),
    ("too_many_lines", "documents", lambda at: at.document(count=501), 0),
    ("field_invalid", "documents", lambda at: at.document(line={"quantity": "-2.000"}), 0),
    ("field_invalid", "documents", lambda at: at.document(issue_date="0001-01-01"), 0),
    ("field_invalid", "documents", lambda at: at.document(delivery_date="9999-12-31"), 0),
    ("totals_mismatch", "documents", lambda at: at.document(gross_total="31.75"), 0),
    ("discount_above_limit", "documents", lambda at: at.document(user_discount="5.01"), 0),
    ("price_outdated", "documents", lambda at: at.document(price="13.0000"), 1),
    (
        "quote_expired",
        "documents",
        lambda at: at.document(type="OS", issue_date="2026-01-02", expiry_date=(at.today - timedelta(days=1)).isoformat()),
        0,
    ),
    ("note_too_long", "attachments", lambda at: at.note(text="x" * 4001), 0),
    ("extension_not_allowed", "attachments", lambda at: at.photo(b"MZ", extension="exe"), 0),
    ("attachment_too_large", "attachments", lambda at: at.photo(b"x", size=3 * 1024 * 1024 + 1), 0),
    ("field_invalid", "attachments", lambda at: at.photo(b"x", name="../../etc/cron.d/x.jpg"), 0),
    ("not_an_appointment", "visits", lambda at: at.visit(action_type="task"), 0),
    ("visit_not_future", "visits", lambda at: at.visit(days=-1), 0),
    ("field_invalid", "visits", lambda at: at.visit(planned_end="9999-12-31T23:59:59Z"), 0),
]

NO_REP = (
    "update cee.rep_profile set channel = 'not @' where rep = 'R1@'",
    "update cee.rep_profile set channel = '@' where rep = 'R1@'",
)
NEW_ARTICLE = (
    "insert into cee.article(number, name, vat_rate, base_unit, sales_unit) values('{}', '{{\"pl\": \"Nowy\"}}', 'V23', 'PCS', 'PCS')"
)

# waits, shown with its reason, and goes through by itself: code, kind, the upload, what to change before and after
WAITING: list[tuple[str, str, Make, str, str]] = [
    (
        "template_missing",
        "partners",
        lambda at: at.partner(),
        "update cee.partner_template set code = 'T0@' where code = 'T1@'",
        "update cee.partner_template set code = 'T1@' where code = 'T0@'",
    ),
    ("rep_missing", "partners", lambda at: at.partner(), *NO_REP),
    ("rep_missing", "documents", lambda at: at.document(), *NO_REP),
    ("rep_missing", "visits", lambda at: at.visit(), *NO_REP),
    (
        "partner_blocked",
        "documents",
        lambda at: at.document(),
        "update cee.partner set status = 'blocked' where number = 'P1@'",
        "update cee.partner set status = 'released' where number = 'P1@'",
    ),
    (
        "partner_is_prospect",
        "documents",
        lambda at: at.document(),
        "update cee.partner set role = 'prospect' where number = 'P1@'",
        "update cee.partner set role = 'customer' where number = 'P1@'",
    ),
    (
        "partner_inactive",
        "documents",
        lambda at: at.document(),
        "update cee.channel_partner set assigned = false where partner = 'P1@'",
        "update cee.channel_partner set assigned = true where partner = 'P1@'",
    ),
    (
        "rep_not_cee_user",
        "visits",
        lambda at: at.visit(),
        "update cee.rep set cee_user = null where number = 'R1@'",
        "update cee.rep set cee_user = 'UR1' where number = 'R1@'",
    ),
    ("article_missing", "documents", lambda at: at.document(article="A9"), "select 1", NEW_ARTICLE.format("A9@")),
    (
        "article_missing",
        "attachments",
        lambda at: at.note(owner_kind="article", owner_key=at.own("A8")),
        "select 1",
        NEW_ARTICLE.format("A8@"),
    ),
    (
        "delivery_failed",
        "visits",
        lambda at: at.visit(),
        "create function cee.refuse_@() returns trigger language plpgsql as $$ begin if new.channel = '@' then"
        " raise check_violation; end if; return new; end $$;"
        " create trigger refuse_@ before insert on cee.visit for each row execute function cee.refuse_@()",
        "drop trigger refuse_@ on cee.visit; drop function cee.refuse_@",
    ),
]

NOT_OF_UPLOADS = {"channel_inactive", "run_overlap"}  # of channels and runs


@pytest.mark.parametrize(("code", "kind", "make"), AT_ONCE, ids=lambda part: part if isinstance(part, str) else "")
async def test_what_cannot_be_kept_is_refused_at_once(here: Office, code: str, kind: str, make: Callable[[Office], Body | bytes]) -> None:
    verdict = await here.push(kind, make(here))
    assert (verdict["status"], verdict["code"]) == ("rejected", code)
    assert all("?" not in text for text in verdict["messages"].values())
    if verdict["source_id"]:
        assert await here.in_cee(kind, verdict["source_id"]) == 0


@pytest.mark.parametrize(("code", "kind", "make", "count"), FINAL, ids=lambda part: part if isinstance(part, str) else "")
async def test_each_upload_has_one_end(here: Office, code: str, kind: str, make: Make, count: int) -> None:
    answer = await here.send(kind, make(here), "imported" if count else "rejected", code)
    assert answer["final"]
    assert await here.in_cee(kind, answer["source_id"]) == count


@pytest.mark.parametrize(
    ("code", "kind", "make", "before", "after"), WAITING, ids=lambda part: part if isinstance(part, str) and " " not in part else ""
)
async def test_what_waits_says_why_and_goes_through_by_itself(
    here: Office, code: str, kind: str, make: Make, before: str, after: str
) -> None:
    upload = make(here)
    await here.change(before)
    try:
        waiting = await here.send(kind, upload, "waiting", code)
        assert not waiting["final"]
        assert await here.in_cee(kind, waiting["source_id"]) == 0
        listed = (await here.system.http.get("/v1/due", params={"channel": here.channel, "kind": f"import/{kind}"})).json()["items"]
        assert (waiting["source_id"], code) in {(line["key"], line["code"]) for line in listed}
    finally:
        await here.change(after)
    await here.becomes(waiting["source_id"], 1, "imported")
    assert await here.in_cee(kind, waiting["source_id"]) == 1


async def test_duplicates_are_warned_of_or_blocked(here: Office, strict: Office) -> None:
    for at, outcome, code in ((here, "imported", "duplicate_tax_id_warning"), (strict, "rejected", "duplicate_tax_id")):
        first = at.partner()
        await at.send("partners", first, "imported")
        answer = await at.send("partners", at.partner(tax_id=f"PL {first['tax_id'][:3]}-{first['tax_id'][3:]}"), outcome, code)
        assert await at.in_cee("partners", answer["source_id"]) == (outcome == "imported")


async def test_warnings_wait_for_an_operator_where_the_channel_says_so(strict: Office) -> None:
    waiting = await strict.send("partners", strict.partner(status="released"), "waiting", "warning_not_confirmed")
    assert await strict.in_cee("partners", waiting["source_id"]) == 0
    body = {"kind": "import/partners", "keys": [waiting["source_id"]]}
    await strict.system.http.post(f"/v1/channels/{strict.channel}/due/confirm", json=body)
    await strict.becomes(waiting["source_id"], 1, "imported", "field_read_only")
    assert await strict.in_cee("partners", waiting["source_id"]) == 1


async def test_what_cee_refuses_too_often_is_an_operator_s(strict: Office) -> None:
    _, _, make, before, after = WAITING[-1]
    await strict.change(before)
    held = await strict.send("visits", make(strict), "quarantined", "attempts_exhausted")
    await strict.change(after)
    body = {"kind": "import/visits", "keys": [held["source_id"]]}
    await strict.system.http.post(f"/v1/channels/{strict.channel}/due/retry", json=body)
    await strict.becomes(held["source_id"], 1, "imported")
    assert await strict.in_cee("visits", held["source_id"]) == 1


async def test_removals_of_partners_follow_the_channel(here: Office, strict: Office) -> None:
    for at, code, active in ((here, "removal_ignored", True), (strict, None, False)):
        number = (await at.send("partners", at.partner(), "imported"))["number"]
        gone: dict[str, Any] = {"number": number, "op": "delete"}
        if code is None:
            await at.send("partners", gone, "imported")
        else:
            await at.send("partners", gone, "imported", code)
        kept = "select deleted_on is null from cee.channel_partner where channel = $1 and partner = $2"
        assert await at.system.cee.fetchval(kept, at.channel, number) is active


async def test_every_code_of_imports_is_produced_here() -> None:
    tables = {code for code, *_ in (*AT_ONCE, *FINAL, *WAITING)}
    told = {"duplicate_tax_id_warning", "duplicate_tax_id", "warning_not_confirmed", "attempts_exhausted", "removal_ignored"}
    ours = re.compile(r"(?<!exp )(?<![\w-])(all|imp|partners|documents|attachments|visits)(?![\w-])")
    wanted = {name for name, row in CODES.items() if ours.search(row.kinds)}
    assert len(wanted) > 50
    assert wanted - NOT_OF_UPLOADS - (tables | told | IN_TIME) == set()
