"""Whether an OCPI object is a charge detail record, a session or a location: told by members that only one kind has.

record      total_energy, total_time, charging_periods with end_date_time, cdr_location, credit …; never kwh
session     kwh, or status without a record's members; total_cost and end_date_time are optional members of it
location    evses, or an address and coordinates; evses is optional
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from events.errors import PayloadError

ONLY_RECORD = (
    "total_energy",
    "total_time",
    "credit",
    "credit_reference_id",
    "invoice_reference_id",
    "total_fixed_cost",
)
ONLY_SESSION = ("kwh", "status")
ONLY_LOCATION = ("evses", "coordinates", "address", "opening_times")


class Shape(Enum):
    """The kinds of object that are read."""

    RECORD = auto()
    SESSION = auto()
    LOCATION = auto()


def shape_of(one: Mapping[str, Any]) -> Shape:
    """The object's kind; PayloadError when its members tell none."""
    if any(name in one for name in ONLY_RECORD):
        return Shape.RECORD
    if any(name in one for name in ONLY_SESSION):
        return Shape.SESSION
    if any(name in one for name in ONLY_LOCATION):
        return Shape.LOCATION
    if "total_cost" in one or "cdr_location" in one:
        return Shape.RECORD
    raise PayloadError("an object with neither total_cost (a record) nor kwh (a session) nor evses (a location)")
