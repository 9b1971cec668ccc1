"""A space that holds rooms (a dwelling drawn as a space, around its rooms) is no neighbour of theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from bim.process import Worker
from bim.ways import ways
from tests.bim.sketch import Sketch

SCHEMAS = ("IFC2X3", "IFC4", "IFC4X3_ADD2")

Passage = tuple[str, frozenset[str]]


def _dwelling(schema: str, *, related: bool) -> tuple[Sketch, object]:
    """A dwelling of 8 × 4 m around two rooms with a wall's breadth between them; a corridor to the south."""
    sketch = Sketch(schema)
    storey = sketch.storey("1F", 0.0)
    whole = sketch.space("A", storey, (0, 0, 0), (8, 4, 3))
    for name, x in (("A1", 0.0), ("A2", 4.1)):
        sketch.space(name, whole if related else storey, (x, 0, 0), (3.9, 4, 3))
    sketch.space("corridor", storey, (0, -2.2, 0), (8, 2, 3))
    return sketch, storey


def _passages(sketch: Sketch, tmp_path: Path, worker: Worker) -> set[Passage]:
    model = sketch.load(tmp_path, worker)
    name = dict(model.spaces.select("space_id", "name").iter_rows())
    rows = ways(model).passages.filter(~ways(model).passages["kind"].eq("within"))
    return {(kind, frozenset((name[a], name.get(b, b)))) for kind, a, b in rows.select("kind", "a", "b").iter_rows()}


@pytest.mark.parametrize("schema", SCHEMAS)
@pytest.mark.parametrize("related", [True, False], ids=["aggregated", "drawn around them"])
def test_a_space_is_not_open_to_its_own_rooms(*, schema: str, related: bool, tmp_path: Path, worker: Worker) -> None:
    sketch, _ = _dwelling(schema, related=related)
    assert _passages(sketch, tmp_path, worker) == set()


@pytest.mark.parametrize("related", [True, False], ids=["aggregated", "drawn around them"])
@pytest.mark.parametrize(
    ("at", "joins"),
    [
        ((3.95, 1.5, 0.0), {"A1", "A2"}),
        ((1.0, -0.15, 0.0), {"A1", "corridor"}),
        ((5.0, -0.15, 0.0), {"A2", "corridor"}),
    ],
    ids=["between the rooms", "to the corridor", "the other to the corridor"],
)
def test_a_door_joins_rooms_and_not_what_holds_them(
    *, at: tuple[float, float, float], joins: set[str], related: bool, tmp_path: Path, worker: Worker
) -> None:
    sketch, storey = _dwelling("IFC4", related=related)
    size = (0.1, 0.9, 2.1) if at[0] == 3.95 else (0.9, 0.1, 2.1)
    sketch.contain(storey, sketch.element("IfcDoor", "D", at, size, OverallWidth=0.9))
    assert _passages(sketch, tmp_path, worker) == {("door", frozenset(joins))}


def test_a_rooms_outer_door_is_an_exit_though_a_dwelling_is_drawn_around_it(tmp_path: Path, worker: Worker) -> None:
    sketch, storey = _dwelling("IFC4", related=True)
    sketch.contain(storey, sketch.element("IfcDoor", "D", (1.0, 4.05, 0.0), (0.9, 0.1, 2.1), OverallWidth=0.9))
    assert _passages(sketch, tmp_path, worker) == {("exit", frozenset({"A1", "street"}))}


def test_a_room_well_within_the_rest_of_its_dwelling_has_its_door_to_it(tmp_path: Path, worker: Worker) -> None:
    """Only a closet is drawn of a dwelling's rooms: the rest is the dwelling itself."""
    sketch = Sketch("IFC4")
    storey = sketch.storey("1F", 0.0)
    whole = sketch.space("A", storey, (0, 0, 0), (8, 8, 3))
    sketch.space("closet", whole, (3, 3, 0), (2, 2, 3))
    sketch.contain(storey, sketch.element("IfcDoor", "D", (3.5, 2.9, 0.0), (0.9, 0.1, 2.1), OverallWidth=0.9))
    assert _passages(sketch, tmp_path, worker) == {("door", frozenset({"A", "closet"}))}
