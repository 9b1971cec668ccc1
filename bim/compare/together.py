"""Things that moved only because what carries them moved: told of the carrier, once.

An opening goes with its wall, a storey's placement with its elevation; and where every thing of a model moved alike,
the site, the building or the project did.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from bim.compare.shapes import Fate
from bim.compare.surfaces import TOLERANCE_M
from bim.model import BuildingModel

_CARRIERS = ("IfcSite", "IfcBuilding", "IfcProject")
_FEWEST = 3
"""Fewer things that moved alike did so each for itself."""


def without_followers(
    fates: dict[str, list[Fate]], old: BuildingModel, new: BuildingModel, both: pl.DataFrame
) -> dict[str, list[Fate]]:
    """`fates` (`bim.compare.shapes`) without the moves that another one tells."""
    class_of = dict(both.select("new_id", "ifc_class_new").iter_rows())
    lifted = set(both.filter(_lifted())["new_id"])
    drawn = {str(key, "ascii") for key in new.meshes.entity_id.tolist()}
    shift = _one_shift(fates, drawn & set(both["new_id"]))
    host = dict(new.tables["links"].filter(pl.col("relation") == "voids").select("entity_id", "other_id").iter_rows())
    kept: dict[str, list[Fate]] = {}
    for new_id, told in fates.items():
        rest = [each for each in told if not _follows(each, new_id, fates, host, shift)]
        if new_id in lifted or (shift is not None and class_of.get(new_id) in ("IfcSite", "IfcBuilding")):
            rest = [each for each in rest if each.change != "moved"]
        if rest:
            kept[new_id] = rest
    carrier = _carrier(fates, both) if shift is not None else None
    if carrier is not None and shift is not None:
        moved = " ".join(str(round(each, 3)) for each in shift)
        kept.setdefault(carrier, []).append(Fate("moved", "placement", "0.0 0.0 0.0", moved, shift))
    return kept


def _lifted() -> pl.Expr:
    """Storeys whose elevation tells how far they moved."""
    apart_m = (pl.col("elevation_m").cast(pl.Float64) - pl.col("elevation_m_new").cast(pl.Float64)).abs()
    return (pl.col("ifc_class_new") == "IfcBuildingStorey") & (apart_m > TOLERANCE_M)


def _move(told: list[Fate]) -> tuple[float, float, float] | None:
    return next((each.by for each in told if each.change == "moved"), None)


def _one_shift(fates: dict[str, list[Fate]], drawn: set[str]) -> tuple[float, float, float] | None:
    """By how much all that is drawn moved; None where something stayed, turned or went elsewhere."""
    moves = [_move(fates.get(key, [])) for key in drawn]
    told = [each for each in moves if each is not None]
    if len(told) < max(_FEWEST, len(drawn)):
        return None
    if np.abs(np.array(told) - told[0]).max() > TOLERANCE_M:
        return None
    return told[0]


def _follows(
    fate: Fate,
    new_id: str,
    fates: dict[str, list[Fate]],
    host: dict[str, str],
    shift: tuple[float, float, float] | None,
) -> bool:
    if fate.change != "moved" or fate.by is None:
        return False
    leads = [shift, _move(fates.get(host[new_id], [])) if new_id in host else None]
    return any(lead is not None and np.abs(np.subtract(fate.by, lead)).max() <= TOLERANCE_M for lead in leads)


def _carrier(fates: dict[str, list[Fate]], both: pl.DataFrame) -> str | None:
    """The topmost that moved itself, else the project."""
    for ifc_class in _CARRIERS:
        found = both.filter(pl.col("ifc_class_new") == ifc_class)["new_id"].to_list()
        moved = [key for key in found if ifc_class == "IfcProject" or _move(fates.get(key, [])) is not None]
        if moved:
            return str(moved[0])
    return None
