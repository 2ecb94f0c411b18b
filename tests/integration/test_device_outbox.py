"""The simulated device's outbox: what it made is shown once, as its own or as CEE's, and every answer finds its upload."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest

from services.sandbox.device.client import Client
from services.sandbox.device.device import EVERYTHING
from services.sandbox.device.files import Files
from services.sandbox.device.references import needs
from services.sandbox.device.store import ANSWERS, DanglingReferences, Store
from services.sandbox.device.uploads import Sent, Uploads


def row(kind: str, key: str, op: str = "upsert", **fields: Any) -> bytes:
    return orjson.dumps({"kind": kind, "key": key, "op": op, "version": 1, "content_hash": f"h-{key}-{fields}", **fields})


def answer(upload: Sent, outcome: str = "imported", attempt: int = 1, **fields: Any) -> bytes:
    """An answer as a pull brings it."""
    said = {"upload_kind": upload.kind, "source_id": upload.source_id, "revision": upload.revision, "outcome": outcome, "attempt": attempt}
    said |= {"upload_id": upload.upload_id or str(uuid4()), "final": outcome not in ("waiting", "quarantined")}
    return row("results", f"device/D1/{upload.source_id}/{upload.revision}", **said | fields)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "device.db", needs)
    yield made
    made.close()


@pytest.fixture
def uploads(store: Store, tmp_path: Path) -> Uploads:
    client = Client("http://127.0.0.1:1", store, str(uuid4()))
    return Uploads(store, client, Files(tmp_path / "files"), attempts=3)


def pull(store: Store, *lines: bytes, full: tuple[str, ...] = ()) -> None:
    store.stage(list(lines), "cursor", full)
    store.switch(EVERYTHING, 1, 1)


def accept(uploads: Uploads, store: Store) -> None:
    """As the gateway's verdicts are taken."""
    for upload in uploads.all():
        store.change((ANSWERS.accepted, (upload.seq, str(uuid4()))))


def order(source_id: str, **fields: Any) -> bytes:
    return row("sales-documents", "ZS/1", partner="P1", lines=[], origin_source_id=source_id, **fields)


def test_revisions_of_an_object_rise_and_a_restart_keeps_them(uploads: Uploads, store: Store) -> None:
    source = uploads.put("visits", {"number": "V1"})
    uploads.put("visits", {"number": "V1", "status": "completed"}, source_id=source)
    assert [(upload.revision, upload.state) for upload in uploads.all()] == [(1, "new"), (2, "new")]
    rows = store.fetch(ANSWERS.unsent, 10)
    assert [orjson.loads(body)["revision"] for *_, body in rows] == [1, 2]


def test_an_order_is_shown_exactly_once_from_its_making_to_its_return(uploads: Uploads, store: Store) -> None:
    pull(store, row("partners", "P1"))
    source = uploads.put("documents", {"mobile_number": "ZS-1"})
    seen = [uploads.shown("documents")]
    accept(uploads, store)
    for lines in (
        [answer(uploads.all()[0], "waiting", code="partner_blocked")],
        [answer(uploads.all()[0], attempt=2, number="ZS/1")],
        [row("articles", "A1")],
        [order(source)],
        [order(source, status_general="completed")],
        [row("sales-documents", "ZS/1", op="delete")],
    ):
        seen.append(uploads.shown("documents"))
        pull(store, *lines)
    assert seen == [{source: ["local"]}] * 5 + [{source: ["confirmed"]}] * 2
    assert uploads.shown("documents") == {}, "what CEE took away does not come back as the device's own"
    [upload] = uploads.all()
    assert (upload.state, upload.outcome, upload.number, upload.confirmed) == ("final", "imported", "ZS/1", True)


@pytest.mark.parametrize("together", [True, False], ids=["with its answer", "before its answer"])
def test_the_confirmed_order_may_come_with_its_answer_or_before_it(uploads: Uploads, store: Store, together: bool) -> None:
    pull(store, row("partners", "P1"))
    source = uploads.put("documents", {"mobile_number": "ZS-1"})
    accept(uploads, store)
    said = answer(uploads.all()[0])
    pull(store, order(source), *([said] if together else []))
    assert uploads.shown("documents") == {source: ["confirmed"]}
    pull(store, said)
    assert (uploads.shown("documents"), uploads.all()[0].state) == ({source: ["confirmed"]}, "final")


def test_a_download_that_is_refused_confirms_nothing(uploads: Uploads, store: Store) -> None:
    source = uploads.put("documents", {"mobile_number": "ZS-1"})
    with pytest.raises(DanglingReferences):
        pull(store, order(source), answer(uploads.all()[0]))
    assert (uploads.shown("documents"), uploads.all()[0].state, uploads.results()) == ({source: ["local"]}, "new", {})


def test_a_full_download_replaces_neither_own_orders_nor_answers(uploads: Uploads, store: Store) -> None:
    source = uploads.put("documents", {"mobile_number": "ZS-1"})
    pull(store, answer(uploads.all()[0], "rejected", code="quote_expired"))
    pull(store, row("articles", "A1"), full=EVERYTHING)
    assert uploads.shown("documents") == {source: ["local"]}
    assert (uploads.all()[0].code, len(uploads.results())) == ("quote_expired", 1)
    assert store.counts() == {"articles": 1}, "answers are no rows of the data"


def test_an_answer_finds_an_upload_whose_acceptance_was_never_heard_of(uploads: Uploads, store: Store) -> None:
    uploads.put("documents", {"mobile_number": "ZS-1"})
    store.change((ANSWERS.sending, (1,)))
    assert uploads.all()[0].state == "sent"
    pull(store, answer(uploads.all()[0]))
    assert uploads.all()[0].state == "final"
    assert store.fetch(ANSWERS.unsent, 10) == [], "it is not sent again"


def test_an_answer_to_another_content_of_the_same_revision_is_not_mine(uploads: Uploads, store: Store) -> None:
    """A restored device numbers anew; the answer to what it sent in its former life changes nothing in this one."""
    uploads.put("visits", {"number": "V1"})
    accept(uploads, store)
    [upload] = uploads.all()
    pull(store, answer(upload, upload_id=str(uuid4())))
    assert uploads.all() == [upload]


def test_an_edit_of_a_partner_is_no_object_of_its_own(uploads: Uploads) -> None:
    new = uploads.put("partners", {"name": "New"})
    uploads.put("partners", {"number": "P1", "name": "Other"})
    uploads.put("partners", {"number": "P2", "op": "delete"})
    assert uploads.shown("partners") == {new: ["local"]}


def test_a_record_waits_for_its_content_and_is_refused_with_it(uploads: Uploads, store: Store) -> None:
    photo = uploads.put("attachments", {"type": "image", "name": "shelf", "extension": "jpg"}, content=b"\xff\xd8\xff")
    note = uploads.put("attachments", {"type": "note", "text": "call"})
    assert [row[2] for row in store.fetch(ANSWERS.unsent, 10)] == [note]
    [(source, sha256, name, url)] = store.fetch(ANSWERS.files)
    assert (source, name, url) == (photo, "shelf.jpg", None)
    store.change((ANSWERS.file_state, (photo, sha256, "refused", "content_type_mismatch")), (ANSWERS.refused_file, (photo, "x")))
    assert [(upload.source_id, upload.state) for upload in uploads.all()] == [(photo, "refused"), (note, "new")]
