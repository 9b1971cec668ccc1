"""Kinds of things that move: what a position is a position of.

A route's type is GTFS's `route_type`, basic or extended (Google's hundreds). A feed of vehicles whose timetable is not
declared is taken as one of buses: the format's topic is theirs.
"""

from __future__ import annotations

BUS, TRAM, METRO, RAIL, FERRY, CABLE = "bus", "tram", "metro", "rail", "ferry", "cable"
TRANSIT = (BUS, TRAM, METRO, RAIL, FERRY, CABLE)
"""Kinds that run on routes."""

_BASIC = {0: TRAM, 1: METRO, 2: RAIL, 3: BUS, 4: FERRY, 5: TRAM, 6: CABLE, 7: CABLE, 11: BUS, 12: RAIL}
_HUNDREDS = {1: RAIL, 2: BUS, 4: METRO, 5: METRO, 6: METRO, 7: BUS, 8: BUS, 9: TRAM, 10: FERRY, 12: FERRY, 13: CABLE,
             14: CABLE}  # fmt: skip


def kind_of_route(route_type: int | None) -> str | None:
    """The kind that runs on a route of that type, None where the type is none.

    >>> kind_of_route(1), kind_of_route(900), kind_of_route(None)
    ('metro', 'tram', None)
    """
    if route_type is None:
        return None
    return _BASIC.get(route_type) or _HUNDREDS.get(route_type // 100)
