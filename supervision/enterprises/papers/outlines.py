"""Plant boundaries as an ordinary list and imported geodata write them: by the code of the enterprise."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from core.models import User
from geo.coordinates import Datum
from supervision.enterprises import boundaries
from supervision.enterprises.models import Boundary
from supervision.enterprises.papers.services import find


def add_boundary(*, actor: User, geometry: str, credit_code: str = "", datum: str = Datum.CGCS2000) -> Boundary:
    return _drawn(actor, credit_code, geometry, datum)


def change_boundary(
    row: Boundary, *, actor: User, geometry: str, credit_code: str = "", datum: str = Datum.CGCS2000
) -> Boundary:
    """The outline is replaced, not overwritten: the one before stays in the history."""
    made = _drawn(actor, row.enterprise.credit_code, geometry, datum)
    row.pk = made.pk  # whoever goes on with this record goes on with the one that holds now
    return made


def _drawn(actor: User, credit_code: str, geometry: str, datum: str) -> Boundary:
    try:
        return boundaries.draw(find(actor, credit_code), actor=actor, geometry=geometry, datum=datum)
    except ValidationError as error:
        found = error.message_dict if hasattr(error, "error_dict") else {"geom": error.messages}
        raise ValidationError({"geom" if key == "geometry" else key: text for key, text in found.items()}) from error
