"""The ways through a building as two frames: places, and the passages between them.

`places` columns: place_id, storey_id, dwelling_id, x_m, y_m (middle of its outline, model metres), z_m (its floor).
`passages` columns `PASSAGES`: `kind` is door, opening, exit, stair, lift or within; `a` and `b` are places, `b` of an
exit is `STREET`. Widths and lengths in metres, null where the model does not say.

What the file relates (`bim.tables` connections) comes first; a door, stair or lift that it relates to nothing is taken
to join the places it stands against (`bim.ways.touching`), and rooms that no wall parts are open to each other
(`bim.ways.adjoining`): these are `inferred`. Rooms of a dwelling without doors of its own are one `within`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np
import polars as pl

from bim.model import BuildingModel
from bim.ways.adjoining import adjoining
from bim.ways.flights import Flight, flights
from bim.ways.touching import Point, Touching

STREET = "street"
"""The place outside that every exit leads to."""

FRAME_M = 0.08
"""ASSUMPTION of ours: what both sides of a door's frame take of its overall width."""

GROUND_M = 1.5
"""An outer door on a storey this close to the model's zero is an exit; higher up it leads to a balcony."""

PLACES = pl.Schema(
    {
        "place_id": pl.String,
        "storey_id": pl.String,
        "dwelling_id": pl.String,
        **dict.fromkeys(("x_m", "y_m", "z_m"), pl.Float64),
    }
)
PASSAGES = pl.Schema(
    {
        **dict.fromkeys(("passage_id", "kind", "a", "b"), pl.String),
        **dict.fromkeys(("clear_width_m", "length_m"), pl.Float64),
        "risers": pl.Int32,
        **dict.fromkeys(("riser_m", "tread_m"), pl.Float64),
        "inferred": pl.Boolean,
    }
)

_DOORS = ("IfcDoor", "IfcDoorStandardCase", "IfcVirtualElement")
_NO_STEPS: tuple[None, None, None] = (None, None, None)
_Row = tuple[str, str, str, str, float | None, float | None, int | None, float | None, float | None, bool]


@dataclass(frozen=True)
class Ways:
    """Places and passages, each sorted by all of its columns."""

    places: pl.DataFrame
    passages: pl.DataFrame


def ways(model: BuildingModel) -> Ways:
    """The ways through a model, as far as it tells them."""
    return _Survey(model).ways()


