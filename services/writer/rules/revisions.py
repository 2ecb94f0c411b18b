"""The rule of revisions that partners, attachments and visits share (domain.md 4, 7.5). Documents have their own.

Called by rules/<kind>.py before anything else is looked at.
"""

from __future__ import annotations

from services.writer.model import Answer, Upload


def settled_by_revision(upload: Upload, version: int | None = None, status: str | None = None) -> Answer | None:
    """The final answer to an upload whose source_id CEE already has in this revision or content; None: judge it on.

    Same content -> unchanged already_imported; from a foreign epoch -> conflict epoch_changed; not above the applied
    revision -> unchanged stale_revision. `version`, `status`: CEE's present ones, where they are known.
    """
    known = upload.known
    if known is None:
        return None
    if known.hash == upload.content_hash:
        return Answer(upload, "unchanged", "already_imported", number=known.number, key=known.key, version=version, status=status)
    if upload.is_foreign:
        return Answer(upload, "conflict", "epoch_changed", number=known.number, key=known.key, version=version, status=status)
    if upload.revision <= known.revision:
        return Answer(upload, "unchanged", "stale_revision", number=known.number, key=known.key, version=version, status=status)
    return None
