"""What becomes of the uploads of partners (domain.md 4.1), from what CEE has of everything they name. Pure.

Called by target/partners.py with one batch in order: what an upload does is CEE's state for those behind it. The answers still
lack the numbers CEE gives and the versions that the writes leave.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from schemas.tax_ids import is_tax_id
from services.kernel.guard import Remark
from services.writer.model import Answer, Upload
from services.writer.rules.merge import Merged, merge
from services.writer.rules.partner_facts import Held, Plan, Situation
from services.writer.rules.partner_fields import EDITABLE, SHAPE, country, given_once, ids, lost_edit, named, read_only, said
from services.writer.rules.revisions import settled_by_revision
from services.writer.rules.tax_ids import normal

_TEMPLATED = ("customer_type", "currency", "payment_form", "payment_term", "tax_class", "price_class", "organisation")


def decide(situation: Situation, uploads: Iterable[Upload]) -> Plan:
    """One answer per upload. A partner that is new in this batch is called by its source_id until it has a number."""
    judge = _Judge(situation)
    for upload in uploads:
        judge.plan.answers.append(judge.judge(upload))
    return judge.plan


class _Judge:
    def __init__(self, situation: Situation) -> None:
        self._at, self._channel = situation, situation.channel
        self._taxed: dict[str, str] = {number: normal(tax_id, country) for number, tax_id, country in situation.taxed}
        self._owners = dict(situation.owners)
        self.plan = Plan()

    def judge(self, upload: Upload) -> Answer:
        held = self._find(upload)
        settled = settled_by_revision(upload, held.version if held else None, held.status if held else None)
        if settled is not None:
            return settled
        number = upload.body.number
        if number is not None and (held is None or held.number != number or not held.is_of_channel):
            return Answer(upload, "rejected", "field_invalid", {"field": "number", "value": number})
        if upload.is_foreign and held is not None:
            return Answer(upload, "conflict", "epoch_changed", number=held.number)
        if upload.rep not in self._at.reps:
            return Answer(upload, "waiting", "rep_missing", {"rep": upload.rep}, parent=("sales-reps", upload.rep))
        if upload.op == "delete":
            return self._remove(upload, held)
        return self._create(upload) if held is None else self._edit(upload, held)

    def _find(self, upload: Upload) -> Held | None:
        known = upload.known.number if upload.known else None
        number = known or self._at.numbers.get(upload.source_id) or upload.body.number
        return self._at.held.get(number) if number else None

    # new

    def _create(self, upload: Upload) -> Answer:
        fields = said(upload.body)
        code = self._channel.template_with_tax_id if fields["tax_id"] else self._channel.template_without_tax_id
        template = self._at.templates.get(code)
        if template is None:
            return Answer(upload, "waiting", "template_missing", {"template": code})
        fields |= self._given_by_cee(template)
        remarks = read_only(upload.body, fields)
        refused = self._taken(upload, upload.source_id, fields) or self._twice(upload, upload.source_id, fields, remarks)
        if refused or (refused := self._unconfirmed(upload, remarks)):
            return refused
        self.plan.created[upload.source_id] = fields
        self._note(upload.source_id, fields, is_active=True)
        self.plan.said[upload.source_id] = said(upload.body)
        return Answer(upload, "imported", remarks=tuple(remarks), status=fields["status"])

    def _given_by_cee(self, template: dict[str, Any]) -> dict[str, Any]:
        channel = self._channel
        gaps = {"currency": channel.currency, "payment_form": channel.default_payment_form}
        gaps |= {"payment_term": channel.default_payment_term, "organisation": channel.sales_organisation}
        given = {name: template[name] or gaps.get(name) for name in _TEMPLATED}
        return given | {"status": "released" if channel.customer_approval else "blocked"}

    # edits

    def _edit(self, upload: Upload, held: Held) -> Answer:
        device, (base, is_known) = said(upload.body), self._base(upload, held)
        editable = (*EDITABLE, "tax_id") if held.fields["role"] == "prospect" else EDITABLE
        own = {name: value for name, value in device.items() if name in editable}
        merged = merge(SHAPE, base, own, held.fields)
        fields = held.fields | {name: merged.state.get(name) for name in own}
        remarks = read_only(upload.body, held.fields)
        remarks += given_once({name: value for name, value in device.items() if name not in editable}, base, held.fields)
        refused = self._taken(upload, held.number, fields)
        if not refused and fields.get("tax_id") != held.fields.get("tax_id"):
            refused = self._twice(upload, held.number, fields, remarks)
        if refused or (refused := self._unconfirmed(upload, remarks)):
            return replace(refused, number=held.number)
        is_written = any(fields.get(name) != held.fields.get(name) for name in own)
        was_edited = any(name in base and own[name] != base[name] for name in own)
        if not (merged.lost or remarks or is_written or was_edited):
            return Answer(upload, "unchanged", "echo_ignored", number=held.number)
        held.fields = fields
        self._note(held.number, fields, held.is_active)
        answer = self._edited(upload, merged, is_known, remarks)
        answer = replace(answer, number=held.number, applied=not merged.lost or is_written)
        if answer.applied:
            last = self._at.said.get(upload.source_id)
            self.plan.said[upload.source_id] = (last.fields if last else {}) | device
        return answer

    def _edited(self, upload: Upload, merged: Merged, is_known: bool, remarks: list[Remark]) -> Answer:
        lost = [Remark("edit_lost", lost_edit(loss)) for loss in merged.lost]
        if not lost:
            return Answer(upload, "imported", remarks=tuple(remarks))
        if is_known:
            return Answer(upload, "conflict", "edit_lost", lost[0].params, remarks=(*lost[1:], *remarks))
        version = upload.body.base_version
        params = {"version": "-" if version is None else version}
        return Answer(upload, "conflict", "base_version_unknown", params, remarks=(*lost, *remarks))

    def _base(self, upload: Upload, held: Held) -> tuple[dict[str, Any], bool]:
        """What the device's edit began with, and whether anything is known of that.

        A revision made before the device heard of the one before is built on that one, not on what CEE had sent.
        """
        body, last = upload.body, self._at.said.get(upload.source_id)
        if body.base_version == held.version:
            return held.before, True
        base, is_known = dict[str, Any](), False
        if body.base is not None and body.base_version is not None and body.base_version < held.version:
            empty = {name: value for name, value in held.fields.items() if not value}  # what is empty is left out of what devices receive
            base, is_known = empty | named(body.base, body.base.model_fields_set), True
        if last is not None and (body.base_version is None or body.base_version < last.version):
            base, is_known = base | last.fields, True
        return base, is_known

    # removals

    def _remove(self, upload: Upload, held: Held | None) -> Answer:
        if held is None or held.is_deleted:
            return Answer(upload, "unchanged", "echo_ignored", number=held.number if held else None)
        remarks = () if self._channel.deactivate_deleted else (Remark("removal_ignored", {"partner": held.number}),)
        refused = self._unconfirmed(upload, list(remarks))
        if refused:
            return replace(refused, number=held.number)
        if self._channel.deactivate_deleted:
            held.is_deleted = True
            self._taxed.pop(held.number, None)
            self.plan.removed.append(held.number)
        return Answer(upload, "imported", remarks=remarks, number=held.number)

    # what all have in common

    def _taken(self, upload: Upload, who: str, fields: dict[str, Any]) -> Answer | None:
        """An element that is another partner's: nothing of that one may be touched."""
        for place in ids(fields):
            if self._owners.get(place, who) != who:
                return Answer(upload, "rejected", "field_invalid", {"field": f"{place[0]}.id", "value": place[1]})
        return None

    def _twice(self, upload: Upload, who: str, fields: dict[str, Any], remarks: list[Remark]) -> Answer | None:
        """The duplicate check, and the form of a tax id of which only CEE knows the country."""
        value, home = fields.get("tax_id"), country(fields)
        if not value:
            return None
        if home is not None and not is_tax_id(value, home):
            return Answer(upload, "rejected", "tax_id_invalid", {"value": value})
        wanted = normal(value, home)
        other = next((number for number, taken in self._taxed.items() if taken == wanted and number != who), None)
        if other is None or self._channel.duplicate_check == "off":
            return None
        params = {"partner": other, "value": value}
        if self._channel.duplicate_check == "block":
            return Answer(upload, "rejected", "duplicate_tax_id", params)
        remarks.append(Remark("duplicate_tax_id_warning", params))
        return None

    def _unconfirmed(self, upload: Upload, remarks: list[Remark]) -> Answer | None:
        if not remarks or self._channel.confirm_warnings or upload.confirmed:
            return None
        return Answer(upload, "waiting", "warning_not_confirmed", remarks=tuple(remarks))

    def _note(self, who: str, fields: dict[str, Any], is_active: bool) -> None:
        """For those behind in the batch."""
        self._owners |= dict.fromkeys(ids(fields), who)
        self._taxed.pop(who, None)
        if is_active and fields.get("tax_id"):
            self._taxed[who] = normal(fields["tax_id"], country(fields))
