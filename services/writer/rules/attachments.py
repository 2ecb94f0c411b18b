"""What becomes of an uploaded attachment or note (domain.md 3.9, 4.3). Pure; called by target/attachments.py with what CEE has.

What is not refused is `Ready`: its bytes are still to be held against its extension (`misfit`), then it is written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from schemas.imports.attachments import Attachment
from services.kernel.signatures import CONTENT_LIMIT, fits
from services.writer.model import Answer, Upload
from services.writer.rules.revisions import settled_by_revision

Owner = tuple[str, str]  # (kind, key in CEE) or, before it is found, (kind, key or source_id)
_PARENTS = {"partner": "partners", "article": "articles", "document": "documents"}


@dataclass(frozen=True, slots=True)
class Present:
    """An attachment that CEE has under the upload's id. `digest`: sha256 of a file, of a note what `digest_of` makes of it."""

    owner: Owner
    digest: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of all that a batch names.

    present: by id; owners: (kind, key or source_id) -> key in CEE; same: (owner, digest) -> ids of the attachments that are equal;
    stored: contents in the blob store; uploaded: by source_id the contents that a device has uploaded for it.
    """

    present: dict[str, Present] = field(default_factory=dict)
    owners: dict[Owner, str] = field(default_factory=dict)
    same: dict[tuple[Owner, str], set[str]] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)
    uploaded: dict[str, set[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ready:
    """To be written to `owner`, if its bytes are what they shall be."""

    upload: Upload
    owner: Owner


def judge(uploads: Iterable[Upload], facts: Facts) -> list[Answer | Ready]:
    """One decision per upload, in order; of equal ones in the batch the first is taken."""
    decisions: list[Answer | Ready] = []
    taken: set[tuple[Owner, str]] = set()
    for upload in uploads:
        refusal = _refusal(upload, facts, taken)
        if refusal is not None:
            decisions.append(refusal)
            continue
        owner = (upload.body.owner_kind, facts.owners[named(upload.body)])
        taken.add((owner, digest_of(upload.body)))
        decisions.append(Ready(upload, owner))
    return decisions


def _refusal(upload: Upload, facts: Facts, taken: set[tuple[Owner, str]]) -> Answer | None:
    body, present = upload.body, facts.present.get(upload.source_id)
    settled = settled_by_revision(upload, version=present.version if present else None)
    if settled is not None:
        return settled
    if upload.known is None and present is not None:
        return _foreign(upload, present, facts)
    if body.type != "note" and (answer := _without_content(upload, present, facts)) is not None:
        return answer
    owner = facts.owners.get(named(body))
    if owner is None:
        kind, name = named(body)
        return Answer(upload, "waiting", f"{kind}_missing", {kind: name}, parent=(_PARENTS[kind], name))
    same = ((body.owner_kind, owner), digest_of(body))
    if same in taken or facts.same.get(same, set()) - {upload.source_id}:
        return Answer(upload, "unchanged", "duplicate_attachment", {"owner": owner})
    return None


def _foreign(upload: Upload, present: Present, facts: Facts) -> Answer:
    """The id is that of an attachment which did not come from this channel's devices: it stays as it is."""
    name = named(upload.body)
    if present.digest == digest_of(upload.body) and present.owner == (name[0], facts.owners.get(name)):
        return Answer(upload, "unchanged", "already_imported", key=upload.source_id, version=present.version)
    return Answer(upload, "rejected", "field_invalid", {"field": "source_id", "value": upload.source_id})


def _without_content(upload: Upload, present: Present | None, facts: Facts) -> Answer | None:
    """Content travels before its record; what was uploaded for an earlier revision is not another content."""
    uploaded = facts.uploaded.get(upload.source_id, set())
    if uploaded and upload.body.sha256 not in uploaded and uploaded - {present.digest if present else None}:
        return Answer(upload, "rejected", "content_hash_mismatch", {"name": upload.body.name})
    if upload.body.sha256 not in facts.stored:
        return Answer(upload, "waiting", "content_missing", {"name": upload.body.name})
    return None


def misfit(upload: Upload, content: bytes) -> Answer | None:
    """The answer to a file whose bytes are not what its record says."""
    body: Attachment = upload.body
    if hashlib.sha256(content).hexdigest() != body.sha256:
        return Answer(upload, "rejected", "content_hash_mismatch", {"name": body.name})
    if len(content) > CONTENT_LIMIT:
        return Answer(upload, "rejected", "attachment_too_large", {"name": body.name})
    if not content or not fits(body.extension or "", content):
        return Answer(upload, "rejected", "content_type_mismatch", {"name": body.name, "extension": body.extension})
    return None


def named(body: Attachment) -> Owner:
    """The owner as the record names it."""
    return body.owner_kind, body.owner_key or body.owner_source_id or ""


def digest_of(body: Attachment) -> str:
    """What CEE tells one content from another by: the sha256 of a file, of a note a fingerprint of its text."""
    if body.type == "note":
        return hashlib.md5((body.text or "").encode(), usedforsecurity=False).hexdigest()
    return str(body.sha256)


def file_type_of(body: Attachment, types: dict[Any, str]) -> str | None:
    """CEE's document type by the channel's `file_types`; notes are no files."""
    if body.type == "note":
        return None
    return types.get(body.type, types.get("other"))
