"""Lifts out of service lose exactly the dwellings that had no other step-free way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bim.graph import connected_share, cut_off, graph, reached, reached_dwellings, unknown_widths
from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker
from bim.ways import FRAME_M, PASSAGES, PLACES, STREET, Ways, ways

CORES, STOREYS = ("A", "B"), 5


Row = tuple[str, str, str, str, float | None]


def _towers(bridges: Sequence[int] = ()) -> Ways:
    """Two cores with a lift, a stair and a dwelling a storey each; `bridges`: storeys on which they are joined."""
    places: list[tuple[str, str, str | None]] = []
    rows: list[Row] = []
    for core in CORES:
        for storey in range(STOREYS):
            hall, home = f"{core}{storey}", f"{core}{storey}-home"
            places += [(hall, str(storey), None), (home, str(storey), f"{core}{storey}-dwelling")]
            rows.append((f"{home}-door", "door", hall, home, 0.9))
            if storey:
                below = f"{core}{storey - 1}"
                rows += [
                    (f"lift-{core}", "lift", below, hall, 1.1),
                    (f"stair-{core}{storey}", "stair", below, hall, 1.2),
                ]
        rows.append((f"{core}-exit", "exit", f"{core}0", STREET, 1.6))
    rows += [(f"bridge-{storey}", "opening", f"A{storey}", f"B{storey}", None) for storey in bridges]
    frame = pl.DataFrame(rows, schema=["passage_id", "kind", "a", "b", "clear_width_m"], orient="row")
    nothing = [pl.lit(None, PASSAGES[name]).alias(name) for name in PASSAGES if name not in frame.columns]
    passages = frame.with_columns(nothing).select(PASSAGES.names()).cast(PASSAGES)
    spots = [pl.lit(0.0).alias(name) for name in ("x_m", "y_m", "z_m")]
    known = pl.DataFrame(places, schema=["place_id", "storey_id", "dwelling_id"], orient="row").with_columns(spots)
    return Ways(known.cast(PLACES), passages)


@pytest.mark.parametrize("core", CORES)
def test_two_cores_without_a_link_lose_exactly_the_stack_of_the_lift_that_is_out(core: str) -> None:
    assert cut_off(_towers(), [f"lift-{core}"]) == {f"{core}{n}-dwelling" for n in range(1, STOREYS)}


@pytest.mark.parametrize("core", CORES)
def test_a_bridge_saves_the_storey_that_it_is_on(core: str) -> None:
    assert cut_off(_towers(range(STOREYS)), [f"lift-{core}"]) == frozenset()
    assert cut_off(_towers([3]), [f"lift-{core}"]) == {f"{core}{n}-dwelling" for n in (1, 2, 4)}


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, STOREYS - 1), unique=True))
def test_the_order_of_building_changes_nothing(seed: int, bridges: list[int]) -> None:
    towers = _towers(bridges)
    mixed = Ways(*(each.sample(fraction=1.0, shuffle=True, seed=seed) for each in (towers.places, towers.passages)))
    assert cut_off(mixed, ["lift-A"]) == cut_off(towers, ["lift-A"])
    assert graph(mixed).edge_list() == graph(towers).edge_list()


def test_a_narrow_door_is_no_step_free_way() -> None:
    towers = _towers()
    narrow = (
        pl.when(pl.col("passage_id") == "A2-home-door").then(0.79).otherwise("clear_width_m").alias("clear_width_m")
    )
    changed = Ways(towers.places, towers.passages.with_columns(narrow))
    assert reached_dwellings(towers, step_free=True) - reached_dwellings(changed, step_free=True) == {"A2-dwelling"}
    assert reached_dwellings(changed) == reached_dwellings(towers)


def test_every_place_of_authored_housing_is_joined_to_the_street(block: BuildingModel) -> None:
    found = ways(block)
    assert (found.places.schema, found.passages.schema) == (PLACES, PASSAGES)
    assert connected_share(found) == 1.0
    assert unknown_widths(found) == 0
    assert reached_dwellings(found, step_free=True) == set(block.dwellings["dwelling_id"])
    counts = dict(found.passages.group_by("kind").len().iter_rows())
    assert (counts["exit"], counts["stair"], counts["lift"]) == (2, 2 * 8, 2 * 8)


def test_authored_housing_keeps_its_dwellings_with_one_lift_out_and_loses_all_with_both(block: BuildingModel) -> None:
    found = ways(block)
    lifts = block.devices.filter(kind="lift")["device_id"].to_list()
    assert cut_off(found, lifts[:1]) == frozenset()
    assert cut_off(found, lifts) == set(block.dwellings["dwelling_id"])


def test_a_stair_says_its_steps_and_a_door_its_clear_width(block: BuildingModel) -> None:
    passages = ways(block).passages
    stair = passages.filter(kind="stair").row(0, named=True)
    assert (stair["risers"], stair["tread_m"], stair["clear_width_m"]) == (18, 0.26, 1.2)
    assert stair["riser_m"] == pytest.approx(3.2 / 18, abs=1e-4)
    assert stair["length_m"] == pytest.approx(18 * math.hypot(3.2 / 18, 0.26), abs=1e-2)
    widths = passages.filter(kind="door")["clear_width_m"].unique().round(3).to_list()
    assert 0.95 - FRAME_M in [pytest.approx(width) for width in widths]
    assert passages.filter(kind="door")["length_m"].null_count() == 0


@pytest.mark.parametrize(
    ("file", "share"),
    [("AC20-FZK-Haus.ifc", 1.0), ("LargeBuilding.ifc", 1.0), ("Duplex_A_20110907_georeferenced.ifc", 0.95)],
)
def test_real_houses_are_joined_as_far_as_they_tell(shared_data: Path, worker: Worker, file: str, share: float) -> None:
    found = ways(load(shared_data / "ifc" / file, worker=worker))
    assert connected_share(found) >= share
    assert len(reached(found)) <= found.places.height


def test_a_model_without_spaces_has_no_ways(shared_data: Path, worker: Worker) -> None:
    found = ways(load(shared_data / "ifc" / "SimpleWall.ifc", worker=worker))
    assert (found.places.height, found.passages.height, connected_share(found)) == (0, 0, 0.0)
