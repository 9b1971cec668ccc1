"""GBFS vehicle_types: what a system's vehicles are, and what moves them.

    gbfs:<system>:type:<vehicle_type_id>:form_factor       bicycle, cargo_bicycle, car, scooter_standing …
    gbfs:<system>:type:<vehicle_type_id>:propulsion_type   human, electric_assist, electric …

are states. What a station has of each type is a count, `gbfs:<system>:station:<station_id>:type:<vehicle_type_id>`. A
system is where its documents come from: the address without the document's name. Types that came in an earlier poll are
looked up where the documents land (`events.vehicle_types`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from events.feeds.json_rows import rows_of, text_columns
from events.feeds.listing import feed_of

BIKE, SCOOTER, MOPED, CAR, OTHER = "bike", "scooter", "moped", "car", "other"
KINDS = {
    "bicycle": BIKE, "cargo_bicycle": BIKE, "scooter": SCOOTER, "scooter_standing": SCOOTER, "scooter_seated": SCOOTER,
    "moped": MOPED, "car": CAR, "other": OTHER,
}  # fmt: skip
"""form_factor -> kind of a position."""

PROPULSIONS = (
    "human", "electric_assist", "electric", "combustion", "combustion_diesel", "hybrid", "plug_in_hybrid",
    "hydrogen_fuel_cell",
)  # fmt: skip
ELECTRIC = ("electric_assist", "electric")
FORM, PROPULSION = "form_factor", "propulsion_type"

PENDING = "type "
"""How the kind of a position begins whose type was not told in its poll: `type <system> <vehicle_type_id>`."""

_ROW = pl.Struct(dict.fromkeys(("vehicle_type_id", FORM, PROPULSION), pl.String))


@dataclass(frozen=True)
class Type:
    """A vehicle type; either word may be unknown."""

    form: str | None
    propulsion: str | None

    @property
    def kind(self) -> str | None:
        """The kind of such a vehicle's position."""
        return KINDS.get(self.form or "", OTHER if self.form else None)

    @property
    def is_ebike(self) -> bool | None:
        """Whether it is a bike that a motor helps along, None where that is not told."""
        if self.propulsion is None or self.form is None:
            return None
        return self.kind == BIKE and self.propulsion in ELECTRIC


def system_of(origin: str) -> str:
    """The system that documents of `origin` are of: one for all documents of a folder."""
    return feed_of(origin.rpartition("/")[0] or origin)


def types_of(rows: bytes) -> dict[str, Type]:
    """Vehicle types by id, of the member `vehicle_types`; PayloadError when it is no array."""
    read = text_columns(rows_of(rows), _ROW).filter(pl.col("vehicle_type_id").is_not_null())
    words = read.select("vehicle_type_id", FORM, PROPULSION).iter_rows()
    return {name: Type(form or None, propulsion or None) for name, form, propulsion in words}


def type_point(system: str, name: str, word: str) -> str:
    """The state that tells one word of a type."""
    return f"gbfs:{system}:type:{name}:{word}"


def count_point(system: str, station: str, name: str) -> str:
    """The count of a type at a station."""
    return f"gbfs:{system}:station:{station}:type:{name}"


def ebikes(counts: Iterable[tuple[str, int]], types: Mapping[str, Type]) -> int | None:
    """How many of the counted vehicles are e-bikes, None where a type that is there is not known."""
    total = 0
    for name, count in counts:
        told = types.get(name)
        is_ebike = None if told is None else told.is_ebike
        if is_ebike is None and count:
            return None
        total += count if is_ebike else 0
    return total
