"""The simulated device's database: refuses what dangles, switches at once, survives its own crash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from services.sandbox.device.device import EVERYTHING
from services.sandbox.device.records import digest_of
from services.sandbox.device.references import needs
from services.sandbox.device.store import DanglingReferences, Store


def row(kind: str, key: str, op: str = "upsert", **fields: Any) -> bytes:
    return orjson.dumps({"kind": kind, "key": key, "op": op, "version": 1, "content_hash": f"h-{key}-{fields}", **fields})


def delete(kind: str, key: str) -> bytes:
    return orjson.dumps({"kind": kind, "key": key, "op": "delete"})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "device.db", needs)


def apply(store: Store, *lines: bytes, full: tuple[str, ...] = (), groups: tuple[str, ...] = EVERYTHING) -> int:
    store.stage(list(lines), "cursor", full)
    return store.switch(groups, 1, 1)


def test_dangling_reference_is_refused_and_nothing_changes(store: Store) -> None:
    apply(store, row("partners", "P1", name="one"))
    with pytest.raises(DanglingReferences, match="sales-documents ZS/1 needs articles A1"):
        apply(store, row("partners", "P1", name="two"), row("sales-documents", "ZS/1", partner="P1", lines=[{"article": "A1"}]))
    assert store.rows("partners")["P1"]["name"] == "one"
    assert store.rows("sales-documents") == {}
    # the next cut brings what was missing: now all of it is switched
    assert apply(store, row("articles", "A1")) == 3
    assert store.rows("partners")["P1"]["name"] == "two"


def test_removed_parent_with_a_child_left_is_refused(store: Store) -> None:
    apply(
        store,
        row("articles", "A1"),
        row("price-lists", "L", record="list"),
        row("price-lists", "L/A1", record="price", list="L", article="A1"),
    )
    with pytest.raises(DanglingReferences, match="price-lists L/A1 needs price-lists L"):
        apply(store, delete("price-lists", "L"))
    apply(store, delete("price-lists", "L/A1"))
    assert store.rows("price-lists") == {}


def test_deactivated_parent_counts_as_present(store: Store) -> None:
    apply(store, row("partners", "P1"), row("sales-documents", "ZS/1", partner="P1", lines=[]))
    apply(store, row("partners", "P1", op="deactivate", name="P"))
    assert store.dangling() == []


def test_attachment_of_a_lost_owner_goes_when_only_data_is_downloaded(store: Store) -> None:
    apply(store, row("partners", "P1"), row("attachments", "X", owner_kind="partner", owner_key="P1"))
    apply(store, delete("partners", "P1"), groups=("data",))
    assert store.counts() == {}
    assert [(line.kind, line.op) for line in store.log(2)] == [("partners", "delete"), ("attachments", "delete")]


def test_deactivation_of_a_row_staged_in_the_same_download_keeps_its_fields(store: Store) -> None:
    apply(store, row("articles", "A1", name="old", weight="1"))
    apply(store, row("articles", "A1", name="new", weight="2"), row("articles", "A1", op="deactivate", name="last"))
    assert {name: store.rows("articles")["A1"][name] for name in ("op", "name", "weight")} == {
        "op": "deactivate",
        "name": "last",
        "weight": "2",
    }


def test_row_removed_and_deactivated_in_one_download_is_only_the_stub(store: Store) -> None:
    apply(store, row("articles", "A1", weight="1"))
    apply(store, delete("articles", "A1"), row("articles", "A1", op="deactivate", name="stub"))
    assert "weight" not in store.rows("articles")["A1"]


def test_crash_between_the_last_page_and_the_switch_loses_nothing(store: Store, tmp_path: Path) -> None:
    apply(store, row("articles", "OLD"), row("articles", "KEPT"))
    store.stage([row("articles", "KEPT"), row("articles", "NEW")], "complete", ("data", "attachments"))
    store.close()
    again = Store(tmp_path / "device.db", needs)
    assert set(again.rows("articles")) == {"OLD", "KEPT"}
    assert again.recall("cursor") == "complete"
    again.stage([], "next", ())  # the next pull has no news, and says nothing of a full download any more
    again.switch(EVERYTHING, 2, 2)
    assert set(again.rows("articles")) == {"KEPT", "NEW"}


def test_full_download_logs_only_what_differs(store: Store) -> None:
    apply(store, row("articles", "A", name="a"), row("articles", "B", name="b"), row("articles", "C", name="c"))
    apply(store, row("articles", "A", name="a"), row("articles", "B", name="changed"), full=("data",))
    assert [(line.key, line.op) for line in store.log(3)] == [("B", "upsert"), ("C", "delete")]


def test_digest_depends_on_keys_and_hashes_alone(store: Store) -> None:
    apply(store, row("articles", "B", x=1), row("articles", "A", x=2))
    assert store.digest("articles") == digest_of([("A", "h-A-{'x': 2}"), ("B", "h-B-{'x': 1}")])
    assert store.digest("partners") == digest_of([])


def test_codes_are_escaped_in_references() -> None:
    assert needs("availability", {"article": "A/1%", "warehouse": "W"}) == [("articles", "A%2F1%25")]
    assert needs("article-categories", {"parent": None, "articles": []}) == []
