"""Attachments by themselves: whitelist, size, notes, and whose they are."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from schemas.files import EXTENSIONS, LARGEST
from tests.unit.importer.judging import refusal, written

SOURCE = "5D0C5F5E-7A43-4D0F-9D7D-0A6F0F0F1A01"


@pytest.mark.parametrize(("type_", "extension"), [(type_, name) for type_, names in EXTENSIONS.items() for name in sorted(names)])
def test_the_whitelist_goes(type_: str, extension: str) -> None:
    assert written("attachments", type=type_, extension=extension)["extension"] == extension


@pytest.mark.parametrize(
    ("changed", "code", "params"),
    [
        ({"extension": "exe"}, "extension_not_allowed", {"extension": "exe"}),
        ({"extension": "JPG"}, "extension_not_allowed", {"extension": "JPG"}),
        ({"extension": "x" * 200}, "extension_not_allowed", {"extension": "x" * 100}),
        ({"extension": ""}, "field_missing", {"field": "extension"}),
        ({"type": "recording"}, "field_invalid", {"field": "type", "value": "recording"}),
        ({"sha256": None}, "field_missing", {"field": "sha256"}),
        ({"sha256": "E" * 64}, "field_invalid", {"field": "sha256", "value": "E" * 64}),
        ({"size": LARGEST + 1}, "attachment_too_large", {"name": "półka.jpg"}),
        ({"size": 0}, "field_missing", {"field": "content"}),
        ({"owner_key": ""}, "field_missing", {"field": "owner_key"}),
        ({"type": "note"}, "field_missing", {"field": "text"}),
        ({"type": "note", "text": "x" * 4001}, "note_too_long", {}),
    ],
)
def test_an_attachment_that_is_wrong_by_itself_is_rejected(changed: dict[str, Any], code: str, params: dict[str, Any]) -> None:
    assert refusal("attachments", **changed) == (code, params)


def test_the_largest_file_goes_and_so_does_one_that_does_not_say_its_size() -> None:
    assert written("attachments", size=LARGEST)["size"] == LARGEST
    assert "size" not in written("attachments", size=None)


def test_a_note_is_its_text() -> None:
    value = written("attachments", type="note", text="Żółw", sha256="0" * 64)
    assert value["sha256"] == hashlib.sha256("Żółw".encode()).hexdigest()
    assert {"size", "extension"}.isdisjoint(value)
    assert "text" not in written("attachments", text="nobody reads it")


@pytest.mark.parametrize("kind", ["partner", "document"])
def test_an_owner_born_on_a_device_is_named_by_its_source_id(kind: str) -> None:
    value = written("attachments", owner_kind=kind, owner_key=SOURCE)
    assert (value["owner_source_id"], "owner_key" in value) == (SOURCE.lower(), False)


@pytest.mark.parametrize(("kind", "key"), [("partner", "K%2F1"), ("document", "ZS/2026%2F15"), ("article", SOURCE)])
def test_any_other_owner_is_named_by_its_key(kind: str, key: str) -> None:
    value = written("attachments", owner_kind=kind, owner_key=key)
    assert (value["owner_key"], "owner_source_id" in value) == (key, False)
