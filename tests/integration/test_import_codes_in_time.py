"""Codes of imports that need more than one upload, or something that happens in between: over the public HTTP surface, too."""

from __future__ import annotations

import hashlib
import signal
from collections.abc import AsyncIterator
from random import Random
from uuid import uuid4

import pytest

from services.sandbox.generate.files import picture_jpg
from tests.integration.import_office import Office, office
from tests.stack import eventually
from tests.system import System

# checked to be complete in test_import_codes.py
COVERED = {
    *("superseded", "stale_revision", "already_imported", "content_conflict", "mobile_number_taken", "duplicate_attachment"),
    *("content_missing", "content_hash_mismatch", "content_type_mismatch", "document_missing", "partner_missing", "echo_ignored"),
    *("edit_lost", "base_version_unknown", "epoch_changed", "device_revoked", "article_deactivated", "visit_not_confirmed"),
}


@pytest.fixture(scope="module")
async def here(system: System) -> AsyncIterator[Office]:
    async with office(system, "C3") as made:
        yield made


async def test_documents_never_change(here: Office) -> None:
    order = here.document()
    first = await here.send("documents", order, "imported")
    assert await here.push("documents", order) == await here.push("documents", order)
    await here.send("documents", order | {"revision": 2}, "unchanged", "already_imported")
    other = here.document(price="13.0000", mobile_number=order["mobile_number"])
    await here.send("documents", other | {"source_id": order["source_id"], "revision": 3}, "conflict", "content_conflict")
    taken = await here.send("documents", other, "conflict", "mobile_number_taken")
    assert [await here.in_cee("documents", one) for one in (order["source_id"], taken["source_id"])] == [1, 0]
    kept = await here.system.cee.fetchrow(
        "select gross_total::text, hq_number from cee.document where origin_source_id = $1", order["source_id"]
    )
    assert (kept["gross_total"], kept["hq_number"]) == ("30.750", first["number"])


async def test_visits_follow_their_newest_revision(here: Office) -> None:
    visit = here.visit(status="pending")
    await here.send("visits", visit, "waiting", "visit_not_confirmed")
    await here.send("visits", visit | {"revision": 2, "status": "confirmed"}, "imported")
    await here.becomes(visit["source_id"], 1, "unchanged", "superseded")
    await here.send("visits", visit | {"revision": 4, "status": "completed"}, "imported")
    await here.send("visits", visit | {"revision": 3, "name": "Stara"}, "unchanged", "stale_revision")
    kept = await here.system.cee.fetchrow("select name, status from cee.visit where source_id = $1", visit["source_id"])
    assert (kept["name"], kept["status"]) == (visit["name"], "completed")


async def test_children_wait_for_their_parents(here: Office) -> None:
    lead, order = here.partner(role="prospect"), here.document()
    note, visit = here.note(owner_kind="document", owner_key=order["source_id"]), here.visit(partner=lead["source_id"])
    await here.send("attachments", note, "waiting", "document_missing")
    await here.send("attachments", here.note(owner_key=lead["source_id"]), "waiting", "partner_missing")
    await here.send("documents", here.document(partner=str(uuid4())), "waiting", "partner_missing")
    await here.send("visits", visit, "waiting", "partner_missing")
    await here.send("documents", order, "imported")
    await here.send("partners", lead, "imported", by="manager")
    for kind, upload in (("attachments", note), ("visits", visit)):
        await here.becomes(upload["source_id"], 1, "imported")
        assert await here.in_cee(kind, upload["source_id"]) == 1


async def test_files_are_what_their_records_say(here: Office) -> None:
    picture = picture_jpg(Random(3), False)
    photo = here.photo(picture)
    await here.send("attachments", photo, "waiting", "content_missing")
    assert await here.file(photo["source_id"], picture, "regał.jpg") == 204
    await here.becomes(photo["source_id"], 1, "imported")
    again = here.photo(picture)
    await here.send("attachments", again, "unchanged", "duplicate_attachment")
    other = here.photo(b"another content", name="inny.jpg")
    assert await here.file(other["source_id"], picture, "inny.jpg") == 204
    await here.send("attachments", other, "rejected", "content_hash_mismatch")
    text = b"plain text that calls itself a picture"
    wrong = here.photo(text, name="tekst.jpg")
    assert await here.file(wrong["source_id"], text, "tekst.txt") == 204
    await here.send("attachments", wrong, "rejected", "content_type_mismatch")
    assert [await here.in_cee("attachments", one["source_id"]) for one in (photo, again, other, wrong)] == [1, 0, 0, 0]
    held = await here.system.cee.fetchval("select content from cee.attachment where id = $1", photo["source_id"])
    assert hashlib.sha256(held).hexdigest() == photo["sha256"]


async def test_edits_meet_what_cee_has_made_of_the_partner(here: Office) -> None:
    number = here.own("P2")
    find = "select version, matchcode from cee.partner where number = $1"
    before = await here.system.cee.fetchrow(find, number)
    edit = {"number": number, "base_version": before["version"], "base": {"matchcode": before["matchcode"]}, "matchcode": "Z URZĄDZENIA"}
    await here.change("update cee.partner set matchcode = 'Z CENTRALI' where number = 'P2@'")
    lost = await here.send("partners", edit, "conflict", "edit_lost")
    assert lost["params"] == {"field": "matchcode", "device_value": "Z URZĄDZENIA", "cee_value": "Z CENTRALI"}
    await here.send("partners", {"number": number, "base_version": 1, "matchcode": "INNY"}, "conflict", "base_version_unknown")
    now = await here.system.cee.fetchrow(find, number)
    assert now["matchcode"] == "Z CENTRALI"
    await here.send("partners", {"number": number, "base_version": now["version"], "matchcode": "Z CENTRALI"}, "unchanged", "echo_ignored")
    foreign = {"number": number, "base_version": now["version"], "matchcode": "OBCY"}
    await here.send("partners", foreign, "conflict", "epoch_changed", epoch=str(uuid4()))
    assert (await here.system.cee.fetchrow(find, number))["matchcode"] == "Z CENTRALI"
    await here.send("partners", foreign | {"matchcode": "NOWY"}, "imported")
    assert (await here.system.cee.fetchrow(find, number))["matchcode"] == "NOWY"


async def test_what_left_the_assortment_is_taken_with_a_warning(here: Office) -> None:
    await here.change("delete from cee.assortment_item where article = 'A2@'")
    answer = await here.send("documents", here.document(article="A2"), "imported", "article_deactivated")
    assert await here.in_cee("documents", answer["source_id"]) == 1


async def test_what_a_revoked_device_had_uploaded_is_refused(here: Office) -> None:
    """Taken by the gateway before, judged by the importer after: only operators can still look at the answer."""
    async with here.system.device(here.channel, "R1@") as device:
        lost = Office(here.system, here.channel, device, here.manager)
        here.system.supervisor.kill("importer", signal.SIGSTOP)
        try:
            verdict = await lost.push("visits", here.visit())
            await here.system.http.post(f"/v1/devices/{device.store.recall('device_id')}/revoke")
        finally:
            here.system.supervisor.kill("importer", signal.SIGCONT)

        async def told() -> str | None:
            answer = await here.system.http.get(f"/v1/channels/{here.channel}/results", params={"code": "device_revoked"})
            return next((one["outcome"] for one in answer.json()["items"] if one["source_id"] == verdict["source_id"]), None)

        assert await eventually(told, within=30) == "rejected"
        assert await here.in_cee("visits", verdict["source_id"]) == 0
