"""Observation families: their columns, units and keys, declared in this one place.

A decoder yields the *decoded* columns of a family; the log stores them with the identity columns coded as one integer
(`entity`) and the two order columns added; a cut gives the decoded columns back with `position`.

readings    point_id, unit    value (in `unit`, a SenML unit of RFC 8428 or RFC 8798), quality
states      point_id          text (a string, or base64 data, that a point reported)
docks       station_id        num_vehicles_available, num_docks_available, capacity, num_ebikes_available,
                              num_vehicles_disabled, num_docks_disabled (counts), is_renting, is_returning
stations    station_id        name, name_en, district, longitude, latitude (degrees, WGS84), capacity; slowly changing.
                              Bike stations, car parks as `parking:<id>`, and whatever reports its place, under what its
                              points begin with (`airbox:<id>`, `aqi:<id>`, `sta:datastream:<id>`, `health:<id>`)
positions   vehicle_id        route_id, longitude, latitude (degrees, WGS84; null: not listed any more), bearing
                              (degrees from north), speed (m/s), kind (bus, tram, metro, rail, ferry, cable, bike,
                              scooter, moped, car, other; null where it is not known)
arrivals    route_id,         estimate_s (seconds until the next vehicle comes, as told at `time`), delay_s (seconds
            stop_id,          behind the timetable), state (how the stop is served: `events.feeds.bus_estimate.STATES`,
            direction         `events.feeds.gtfs_trips`); either number may be null. Direction is the feed's own word

`time` is the event time everywhere: UTC, microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import polars as pl

from events.errors import UsageError

TIME = pl.Datetime("us", "UTC")
"""Event time, UTC microseconds."""


class Quality(IntEnum):
    """How a reading came to be; stored as UInt8."""

    MEASURED = 0
    ESTIMATED = 1
    SUBSTITUTED = 2
    MANUAL = 3
    INVALID = 4


@dataclass(frozen=True)
class Family:
    """One kind of observation.

    `entity` names the identity columns (text), `values` the observed columns; of `slowly_changing` families the values
    are written when they change, and every further report only says that they still hold (`events.told_again`).
    """

    name: str
    entity: dict[str, pl.DataType]
    values: dict[str, pl.DataType]
    slowly_changing: bool = False

    @property
    def decoded(self) -> dict[str, pl.DataType]:
        """Schema of a decoder's frame: identity, time, values, and `record` (index of the payload in its poll)."""
        return {**self.entity, "time": TIME, **self.values, "record": pl.UInt32()}

    @property
    def stored(self) -> dict[str, pl.DataType]:
        """Schema of a batch in the log: coded identity, time, order within equal keys, values."""
        return {"entity": pl.UInt32(), "time": TIME, "sequence": pl.UInt16(), **self.values}


READINGS = Family(
    "readings", {"point_id": pl.String(), "unit": pl.String()}, {"value": pl.Float64(), "quality": pl.UInt8()}
)
STATES = Family("states", {"point_id": pl.String()}, {"text": pl.String()})
DOCKS = Family(
    "docks",
    {"station_id": pl.String()},
    {
        "num_vehicles_available": pl.Int32(),
        "num_docks_available": pl.Int32(),
        "capacity": pl.Int32(),
        "num_ebikes_available": pl.Int32(),
        "num_vehicles_disabled": pl.Int32(),
        "num_docks_disabled": pl.Int32(),
        "is_renting": pl.Boolean(),
        "is_returning": pl.Boolean(),
    },
)
STATIONS = Family(
    "stations",
    {"station_id": pl.String()},
    {
        "name": pl.String(),
        "name_en": pl.String(),
        "district": pl.String(),
        "longitude": pl.Float64(),
        "latitude": pl.Float64(),
        "capacity": pl.Int32(),
    },
    slowly_changing=True,
)
POSITIONS = Family(
    "positions",
    {"vehicle_id": pl.String()},
    {
        "route_id": pl.String(),
        "longitude": pl.Float64(),
        "latitude": pl.Float64(),
        "bearing": pl.Float32(),
        "speed": pl.Float32(),
        "kind": pl.String(),
    },
)
ARRIVALS = Family(
    "arrivals",
    {"route_id": pl.String(), "stop_id": pl.String(), "direction": pl.String()},
    {"estimate_s": pl.Int32(), "delay_s": pl.Int32(), "state": pl.String()},
)

FAMILIES: dict[str, Family] = {f.name: f for f in (READINGS, STATES, DOCKS, STATIONS, POSITIONS, ARRIVALS)}
"""Every family by name."""


def family(name: str) -> Family:
    """The family called `name`."""
    try:
        return FAMILIES[name]
    except KeyError:
        raise UsageError(f"no observation family {name!r}; there are {', '.join(FAMILIES)}") from None
