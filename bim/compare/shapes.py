"""What became of the shapes and places of things that are in both models.

A thing's place is where its shape stands in the model, whether its placement says so or its coordinates: an exporter
that moves one into the other changes nothing. What no kernel drew is compared by the corners and words of its
description (`bim.compare.corners`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from bim.compare.moments import Points
from bim.compare.surfaces import TOLERANCE_M, Surface, same, tolerance, turned_by
from bim.meshes import Meshes
from bim.model import BuildingModel

NOT_DRAWN = "not drawn"


@dataclass(frozen=True)
class Body:
    """Where a thing stands and what it looks like. `surface` in its own frame `placement` (4x4), or, where no kernel
    drew it, its corners in the model's; `words`: what else it is made of."""

    surface: Surface
    placement: npt.NDArray[np.float64] | None
    words: str = ""
    drawn: bool = True

    @property
    def world(self) -> Surface:
        """The surface in the model's metres."""
        if self.placement is None or not self.drawn:
            return self.surface
        turned = self.surface.vertices @ self.placement[:3, :3].T + self.placement[:3, 3]
        return Surface(turned, self.surface.faces)


@dataclass(frozen=True)
class Fate:
    """What became of a body: `change` (moved, changed), the attribute, before and after; `by` is how far it moved."""

    change: str
    attribute: str
    before: str
    after: str
    by: tuple[float, float, float] | None = None


class Bodies:
    """The bodies of one model, by thing."""

    def __init__(self, model: BuildingModel) -> None:
        self._meshes = model.meshes
        self._instance = {str(key, "ascii"): at for at, key in enumerate(model.meshes.entity_id.tolist())}
        self._surfaces: dict[int, Surface] = {}
        self._places = {row["entity_id"]: row for row in model.tables["places"].iter_rows(named=True)}

    @property
    def meshes(self) -> Meshes:
        """The drawn ones."""
        return self._meshes

    def instance(self, thing_id: str) -> int | None:
        """Its row of the meshes' instances; None where it is not drawn."""
        return self._instance.get(thing_id)

    def of(self, thing_id: str) -> Body | None:
        """The body of a thing; None where nothing is known of it."""
        at = self._instance.get(thing_id)
        if at is not None:
            return Body(self.surface(int(self._meshes.mesh[at])), self._meshes.placement[at])
        row = self._places.get(thing_id)
        if row is None:
            return None
        corners = np.array(row["corners"] or np.empty((0, 3)), dtype=np.float64).reshape(-1, 3)
        placement = None
        if row["x_m"] is not None:
            ahead = np.array([row["ahead_x"], row["ahead_y"], row["up_z"]])
            placement = np.eye(4)
            placement[:3, 0] = ahead
            placement[:3, 3] = (row["x_m"], row["y_m"], row["z_m"])
        return Body(Surface(corners, np.empty((0, 3), np.int32)), placement, row["words"] or "", drawn=False)

    def surface(self, mesh: int) -> Surface:
        """One mesh, in doubles."""
        found = self._surfaces.get(mesh)
        if found is None:
            vertices, faces = self._meshes.of(mesh)
            found = self._surfaces[mesh] = Surface(vertices.astype(np.float64), faces)
        return found


@dataclass
class Comparison:
    """Compares the bodies of two models; what two meshes are to each other is found out once."""

    old: Bodies
    new: Bodies
    _alike: dict[tuple[int, int], bool] = field(default_factory=dict)

    def fates(self, pairs: pl.DataFrame) -> dict[str, list[Fate]]:
        """New id → what became of it, of `pairs` (old_id, new_id); a thing of which nothing changed is not in it."""
        found = {}
        for old_id, new_id in pairs.select("old_id", "new_id").iter_rows():
            told = self._fates(old_id, new_id)
            if told:
                found[new_id] = told
        return found

    def _fates(self, old_id: str, new_id: str) -> list[Fate]:
        at, at_new = self.old.instance(old_id), self.new.instance(new_id)
        if at is not None and at_new is not None:
            return self._drawn(at, at_new)
        one, other = self.old.of(old_id), self.new.of(new_id)
        if at is not None or at_new is not None:
            return [Fate("changed", "shape", _looks(one), _looks(other))]
        return [] if one is None or other is None else _undrawn(one, other)

    def _drawn(self, at: int, at_new: int) -> list[Fate]:
        mesh, mesh_new = int(self.old.meshes.mesh[at]), int(self.new.meshes.mesh[at_new])
        placement, placement_new = self.old.meshes.placement[at], self.new.meshes.placement[at_new]
        surface, surface_new = self.old.surface(mesh), self.new.surface(mesh_new)
        stays = _apart_m(surface, placement, placement_new) <= tolerance(surface, surface_new)
        if self._same(mesh, mesh_new):
            return [] if stays else [_placed_elsewhere(placement, placement_new, surface)]
        one, other = Body(surface, placement).world, Body(surface_new, placement_new).world
        fate = _of_worlds(one, other)
        if fate is None or fate.change == "moved":
            return [] if fate is None else [fate]
        moved = [] if stays else _moved_as_well(one, other)
        return [*moved, _by_size(surface, surface_new, fate)]

    def _same(self, mesh: int, mesh_new: int) -> bool:
        known = self._alike.get((mesh, mesh_new))
        if known is None:
            known = self._alike[mesh, mesh_new] = same(self.old.surface(mesh), self.new.surface(mesh_new))
        return known


