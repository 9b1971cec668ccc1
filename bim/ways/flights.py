"""Stairs with their risers, treads and clear width: of the whole stair, however many flights it has.

    risers   of every flight together; else what the stair itself says
    riser_m, tread_m   of every step the same, else their mean over the risers
    length_m           risers × √(riser² + tread²), flight by flight: along the steps, without the landings between

Property sets come first, attributes (NumberOfRisers, RiserHeight …) second; a width that nothing states is that of the
drawn flight, if that is straight. What one flight of several does not say is unknown of the stair.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from bim.model import BuildingModel

_STAIRS = ("IfcStair", "IfcStairFlight")
_TURNING = "SPIRAL|WIND|CURVED|FREEFORM|TURN"
"""Types of stairs and flights whose box is wider than the way over them."""

_COUNTS = {"NumberOfRiser": "risers", "NumberOfRisers": "risers", "NumberOfTreads": "treads"}
_LENGTHS = {
    "RiserHeight": "riser_m",
    "TreadLength": "tread_m",
    "TreadLengthAtOffset": "tread_at_offset_m",
    "ClearWidth": "clear_width_m",
}
"""Properties and attributes (these with `_m`) -> what they are here. A winder's treads may state their length only at
the walking line's offset."""

Said = dict[tuple[str, str], float]
"""(element, what) → how much, in metres."""


@dataclass(frozen=True)
class Flight:
    """One stair: `keys` are its own id and its parts'; lengths in metres, null where the model does not say."""

    keys: tuple[str, ...]
    storey_id: str | None
    risers: int | None
    riser_m: float | None
    tread_m: float | None
    length_m: float | None
    clear_width_m: float | None


@dataclass(frozen=True)
class _Steps:
    """The steps of one flight."""

    risers: float | None
    riser_m: float | None
    tread_m: float | None

    @property
    def length_m(self) -> float | None:
        if not (self.risers and self.riser_m and self.tread_m):
            return None
        return self.risers * math.hypot(self.riser_m, self.tread_m)


def flights(model: BuildingModel) -> list[Flight]:
    """Every stair that is no part of another, with its flights, and every flight that belongs to none; by id."""
    stairs = model.elements.filter(pl.col("ifc_class").is_in(_STAIRS))
    if stairs.is_empty():
        return []
    of_class = dict(stairs.select("element_id", "ifc_class").iter_rows())
    parts: dict[str, list[str]] = {}
    parent = dict(model.elements.select("element_id", "parent_id").iter_rows())
    for key in sorted(of_class):
        parts.setdefault(_outermost(key, parent, of_class), []).append(key)
    said = _said(model, list(of_class))
    straight = set(of_class) - _turning(model, stairs)
    drawn = {name: nth for nth, name in enumerate(model.meshes.entity_id.astype(str).tolist()) if name in straight}
    storey = dict(stairs.select("element_id", "storey_id").iter_rows())
    found = []
    for whole in sorted(parts):
        keys = (whole, *(key for key in parts[whole] if key != whole))
        runs = [key for key in keys if of_class[key] == "IfcStairFlight"]
        widths = [said[key, "clear_width_m"] for key in keys if (key, "clear_width_m") in said]
        width_m = min(widths) if widths else _drawn_width_m(model, keys, drawn)
        found.append(_flight(keys, storey[whole], _steps(said, whole), [_steps(said, run) for run in runs], width_m))
    return found


def _turning(model: BuildingModel, stairs: pl.DataFrame) -> set[str]:
    """Stairs and flights that are not straight, by their type; IFC2X3 says it in ShapeType."""
    by_shape = model.tables["attributes"].filter(attribute="ShapeType").filter(pl.col("value").str.contains(_TURNING))
    by_type = stairs.filter(pl.col("predefined_type").str.contains(_TURNING))
    return {*by_shape["entity_id"], *by_type["element_id"]}


def _outermost(key: str, parent: dict[str, str | None], stairs: dict[str, str]) -> str:
    """The outermost stair that an element is a part of, through whatever stands between."""
    found, seen = key, {key}
    above = parent.get(key)
    while above is not None and above not in seen:
        seen.add(above)
        found = above if above in stairs else found
        above = parent.get(above)
    return found


def _said(model: BuildingModel, stairs: list[str]) -> Said:
    of_stairs = pl.col("entity_id").is_in(stairs)
    attributes = model.tables["attributes"].filter(of_stairs, pl.col("number") > 0)
    found: Said = {}
    for key, attribute, number in attributes.select("entity_id", "attribute", "number").iter_rows():
        name = attribute.removesuffix("_m")
        if (what := _COUNTS.get(name) or _LENGTHS.get(name)) is not None:
            found[key, what] = number
    metre = model.length_unit_m or 1.0
    properties = model.tables["properties"].filter(of_stairs, pl.col("number") > 0)
    for key, name, number, si in properties.select("entity_id", "name", "number", "number_si").iter_rows():
        if name in _COUNTS:
            found[key, _COUNTS[name]] = number
        elif name in _LENGTHS:
            found[key, _LENGTHS[name]] = number * metre if si is None else si
    return found


def _steps(said: Said, key: str) -> _Steps:
    risers, treads = said.get((key, "risers")), said.get((key, "treads"))
    if risers is None and treads is not None:
        risers = treads + 1  # the last riser is the landing's
    tread_m = said.get((key, "tread_m"), said.get((key, "tread_at_offset_m")))
    return _Steps(risers, said.get((key, "riser_m")), tread_m)


def _flight(
    keys: tuple[str, ...], storey_id: str | None, whole: _Steps, runs: list[_Steps], width_m: float | None
) -> Flight:
    """The stair of these runs; what one of them does not say of its steps is what the whole says."""
    steps = [_Steps(run.risers, run.riser_m or whole.riser_m, run.tread_m or whole.tread_m) for run in runs] or [whole]
    if any(run.risers is None for run in steps):
        riser_m, tread_m = _mean(steps, "riser_m") or whole.riser_m, _mean(steps, "tread_m") or whole.tread_m
        steps = [_Steps(whole.risers, riser_m, tread_m)]
    counts = [run.risers for run in steps if run.risers is not None]
    lengths = [run.length_m for run in steps]
    length_m = None if None in lengths else sum(each for each in lengths if each is not None)
    return Flight(
        keys,
        storey_id,
        round(sum(counts)) if counts else None,
        _mean(steps, "riser_m"),
        _mean(steps, "tread_m"),
        None if length_m is None else round(length_m, 4),
        None if width_m is None else round(width_m, 4),
    )


def _mean(steps: list[_Steps], name: str) -> float | None:
    """Over the risers of the runs that say it; None where one of them does not."""
    told: list[tuple[float, float]] = [
        (value, run.risers or 1.0) for run in steps if (value := getattr(run, name)) is not None
    ]
    if len(told) < len(steps):
        return None
    return round(sum(value * weight for value, weight in told) / sum(weight for _, weight in told), 4)


def _drawn_width_m(model: BuildingModel, keys: tuple[str, ...], drawn: dict[str, int]) -> float | None:
    """The shorter side in plan of the narrowest drawn flight."""
    sizes = []
    for key in keys:
        if key in drawn:
            vertices, _ = model.meshes.of(int(model.meshes.mesh[drawn[key]]))
            sizes += [float(np.ptp(vertices[:, :2], axis=0).min())] if len(vertices) else []
    return round(min(sizes), 3) if sizes else None
