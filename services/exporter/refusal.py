"""What a record that does not fit its contract is refused with: quarantined, with the code and params of its first fault."""

from __future__ import annotations

from pydantic import ValidationError

from schemas.defect import defect_of
from services.kernel.guard import Refused


def refusal_of(error: ValidationError) -> Refused:
    """`field` in the params is a path like `addresses[0].city`; codes: schemas/defect.py."""
    defect = defect_of(error)
    return Refused("quarantined", defect.code, **defect.params)
