"""Stairs with their risers, treads and clear width, from property sets first, from the drawn flight second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from bim.model import BuildingModel

_NAMES = ("NumberOfRiser", "RiserHeight", "TreadLength", "ClearWidth")


@dataclass(frozen=True)
class Flight:
    """One stair: `keys` are its own id and its flights'; lengths in metres, null where the model does not say."""

    keys: tuple[str, ...]
    storey_id: str | None
    risers: int | None
    riser_m: float | None
    tread_m: float | None
    clear_width_m: float | None


def flights(model: BuildingModel) -> list[Flight]:
    """Every IfcStair with its flights, and every flight that belongs to none; sorted by id."""
    elements = model.elements.filter(pl.col("ifc_class").is_in(["IfcStair", "IfcStairFlight"]))
    stairs = elements.filter(ifc_class="IfcStair")
    parts = elements.filter(ifc_class="IfcStairFlight")
    owned = parts.filter(pl.col("parent_id").is_in(stairs["element_id"].implode()))
    alone = parts.filter(~pl.col("parent_id").is_in(stairs["element_id"].implode()).fill_null(value=False))
    said = _said(model, elements["element_id"])
    drawn = {name: nth for nth, name in enumerate(model.meshes.entity_id.astype(str).tolist())}
    found = []
    for key, storey_id in pl.concat([stairs, alone]).select("element_id", "storey_id").sort("element_id").iter_rows():
        keys = (key, *sorted(owned.filter(parent_id=key)["element_id"]))
        found.append(_flight(model, keys, storey_id, said, drawn))
    return found


def _said(model: BuildingModel, stairs: pl.Series) -> dict[tuple[str, str], float]:
    rows = model.tables["properties"].filter(
        pl.col("entity_id").is_in(stairs.implode()), pl.col("name").is_in(_NAMES), pl.col("number").is_not_null()
    )
    return {(key, name): number for key, name, number in rows.select("entity_id", "name", "number").iter_rows()}


def _flight(
    model: BuildingModel,
    keys: tuple[str, ...],
    storey_id: str | None,
    said: dict[tuple[str, str], float],
    drawn: dict[str, int],
) -> Flight:
    def length_m(name: str) -> float | None:
        found = next((said[key, name] for key in reversed(keys) if (key, name) in said), None)
        return None if found is None else round(found * (model.length_unit_m or 1.0), 4)

    risers = next((said[key, "NumberOfRiser"] for key in reversed(keys) if (key, "NumberOfRiser") in said), None)
    width_m = length_m("ClearWidth") or _drawn_width_m(model, keys, drawn)
    return Flight(
        keys,
        storey_id,
        None if risers is None else int(risers),
        length_m("RiserHeight"),
        length_m("TreadLength"),
        width_m,
    )


def _drawn_width_m(model: BuildingModel, keys: tuple[str, ...], drawn: dict[str, int]) -> float | None:
    """The shorter side of a drawn flight in plan."""
    sizes = []
    for key in keys:
        if key in drawn:
            vertices, _ = model.meshes.of(int(model.meshes.mesh[drawn[key]]))
            sizes += [float(np.ptp(vertices[:, :2], axis=0).min())] if len(vertices) else []
    return round(min(sizes), 3) if sizes else None
