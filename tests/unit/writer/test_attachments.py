"""What becomes of uploaded attachments and notes (domain.md 3.9, 4.3), decided from what CEE and the blob store have."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from services.kernel.signatures import CONTENT_LIMIT
from services.writer.model import Answer, Upload
from services.writer.rules.attachments import Facts, Present, Ready, digest_of, file_type_of, judge, misfit
from tests.unit.writer.document_uploads import known, upload

PNG = b"\x89PNG\r\n\x1a\n" + b"1234"
OWNER = ("partner", "P1")
SOURCE = "5d0c5f5e-7a43-4d0f-9d7d-0a6f0f0f1a01"


def picture(content: bytes = PNG, **fields: Any) -> Upload:
    more = {name: fields.pop(name) for name in ("source_id", "revision", "device_state") if name in fields}
    body = {"owner_kind": "partner", "owner_key": "P1", "type": "image", "name": "a.png", "extension": "png"}
    return upload("attachments", body | {"sha256": sha256(content).hexdigest()} | fields, **more)


def note(text: str = "Zamknięte w piątki", **fields: Any) -> Upload:
    body = {"owner_kind": "partner", "owner_key": "P1", "type": "note", "name": "uwaga", "text": text}
    return upload("attachments", body | {"sha256": sha256(text.encode()).hexdigest()} | fields)


def facts(*uploads: Upload, **changed: Any) -> Facts:
    """The contents are there, and so is the owner."""
    made = Facts(owners={OWNER: "P1", ("partner", SOURCE): "P1"}, stored={one.body.sha256 for one in uploads})
    return replace(made, **changed)


def judged(one: Upload, **changed: Any) -> Answer:
    (answer,) = judge([one], facts(one, **changed))
    assert isinstance(answer, Answer)
    return answer


@pytest.mark.parametrize("owner", [{}, {"owner_key": None, "owner_source_id": SOURCE}])
def test_files_and_notes_go_to_their_owner_however_he_is_named(owner: dict[str, Any]) -> None:
    for one in (picture(**owner), note(**owner)):
        assert judge([one], facts(one)) == [Ready(one, OWNER)]


def test_a_note_needs_no_content() -> None:
    one = note()
    assert judge([one], facts()) == [Ready(one, OWNER)]


def test_revisions_are_settled_first() -> None:
    one = known(picture(), "id")
    present = {one.source_id: Present(OWNER, one.body.sha256, 7)}
    repeat = judged(one, present=present)
    assert (repeat.outcome, repeat.code, repeat.version) == ("unchanged", "already_imported", 7)
    assert judged(replace(one, content_hash="0" * 64), present=present).code == "stale_revision"
    assert judged(replace(one, content_hash="0" * 64, revision=2, device_state="foreign_epoch"), present=present).code == "epoch_changed"
    later = replace(one, content_hash="0" * 64, revision=2)
    assert judge([later], facts(later, present=present)) == [Ready(later, OWNER)]


def test_a_record_waits_for_its_content() -> None:
    answer = judged(picture(), stored=set())
    assert (answer.outcome, answer.code, answer.params) == ("waiting", "content_missing", {"name": "a.png"})


def test_another_content_uploaded_for_it_is_a_wrong_checksum() -> None:
    one = picture()
    answer = judged(one, stored=set(), uploaded={one.source_id: {"f" * 64}})
    assert (answer.outcome, answer.code, answer.params) == ("rejected", "content_hash_mismatch", {"name": "a.png"})
    assert judged(one, uploaded={one.source_id: {"f" * 64}}).code == "content_hash_mismatch", "though somebody else has stored it"
    assert judge([one], facts(one, uploaded={one.source_id: {"f" * 64, one.body.sha256}})) == [Ready(one, OWNER)]


def test_the_content_of_the_revision_before_is_no_wrong_checksum() -> None:
    first, second = known(picture(), "id"), picture(b"\x89PNG\r\n\x1a\nnew")
    second = replace(second, source_id=first.source_id, revision=2, known=first.known)
    present = {first.source_id: Present(OWNER, first.body.sha256, 7)}
    answer = judged(second, stored={first.body.sha256}, uploaded={first.source_id: {first.body.sha256}}, present=present)
    assert answer.code == "content_missing"


@pytest.mark.parametrize(
    ("kind", "code", "parent"),
    [("partner", "partner_missing", "partners"), ("article", "article_missing", "articles"), ("document", "document_missing", "documents")],
)
def test_a_record_waits_for_its_owner(kind: str, code: str, parent: str) -> None:
    for named in ({"owner_key": "X/1"}, {"owner_key": None, "owner_source_id": SOURCE}):
        answer = judged(picture(owner_kind=kind, **named), owners={})
        name = named.get("owner_source_id") or named["owner_key"]
        assert (answer.outcome, answer.code, answer.params, answer.parent) == ("waiting", code, {kind: name}, (parent, name))


@pytest.mark.parametrize("make", [picture, note])
def test_the_same_content_is_attached_to_an_owner_once(make: Any) -> None:
    one, two = make(), make()
    first, second = judge([one, two], facts(one))
    assert isinstance(first, Ready)
    assert isinstance(second, Answer)
    assert (second.outcome, second.code, second.params) == ("unchanged", "duplicate_attachment", {"owner": "P1"})
    same = {(OWNER, digest_of(one.body)): {"another"}}
    assert judged(one, same=same).code == "duplicate_attachment"
    own = {(OWNER, digest_of(one.body)): {one.source_id}}
    assert judge([one], facts(one, same=own)) == [Ready(one, OWNER)], "it is no duplicate of itself"


def test_an_id_of_cee_s_own_is_left_alone() -> None:
    one = picture()
    answer = judged(one, present={one.source_id: Present(OWNER, "f" * 64, 7)})
    assert (answer.outcome, answer.code, answer.params) == ("rejected", "field_invalid", {"field": "source_id", "value": one.source_id})
    same = judged(one, present={one.source_id: Present(OWNER, one.body.sha256, 7)})
    assert (same.outcome, same.code) == ("unchanged", "already_imported")


def test_bytes_must_be_what_the_record_says() -> None:
    assert misfit(picture(), PNG) is None
    for one, content, code in (
        (picture(), PNG + b"5", "content_hash_mismatch"),
        (picture(b"GIF89a"), b"GIF89a", "content_type_mismatch"),
        (picture(b"", type="file", extension="txt"), b"", "content_type_mismatch"),
        (picture(PNG + bytes(CONTENT_LIMIT)), PNG + bytes(CONTENT_LIMIT), "attachment_too_large"),
    ):
        answer = misfit(one, content)
        assert answer is not None
        assert (answer.outcome, answer.code, answer.params["name"]) == ("rejected", code, "a.png")
    assert misfit(picture(PNG[:8] + bytes(CONTENT_LIMIT - 8)), PNG[:8] + bytes(CONTENT_LIMIT - 8)) is None


TYPES = [
    ({}, "I"),
    ({"type": "recording", "extension": "mp3"}, "R"),
    ({"type": "file", "extension": "pdf"}, "X"),
    ({"type": "note", "text": "a"}, None),
]


@pytest.mark.parametrize(("fields", "file_type"), TYPES)
def test_the_channel_says_which_document_type_a_file_is(fields: dict[str, str], file_type: str | None) -> None:
    assert file_type_of(picture(**fields).body, {"image": "I", "recording": "R", "other": "X"}) == file_type
