"""Records and sessions of OCPI 2.1.1 in the words of 2.2.1, so that one reader does for both.

    2.1.1   stop_date_time · total_cost: 4.0 · location: {"id", "evses": [{"uid", "connectors": [{"id"}]}]}
    2.2.1   end_date_time · total_cost: {"excl_vat": 4.0} · cdr_location: {"id", "evse_uid", "connector_id"}

2.1.1 names nobody who issues: its objects stand under the owner `unnamed`. Its amounts are without VAT.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNNAMED = "unnamed"
"""Owner of an object that names no country and party."""

_MARKS = ("stop_date_time", "start_datetime", "auth_id", "evses", "coordinates")
"""Members of 2.1.1 (the last two of both, where no country is named)."""


def is_older(one: Mapping[str, Any]) -> bool:
    """Whether an object is written in the words of 2.1.1."""
    return "country_code" not in one and "party_id" not in one and any(name in one for name in _MARKS)


def in_newer_words(one: Mapping[str, Any]) -> dict[str, Any]:
    """The object with the members that 2.2.1 would have, beside its own."""
    told = dict(one)
    if "stop_date_time" in one:
        told["end_date_time"] = one["stop_date_time"]
    if isinstance(one.get("total_cost"), int | float) and not isinstance(one["total_cost"], bool):
        told["total_cost"] = {"excl_vat": one["total_cost"]}
    if isinstance(one.get("location"), dict):
        told["cdr_location"] = _place(one["location"])
    return told


def _place(location: Mapping[str, Any]) -> dict[str, Any]:
    evse = _first(location.get("evses"))
    connector = _first(evse.get("connectors"))
    return {"id": location.get("id"), "evse_uid": evse.get("uid"), "connector_id": connector.get("id")}


def _first(listed: Any) -> Mapping[str, Any]:
    """The first member of a list of objects, empty when there is none."""
    first = listed[0] if isinstance(listed, list) and listed else None
    return first if isinstance(first, dict) else {}