def _of_worlds(one: Surface, other: Surface) -> Fate | None:
    """What became of a shape that is drawn at its place; None: nothing."""
    if same(one, other):
        return None
    (low, high), (low_new, high_new) = one.box, other.box
    centre, centre_new = (low + high) / 2, (low_new + high_new) / 2
    by = centre_new - centre
    if np.abs(by).max() > tolerance(one, other) and same(one.moved(by), other):
        return Fate("moved", "placement", _numbers(centre), _numbers(centre_new), _tuple(by))
    degrees = turned_by(one, other)
    if degrees is not None:
        return Fate("moved", "placement", _numbers(centre), f"{_numbers(centre_new)} turned {degrees:.2f}°")
    return Fate("changed", "shape", _measures(one), _measures(other))


def _moved_as_well(one: Surface, other: Surface) -> list[Fate]:
    """Of a shape that is another one: it moved where neither of two sides, nor the middle between them, stayed."""
    (low, high), (low_new, high_new) = one.box, other.box
    by = (low_new + high_new - low - high) / 2
    apart = np.minimum(np.minimum(np.abs(low_new - low), np.abs(high_new - high)), np.abs(by))
    if apart.max() <= tolerance(one, other):
        return []
    return [Fate("moved", "placement", _numbers((low + high) / 2), _numbers((low_new + high_new) / 2), _tuple(by))]


def _by_size(one: Surface, other: Surface, otherwise: Fate) -> Fate:
    """A change of the own box, if that is what changed."""
    size, size_new = (box[1] - box[0] for box in (one.box, other.box))
    if np.abs(size - size_new).max() <= TOLERANCE_M:
        return otherwise
    return Fate("changed", "size", _numbers(size), _numbers(size_new))


def _undrawn(one: Body, other: Body) -> list[Fate]:
    corners, corners_new = one.surface, other.surface
    if len(corners.vertices) and len(corners_new.vertices):
        fate = _of_worlds(corners, corners_new)
        if fate is not None and fate.change == "changed":
            fate = _by_size(corners, corners_new, Fate("changed", "shape", _looks(one), _looks(other)))
        told = [] if fate is None else [fate]
    else:
        told = _by_frames(one, other)
        if len(corners.vertices) != len(corners_new.vertices):
            told.append(Fate("changed", "shape", _looks(one), _looks(other)))
            return told
    if one.words != other.words and not any(each.change == "changed" for each in told):
        told.append(Fate("changed", "shape", _short(one.words), _short(other.words)))
    return told


def _by_frames(one: Body, other: Body) -> list[Fate]:
    if one.placement is None or other.placement is None:
        return []
    if np.abs(one.placement - other.placement).max() <= TOLERANCE_M:
        return []
    return [_placed_elsewhere(one.placement, other.placement, one.surface)]


def _apart_m(surface: Surface, placement: Points, placement_new: Points) -> float:
    """How far a corner of the shape's box is from where it was, at most."""
    if np.array_equal(placement, placement_new):
        return 0.0
    low, high = surface.box
    corners = np.array([(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    apart = corners @ (placement_new - placement)[:3, :3].T + (placement_new - placement)[:3, 3]
    return float(np.abs(apart).max())


def _placed_elsewhere(placement: Points, placement_new: Points, surface: Surface) -> Fate:
    by = placement_new[:3, 3] - placement[:3, 3]
    is_turned = np.abs(placement_new[:3, :3] - placement[:3, :3]).max() > 1e-6
    shown = [_numbers(np.array([*each[:3, 3], each[0, 0], each[1, 0]])) for each in (placement, placement_new)]
    return Fate("moved", "placement", shown[0], shown[1], None if is_turned else _tuple(by))


def _measures(surface: Surface) -> str:
    if not len(surface.faces):
        return f"{len(surface.vertices)} corners"
    return f"surface {surface.area_m2:.3f} m², volume {abs(surface.volume_m3):.3f} m³"


def _looks(body: Body | None) -> str:
    if body is None or (not body.drawn and not len(body.surface.vertices) and not body.words):
        return NOT_DRAWN
    if not body.drawn and not len(body.surface.vertices):
        return _short(body.words)
    return _measures(body.surface)


def _short(words: str) -> str:
    return words if len(words) <= 200 else f"{words[:199]}…"


def _numbers(values: Points) -> str:
    return " ".join(str(round(float(value), 3) + 0.0) for value in values)


def _tuple(by: Points) -> tuple[float, float, float]:
    x, y, z = (float(each) for each in by)
    return x, y, z
