"""Which spaces a door, a stair or a lift stands against, by outlines: for files that do not say it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
from shapely.geometry import Point as Spot
from shapely.geometry import Polygon

from bim.model import BuildingModel
from bim.ways.adjoining import holds

Point = tuple[float, float]

BESIDE_M = 0.45
"""A space whose outline comes this close to the middle of a door is on one of its sides: half a thick wall."""

STOP_M = 2.5
"""A space this close to a lift's middle may be its stop: half a deep shaft and the wall."""


class Touching:
    """The outlines of a model's spaces, and where its elements stand."""

    def __init__(self, model: BuildingModel) -> None:
        self._model = model
        self._outline: dict[str, Polygon] = {}
        self._base_m: dict[str, float | None] = {}
        self._on_storey: dict[str | None, list[str]] = {}
        self._parent: dict[str, str | None] = dict(model.elements.select("element_id", "parent_id").iter_rows())
        self._parts: dict[str, list[str]] = {}
        for part, whole in self._parent.items():
            if whole in self._parent:
                self._parts.setdefault(whole, []).append(part)
        self._instance = {name: nth for nth, name in enumerate(model.meshes.entity_id.astype(str).tolist())}
        self._storeys: list[str] = model.storeys["storey_id"].to_list()
        spaces = model.footprints.filter(kind="space").sort("entity_id", "part")
        columns = ("entity_id", "storey_id", "polygon_m", "base_m")
        for key, storey_id, ring, base_m in spaces.select(columns).iter_rows():
            if key not in self._outline and ring is not None and len(ring) >= 4:
                self._outline[key] = Polygon(ring).buffer(0)
                self._base_m[key] = base_m
                self._on_storey.setdefault(storey_id, []).append(key)

    def centre(self, space: str) -> tuple[float | None, float | None, float | None]:
        """Middle of a space's outline, and its floor; nulls where it has none."""
        outline = self._outline.get(space)
        if outline is None or outline.is_empty:
            return None, None, None
        return round(outline.centroid.x, 4), round(outline.centroid.y, 4), self._base_m[space]

    def middle(self, element: str) -> Point | None:
        """Middle of an element's box in plan, of one that is made of parts of theirs; of what is not drawn that of the
        opening it fills, or its own place; None if none is known."""
        drawn = [self._instance[element]] if element in self._instance else []
        drawn = drawn or [self._instance[part] for part in self.parts(element) if part in self._instance]
        if not drawn:
            return self._described(element)
        return _middle(np.concatenate([self._model.meshes.placed(instance) for instance in drawn]))

    def _described(self, element: str) -> Point | None:
        """Where an element is that no kernel drew: all are at the model's zero of an exporter that places nothing."""
        for key in (*self._fills.get(element, ()), element):
            (x_m, y_m), corners = self._places.get(key, ((None, None), None))
            if corners:
                return _middle(np.array(corners))
            if x_m is not None and y_m is not None and (x_m, y_m) != (0.0, 0.0):
                return x_m, y_m
        return None

    @cached_property
    def _fills(self) -> dict[str, list[str]]:
        """Door or window → the openings that it fills."""
        found: dict[str, list[str]] = {}
        fills = self._model.tables["links"].filter(relation="fills").sort("entity_id", "other_id")
        for element, opening in fills.select("entity_id", "other_id").iter_rows():
            found.setdefault(element, []).append(opening)
        return found

    @cached_property
    def _places(self) -> dict[str, tuple[tuple[float | None, float | None], list[list[float]] | None]]:
        """What no kernel drew → where it is placed, and the corners of its shape."""
        rows = self._model.tables["places"].select("entity_id", "x_m", "y_m", "corners").iter_rows()
        return {key: ((x_m, y_m), corners) for key, x_m, y_m, corners in rows}

    def parts(self, element: str) -> list[str]:
        """What an element is made of, in any depth."""
        found, seen = [element], {element}
        for each in found:
            new = [part for part in self._parts.get(each, ()) if part not in seen]
            seen.update(new)
            found += new
        return found[1:]

    def wholes(self, element: str) -> list[str]:
        """The elements that an element is a part of, nearest first."""
        found: list[str] = []
        above = self._parent.get(element)
        while above in self._parent and above not in found:
            found.append(above)
            above = self._parent[above]
        return found

    def beside(self, door: str, storey_id: str | None) -> list[str]:
        """The at most two spaces of its storey that a door stands between, sorted.

        A space that holds another of them is a side only where it is all there is beside that, and the door stands
        well within it (a room's door to the rest of its dwelling).
        """
        at = self.middle(door)
        near = self._nearest(at, storey_id, BESIDE_M)
        inner = [key for key in near if not self._holds_one(key, near)]
        if at is not None and len(near) == 2 and len(inner) == 1:
            (outer,) = set(near) - set(inner)
            inner = near if self._outline[outer].buffer(-BESIDE_M).contains(Spot(at)) else inner
        return sorted(inner[:2])

    def _holds_one(self, key: str, others: list[str]) -> bool:
        own = self._outline[key]
        return any(own.area > self._outline[each].area and holds(own, self._outline[each]) for each in others)

    def landings(self, parts: tuple[str, ...], storey_id: str | None) -> list[str]:
        """The space around a stair on its storey and the one on the storey above, where there are both."""
        at = next((spot for spot in map(self.middle, parts) if spot is not None), None)
        if storey_id not in self._storeys:
            return []
        nth = self._storeys.index(storey_id)
        near = [self._nearest(at, each, STOP_M)[:1] for each in self._storeys[nth : nth + 2]]
        return [key for keys in near for key in keys]

    def stack(self, lift: str) -> list[str]:
        """The space nearest to a lift on every storey that has one near."""
        at = self.middle(lift)
        return [key for storey_id in self._storeys for key in self._nearest(at, storey_id, STOP_M)[:1]]

    def _nearest(self, at: Point | None, storey_id: str | None, within_m: float) -> list[str]:
        """Nearest first; of those as near as each other the smaller first: a room before what holds it."""
        if at is None:
            return []
        spot = Spot(at)
        found = [
            (float(np.round(self._outline[key].distance(spot), 3)), round(self._outline[key].area, 3), key)
            for key in self._on_storey.get(storey_id, [])
        ]
        return [key for distance_m, _, key in sorted(found) if distance_m <= within_m]


def _middle(corners: npt.NDArray[np.float64]) -> Point | None:
    if not len(corners):
        return None
    x_m, y_m = (corners.min(axis=0) + corners.max(axis=0))[:2] / 2
    return float(x_m), float(y_m)
