"""The import of attachments and notes on the reference CEE, with real contents in the blob store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.writer.target import attachments
from tests.integration.imports_bed import A1, ID, P1, P2, REP, Bed, company
from tests.stack import Databases

PNG = b"\x89PNG\r\n\x1a\n"
PDF = b"%PDF-1.7 cennik"


@pytest.fixture
async def bed(databases: Databases, tmp_path: Path) -> AsyncIterator[Bed]:
    async with company(databases, tmp_path) as made:
        yield made


async def test_a_file_stands_in_cee_with_its_bytes_and_comes_back_by_the_export(bed: Bed) -> None:
    one = await bed.file(PNG + b"regal", description="Półka")
    (answer,) = await bed.send(one)
    assert (answer.outcome, answer.code, answer.key) == ("imported", None, one.source_id)
    row = await bed.row("select * from cee.attachment where id = $1", one.source_id)
    assert (row["content"], row["digest"], row["version"]) == (PNG + b"regal", one.body.sha256, answer.version)
    assert (row["owner_kind"], row["owner_key"], row["type"], row["extension"]) == ("partner", P1, "image", "png")
    assert (row["name"], row["description"], row["file_type"], str(row["origin_source_id"])) == ("a.png", "Półka", "I", one.source_id)
    sent = await bed.row("select version, body from cee.attachments where channel = $1 and key = $2", ID, one.source_id)
    assert sent["version"] == answer.version
    assert (sent["body"]["content_id"], sent["body"]["origin_source_id"]) == (one.body.sha256, one.source_id)
    assert ("attachments", one.source_id, None) in await bed.outbox()


async def test_types_of_files_are_the_channel_s_and_notes_have_text_only(bed: Bed) -> None:
    files = [
        await bed.file(PDF, type="file", extension="pdf", name="a.pdf"),
        await bed.file(b"#!AMR\n1", type="recording", extension="amr", name="a.amr"),
        bed.note("pilne"),
    ]
    await bed.send(*files)
    rows = [
        await bed.row("select file_type, text, content is null as empty from cee.attachment where id = $1", one.source_id) for one in files
    ]
    assert [tuple(row.values()) for row in rows] == [("X", None, False), ("R", None, False), (None, "pilne", True)]


async def test_owners_are_found_by_key_and_by_source_id(bed: Bed) -> None:
    partner, document = str(uuid4()), bed.order()
    await bed.change(f"update cee.partner set origin_source_id = '{partner}' where number = 'P2@'")
    (made,) = await bed.send(document)
    named: list[tuple[dict[str, Any], tuple[str, str]]] = [
        ({"owner_key": None, "owner_source_id": partner}, ("partner", P2)),
        ({"owner_kind": "article", "owner_key": A1}, ("article", A1)),
        ({"owner_kind": "document", "owner_key": made.key}, ("document", str(made.key))),
        ({"owner_kind": "document", "owner_key": None, "owner_source_id": document.source_id}, ("document", str(made.key))),
    ]
    notes = [bed.note(f"uwaga {place}", **fields) for place, (fields, _) in enumerate(named)]
    assert [answer.outcome for answer in await bed.send(*notes)] == ["imported"] * 4
    found = [await bed.row("select owner_kind, owner_key from cee.attachment where id = $1", one.source_id) for one in notes]
    assert [tuple(row.values()) for row in found] == [owner for _, owner in named]


@pytest.mark.parametrize(
    ("kind", "key", "parent"),
    [
        ("partner", "NOBODY", "partners"),
        ("partner", REP, "partners"),  # he is in CEE, but no partner of the channel
        ("article", "NOTHING", "articles"),
        ("document", "ZS/NONE", "documents"),
    ],
)
async def test_a_record_waits_for_its_owner_and_goes_through_when_it_comes(bed: Bed, kind: str, key: str, parent: str) -> None:
    one, before = bed.note("uwaga", owner_kind=kind, owner_key=key), await bed.everything()
    (answer,) = await bed.send(one)
    assert (answer.outcome, answer.code, answer.params, answer.parent) == ("waiting", f"{kind}_missing", {kind: key}, (parent, key))
    assert await bed.everything() == before


async def test_a_document_of_another_channel_owns_nothing_here(bed: Bed) -> None:
    await bed.change("update cee.document set channel = 'XX'")
    assert (await bed.send(bed.note("uwaga", owner_kind="document", owner_key=f"ZS/1{ID}")))[0].code == "document_missing"


async def test_a_record_waits_for_its_content(bed: Bed) -> None:
    one, before = await bed.file(PNG, stored=False, uploaded=False), await bed.everything()
    (answer,) = await bed.send(one)
    assert (answer.outcome, answer.code, answer.params) == ("waiting", "content_missing", {"name": "a.png"})
    assert await bed.everything() == before
    await bed.files.blobs.put(PNG)
    assert (await bed.send(one))[0].outcome == "imported"


REFUSED = [
    (PNG, {"extension": "jpg", "name": "a.jpg"}, "content_type_mismatch", {"name": "a.jpg", "extension": "jpg"}),
    (b"PK\x03\x04 no zip", {"type": "file", "extension": "docx", "name": "a"}, "content_type_mismatch", {"name": "a", "extension": "docx"}),
    (b"", {"type": "file", "extension": "txt", "name": "a"}, "content_type_mismatch", {"name": "a", "extension": "txt"}),
    (PNG + bytes(3 * 1024 * 1024), {}, "attachment_too_large", {"name": "a.png"}),
]


@pytest.mark.parametrize(("content", "fields", "code", "params"), REFUSED, ids=["jpg", "docx", "empty", "large"])
async def test_bytes_that_are_not_what_the_record_says_are_refused(
    bed: Bed, content: bytes, fields: dict[str, str], code: str, params: dict[str, str]
) -> None:
    before = await bed.everything()
    (answer,) = await bed.send(await bed.file(content, **fields))
    assert (answer.outcome, answer.code, answer.params) == ("rejected", code, params)
    assert await bed.everything() == before


async def test_another_content_uploaded_for_the_record_is_refused(bed: Bed) -> None:
    one = await bed.file(PNG, stored=False, uploaded=False)
    await bed.arrives(one.source_id, "f" * 64)
    before = await bed.everything()
    (answer,) = await bed.send(one)
    assert (answer.outcome, answer.code, answer.params) == ("rejected", "content_hash_mismatch", {"name": "a.png"})
    assert await bed.everything() == before


async def test_the_same_content_is_attached_to_an_owner_once(bed: Bed) -> None:
    first, second = await bed.file(PNG), await bed.file(PNG, name="b.png")
    other = await bed.file(PNG, owner_kind="article", owner_key=A1)
    found = [(answer.outcome, answer.code) for answer in await bed.send(first, second, other)]
    assert found == [("imported", None), ("unchanged", "duplicate_attachment"), ("imported", None)]
    before = await bed.everything()
    (answer,) = await bed.send(await bed.file(PNG))
    assert (answer.code, answer.params) == ("duplicate_attachment", {"owner": P1})
    (answer,) = await bed.send(bed.note("Zamknięte w piątki"))
    assert answer.code == "duplicate_attachment", "the company has this note already"
    assert await bed.everything() == before


async def test_a_higher_revision_replaces_the_one_before_and_repeats_change_nothing(bed: Bed) -> None:
    first = await bed.file(PNG + b"1")
    (imported,) = await bed.send(first)
    before = await bed.everything()
    repeats = [(await bed.send(x))[0].code for x in (first, replace(first, content_hash="0" * 64))]
    foreign = await bed.file(PNG + b"2", source_id=first.source_id, revision=2, device_state="foreign_epoch")
    assert [*repeats, (await bed.send(foreign))[0].code] == ["already_imported", "stale_revision", "epoch_changed"]
    assert await bed.everything() == before
    (answer,) = await bed.send(replace(foreign, device_state="ok"))
    assert answer.outcome == "imported"
    row = await bed.row("select content, version from cee.attachment where id = $1", first.source_id)
    assert (row["content"], row["version"]) == (PNG + b"2", answer.version)
    assert row["version"] > imported.version


async def test_an_attachment_of_cee_s_own_can_not_be_taken_over(bed: Bed) -> None:
    source = str(await bed.value("select id from cee.attachment where owner_kind = 'article' and owner_key = $1", A1))
    before = await bed.everything()
    (answer,) = await bed.send(await bed.file(PNG, source_id=source))
    assert (answer.outcome, answer.code, answer.params) == ("rejected", "field_invalid", {"field": "source_id", "value": source})
    assert await bed.everything() == before


async def test_an_article_has_one_main_picture(bed: Bed) -> None:
    pictures = [await bed.file(PNG + bytes([place]), owner_kind="article", owner_key=A1, is_default=True) for place in range(3)]
    await bed.send(*pictures[:1])
    await bed.send(*pictures[1:])
    assert await bed.value("select array_agg(id::text) from cee.attachment where is_default") == [pictures[2].source_id]
    elsewhere = await bed.file(PNG, is_default=True)
    await bed.send(elsewhere)
    assert await bed.value("select is_default from cee.attachment where id = $1", elsewhere.source_id) is False


async def test_contents_are_written_in_chunks(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "_CHUNK", 20)
    files = [await bed.file(PNG + bytes([place] * 5)) for place in range(7)]
    bad = await bed.file(PNG, extension="gif")
    answers = await bed.send(*files[:3], bad, *files[3:])
    assert [answer.code for answer in answers] == [None, None, None, "content_type_mismatch", None, None, None, None]
    assert await bed.value("select count(*) from cee.attachment where id = any($1)", [one.source_id for one in files]) == 7
    assert sha256(PNG).hexdigest() not in {row["digest"] for row in await bed.connection.fetch("select digest from cee.attachment")}
