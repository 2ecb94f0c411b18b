"""Whether CEE's view lets an object into the channel, and why not where its own fields tell. Pure."""

from __future__ import annotations

from typing import Any

from services.control.explain.facts import CeeFacts, Outbound
from services.control.explain.finding import Fields, Finding


def membership(facts: Outbound, cee: CeeFacts) -> Finding:
    """`member` is the view's word; the reason is read from the body's fields that the contract has."""
    names: dict[str, Any] = {"channel": facts.channel.id, "kind": facts.kind, "key": facts.key}
    row = cee.row
    if row is None:
        known = cee.published is not None or facts.feed is not None
        if cee.lacking is not None:
            return Finding("cee", False, cee.lacking[0], names | dict(cee.lacking[1]))
        return Finding("cee", False, "gone_from_cee" if known else "key_unknown", names)
    body: Fields = row["body"]
    names |= {"version": row["version"]}
    if row["member"]:
        return Finding("cee", True, "in_cee", names)
    if body.get("stub"):
        names["stub"] = True  # devices get its basic data, because a document names it
    code, more = _reason(facts.kind, body)
    return Finding("cee", False, code, names | more)


def _reason(kind: str, body: Fields) -> tuple[str, dict[str, Any]]:
    """The code, and what of the body stands in its text."""
    status = {"status": body.get("status")}
    if kind == "partners":
        if not body.get("assigned"):
            return "partner_not_assigned", {}
        return ("partner_is_inactive", status) if status["status"] == "inactive" else ("partner_deleted", status)
    if kind == "articles":
        return ("article_not_in_assortment", status) if not body.get("in_assortment") else ("article_marked_for_deletion", status)
    if kind == "sales-documents":
        return "document_too_old", {"issue_date": body.get("issue_date"), "status": body.get("status_general")}
    if kind == "sales-reps":
        return _rep(body)
    return "not_member", {}


def _rep(body: Fields) -> tuple[str, dict[str, Any]]:
    if not body.get("profile"):
        return "rep_without_profile", {}
    if not body.get("sales_rep"):
        return "rep_is_none", {}
    return "rep_not_employed", {"employer": body.get("employer")}
