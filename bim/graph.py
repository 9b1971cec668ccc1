"""Who can reach what: the ways through a building (`bim.ways`) as a graph, with lifts or doors out of service.

Step-free means without stairs and through nothing narrower than `STEP_FREE_M`; a passage of unknown width counts as
wide enough (`unknown_widths` says how many there are). The order of the frames' rows changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl
import rustworkx as rx

from bim.model import BuildingModel
from bim.ways import STREET, Ways, ways

STEP_FREE_M = 0.80
"""Clear width that a wheelchair needs (建築物無障礙設施設計規範; from copies of it, see docs/bim.md)."""

Graph = rx.PyGraph[str, dict[str, object]]


def graph(ways: Ways, *, out: Collection[str] = (), step_free: bool = False) -> Graph:
    """Places as nodes (their ids, `STREET` first), passages in service as edges (their rows).

    `out` are ids of doors, stairs and lifts that are out of service.
    """
    found: Graph = rx.PyGraph()
    index = {key: found.add_node(key) for key in [STREET, *sorted(ways.places["place_id"])]}
    usable = ways.passages.filter(~pl.col("passage_id").is_in(list(out)))
    if step_free:
        usable = usable.filter(pl.col("kind") != "stair", pl.col("clear_width_m").fill_null(STEP_FREE_M) >= STEP_FREE_M)
    for row in usable.sort(usable.columns, nulls_last=True).iter_rows(named=True):
        found.add_edge(index[row["a"]], index[row["b"]], row)
    return found


def reached(ways: Ways, *, out: Collection[str] = (), step_free: bool = False) -> frozenset[str]:
    """The places that can be reached from the street."""
    found = graph(ways, out=out, step_free=step_free)
    return frozenset(found[node] for node in rx.node_connected_component(found, 0)) - {STREET}


def reached_dwellings(ways: Ways, *, out: Collection[str] = (), step_free: bool = False) -> frozenset[str]:
    """The dwellings of which a room can be reached from the street."""
    places = ways.places.filter(pl.col("place_id").is_in(list(reached(ways, out=out, step_free=step_free))))
    return frozenset(places["dwelling_id"].drop_nulls())


def cut_off(ways: Ways, out: Collection[str]) -> frozenset[str]:
    """The dwellings that lose their step-free way from the street when these lifts (or doors) are out."""
    return reached_dwellings(ways, step_free=True) - reached_dwellings(ways, out=out, step_free=True)


def connected_share(ways: Ways) -> float:
    """Share of the places that the graph joins to the street, 0 to 1: how far a model tells its ways. No place: 0."""
    return len(reached(ways)) / ways.places.height if ways.places.height else 0.0


def unknown_widths(ways: Ways) -> int:
    """Doors, exits and lifts whose clear width the model does not say."""
    return ways.passages.filter(
        pl.col("kind").is_in(["door", "exit", "lift"]), pl.col("clear_width_m").is_null()
    ).height


def told(model: BuildingModel) -> dict[str, float]:
    """What the coverage report says of a model's ways: places, passages, how many of these are inferred, the share of
    the places that they join to the street, and the widths that the model does not say."""
    if model.spaces.is_empty():
        return {"places": 0, "passages": 0, "inferred": 0, "connected_share": 0.0, "unknown_widths": 0}
    found = ways(model)
    return {
        "places": found.places.height,
        "passages": found.passages.height,
        "inferred": int(found.passages["inferred"].sum()),
        "connected_share": round(connected_share(found), 4),
        "unknown_widths": unknown_widths(found),
    }
