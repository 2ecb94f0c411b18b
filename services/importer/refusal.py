"""How the importer says no: whatever is wrong with an upload by itself will never be accepted as it is."""

from __future__ import annotations

from pydantic import ValidationError

from schemas.defect import Defect, defect_of
from services.kernel.guard import Refused


def refused(defect: Defect) -> Refused:
    """Rejected, with the code and params of the defect."""
    return Refused("rejected", defect.code, **defect.params)


def refusal_of(error: ValidationError) -> Refused:
    """What an upload that does not fit its contract is refused with; `field` is a path like `addresses[0].city`."""
    return refused(defect_of(error))