class _Survey:
    """One model while its passages are looked for."""

    def __init__(self, model: BuildingModel) -> None:
        self.model = model
        self.touching = Touching(model)
        self.level_m = dict(model.storeys.select("storey_id", "elevation_m").iter_rows())
        self.place = {row["place_id"]: row for row in _places(model, self.touching).iter_rows(named=True)}
        self.related: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for entity_id, place_id, relation in model.tables["connections"].iter_rows():
            if place_id in self.place:
                self.related[entity_id].append((place_id, relation))
        heights = [abs(level) for level in self.level_m.values() if level is not None]
        self.ground_m = max(GROUND_M, min(heights, default=0.0))

    def ways(self) -> Ways:
        rows: list[_Row] = []
        elements = self.model.elements.select("element_id", "ifc_class", "storey_id", "overall_width_m")
        doors = set(elements.filter(pl.col("ifc_class").is_in(_DOORS))["element_id"])
        for element_id, ifc_class, storey_id, width_m in elements.iter_rows():
            if ifc_class in _DOORS:
                if not doors.isdisjoint(self.touching.wholes(element_id)):
                    continue  # a leaf of a door
                rows += self._door(element_id, ifc_class, storey_id, width_m)
            elif ifc_class == "IfcTransportElement":
                rows += self._lift(element_id)
        rows += [row for flight in flights(self.model) for row in self._stair(flight)]
        rows += self._open(rows)
        rows += self._within(rows)
        places = pl.DataFrame(list(self.place.values()), schema=PLACES, orient="row")
        passages = pl.DataFrame(rows, schema=PASSAGES, orient="row").unique()
        return Ways(places.sort("place_id"), passages.sort(PASSAGES.names(), nulls_last=True))

    def _door(self, key: str, ifc_class: str, storey_id: str | None, width_m: float | None) -> list[_Row]:
        at = self.touching.middle(key)
        said = [each for part in (key, *self.touching.parts(key)) for each in self.related.get(part, [])]
        sides = sorted({place for place, _ in said}) or self.touching.beside(key, storey_id)
        is_outer = any(relation == "bounds_outside" for _, relation in said) or not said
        clear_m = None if width_m is None else round(width_m - FRAME_M, 4)
        if len(sides) == 1 and is_outer and ifc_class != "IfcVirtualElement" and self._on_ground(sides[0]):
            return [(key, "exit", sides[0], STREET, clear_m, self._length(sides[0], at, None), *_NO_STEPS, not said)]
        kind = "opening" if ifc_class == "IfcVirtualElement" else "door"
        return [
            (key, kind, a, b, clear_m, self._length(a, at, b), *_NO_STEPS, not said) for a, b in combinations(sides, 2)
        ]

    def _lift(self, key: str) -> list[_Row]:
        said = [place for place, _ in self.related.get(key, [])]
        stops = said or self.touching.stack(key)
        clear_m = self._number(key, "Pset_TransportElementElevator", "ClearWidth")
        return [
            (key, "lift", a, b, clear_m, self._rise(a, b), *_NO_STEPS, not said)
            for a, b in pairwise(self._upward(stops))
        ]

    def _stair(self, flight: Flight) -> list[_Row]:
        """A stair past more than two places is shared out among them by how far each is above the one below."""
        said = [place for key in flight.keys for place, relation in self.related.get(key, []) if relation == "serves"]
        ends = list(pairwise(self._upward(said or self.touching.landings(flight.keys, flight.storey_id))))
        rises = [self._rise(a, b) for a, b in ends]
        rows: list[_Row] = []
        for (a, b), rise_m in zip(ends, rises, strict=True):
            share = 1.0 if len(ends) == 1 or not sum(rises) else rise_m / sum(rises)
            length_m = None if flight.length_m is None else round(flight.length_m * share, 4)
            risers = None if flight.risers is None else round(flight.risers * share)
            steps = (flight.clear_width_m, length_m, risers, flight.riser_m, flight.tread_m)
            rows.append((flight.keys[0], "stair", a, b, *steps, not said))
        return rows

    def _open(self, rows: list[_Row]) -> list[_Row]:
        """What the file says is open, then rooms that no wall parts and nothing else joins yet."""
        joined = {frozenset((a, b)) for _, _, a, b, *_ in rows}
        open_ = {(a, b) for a in self.place for b, relation in self.related.get(a, []) if relation == "open"}
        said = {pair for pair in open_ if frozenset(pair) not in joined}
        joined |= {frozenset(pair) for pair in said}
        seen = [(a, b) for a, b, _ in adjoining(self.model) if frozenset((a, b)) not in joined]
        return [
            (f"{a}/{b}", "opening", a, b, None, self._length(a, None, b), *_NO_STEPS, (a, b) not in said)
            for a, b in sorted([*said, *seen])
        ]

    def _within(self, rows: list[_Row]) -> list[_Row]:
        rooms: dict[str, list[str]] = defaultdict(list)
        for key in sorted(self.place):
            if self.place[key]["dwelling_id"] is not None:
                rooms[self.place[key]["dwelling_id"]].append(key)
        home = {key: each["dwelling_id"] for key, each in self.place.items()}
        doored = {home[a] for _, _, a, b, *_ in rows if b != STREET and home[a] is not None and home[a] == home[b]}
        return [
            (dwelling, "within", a, b, None, self._length(a, None, b), *_NO_STEPS, True)
            for dwelling, keys in rooms.items()
            if dwelling not in doored
            for a, b in pairwise(keys)
        ]

    def _on_ground(self, place: str) -> bool:
        level_m = self.level_m.get(self.place[place]["storey_id"])
        return level_m is None or abs(level_m) <= self.ground_m

    def _upward(self, places: list[str]) -> list[str]:
        """By height, each once; what has no height is left out."""
        known = {key for key in places if self._height(key) is not None}
        return sorted(known, key=lambda key: (self._height(key), key))

    def _height(self, key: str) -> float | None:
        level_m: float | None = self.level_m.get(self.place[key]["storey_id"])
        z_m: float | None = self.place[key]["z_m"]
        return level_m if level_m is not None else z_m

    def _rise(self, a: str, b: str) -> float:
        return round(abs((self._height(b) or 0.0) - (self._height(a) or 0.0)), 4)

    def _length(self, a: str, by: Point | None, b: str | None) -> float | None:
        points = [self._point(a), by, self._point(b) if b else None]
        known = [np.array(each) for each in points if each is not None]
        if len(known) < 2:
            return None
        return round(sum(float(np.linalg.norm(after - before)) for before, after in pairwise(known)), 4)

    def _point(self, key: str) -> Point | None:
        row = self.place[key]
        return None if row["x_m"] is None else (row["x_m"], row["y_m"])

    def _number(self, key: str, pset: str, name: str) -> float | None:
        found = self.model.tables["properties"].filter(entity_id=key, pset=pset, name=name)["number"]
        return found[0] * (self.model.length_unit_m or 1.0) if found.len() and found[0] is not None else None


def _places(model: BuildingModel, touching: Touching) -> pl.DataFrame:
    rows = [
        (key, storey_id, dwelling_id, *touching.centre(key))
        for key, storey_id, dwelling_id in model.spaces.select("space_id", "storey_id", "dwelling_id").iter_rows()
    ]
    return pl.DataFrame(rows, schema=PLACES, orient="row")
