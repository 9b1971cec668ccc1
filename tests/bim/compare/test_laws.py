"""A diff is never silent on a real change, and never cries wolf: random revisions of a small building."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker
from bim.revision import diff
from tests.bim.compare.small import L_PLAN, SMALL, Manner, Small, Thing, shuffled, with_thing
from tests.bim.compare.written import write

Reader = Callable[[Small, Manner], BuildingModel]
Row = tuple[str, str, str | None]
"""Change, name of the thing, attribute."""


@pytest.fixture
def read(tmp_path: Path, worker: Worker) -> Reader:
    """Write a building and load it."""
    count = 0

    def reader(small: Small, manner: Manner) -> BuildingModel:
        nonlocal count
        count += 1
        return load(write(small, tmp_path / f"{count}.ifc", manner), worker=worker)

    return reader


def _manner(chance: random.Random) -> Manner:
    return Manner(
        unit_m=chance.choice((1.0, 0.001)),
        baked=chance.random() < 0.5,
        breps=chance.random() < 0.5,
        mapped=chance.random() < 0.5,
        again=chance.randrange(1000) if chance.random() < 0.7 else None,
    )


@pytest.mark.parametrize("seed", range(10))
def test_the_same_building_in_another_manner_has_no_changes(read: Reader, seed: int) -> None:
    """Units, placements or coordinates, breps or extrusions, mapped or not, order, numbers, last digits."""
    chance = random.Random(seed)
    one, other = (read(shuffled(SMALL, chance), _manner(chance)) for _ in range(2))
    assert diff(one, other).rows() == []


@pytest.mark.parametrize("seed", range(4))
def test_with_new_global_ids_everything_is_re_identified_and_nothing_else(read: Reader, seed: int) -> None:
    chance = random.Random(100 + seed)
    one = read(SMALL, _manner(chance))
    other = read(shuffled(SMALL, chance), replace(_manner(chance), renewed=f"{seed}"))
    changes = diff(one, other)
    assert changes.filter(pl.col("change") != "re-identified").rows() == []
    assert changes.height >= len(SMALL.things) + len(SMALL.storeys) + 3


def _thing(key: str, **changed: object) -> Small:
    return with_thing(SMALL, key, **changed)


_WALL, _SLAB, _PUMP = SMALL.things["w1"], SMALL.things["s1"], SMALL.things["p1"]
_MIRRORED = tuple((y, x) for x, y in reversed(((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (2.0, 3.0), (2.0, 4.0), (0.0, 4.0))))
_ROOF = ((0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (2.0, 3.0), (2.0, 4.0), (0.0, 4.0))

REVISIONS: dict[str, tuple[Small, Small, set[Row]]] = {
    "opening moved": (SMALL, _thing("w1", opening=(2.0, 0.0, 1.0, 2.1)),
                      {("moved", "W1 opening", "placement"), ("changed", "W1", "shape")}),
    "opening resized": (SMALL, _thing("w1", opening=(1.0, 0.0, 1.2, 2.1)),
                        {("changed", "W1 opening", "size"), ("changed", "W1", "shape")}),
    "opening removed": (SMALL, _thing("w1", opening=None),
                        {("removed", "W1 opening", None), ("changed", "W1", "shape")}),
    "opening made": (_thing("w1", opening=None), SMALL, {("added", "W1 opening", None), ("changed", "W1", "shape")}),
    "wall moved with its opening": (SMALL, _thing("w1", at=(0.5, 0.0, 0.0)), {("moved", "W1", "placement")}),
    "block turned": (SMALL, _thing("b1", tilt=0.4), {("moved", "B1", "placement")}),
    "profile in the same box": (SMALL, _thing("s1", shape=(_ROOF, (0.2,))), {("changed", "S1", "shape")}),
    "mirrored": (_thing("s1", shape=(_ROOF, (0.2,))), _thing("s1", shape=(_MIRRORED, (0.2,))),
                 {("changed", "S1", "shape")}),
    "depth": (SMALL, _thing("s1", shape=(L_PLAN, (0.25,))), {("changed", "S1", "size")}),
    "clip": (SMALL, _thing("w2", clip_m=2.5), {("changed", "W2", "size")}),
    "no clip": (SMALL, _thing("w2", clip_m=None), {("changed", "W2", "size")}),
    "what chairs are mapped from": (SMALL, replace(SMALL, chair=(0.5, 0.6, 0.9)), {("changed", "chair", "size")}),
    "one chair elsewhere": (SMALL, _thing("c2", at=(2.0, 6.0, 0.0)), {("moved", "chair", "placement")}),
    "undrawn pump elsewhere": (SMALL, _thing("p1", at=(3.0, 3.2, 0.5)), {("moved", "P1", "placement")}),
    "storey lifted": (SMALL, replace(SMALL, storeys={**SMALL.storeys, "2": ("2F", 3.4)}),
                      {("changed", "2F", "elevation_m"), ("moved", "B1", "placement"), ("moved", "P1", "placement"),
                       ("moved", "chair", "placement")}),
    "storey renamed": (SMALL, replace(SMALL, storeys={**SMALL.storeys, "2": ("Upper", 3.2)}),
                       {("changed", "Upper", "name")}),
    "eastings": (SMALL, replace(SMALL, map=(302100.0, 2770000.0, 5.0, 0.0)), {("moved", "P", "georeference")}),
    "height": (SMALL, replace(SMALL, map=(302000.0, 2770000.0, 6.0, 0.0)), {("moved", "P", "georeference")}),
    "turned on the map": (SMALL, replace(SMALL, map=(302000.0, 2770000.0, 5.0, 0.1)),
                          {("moved", "P", "georeference")}),
    "latitude": (replace(SMALL, map=None), replace(SMALL, map=None, site=((25, 2, 10), (121, 33, 0))),
                 {("moved", "P", "georeference")}),
    "no map": (SMALL, replace(SMALL, map=None), {("moved", "P", "georeference")}),
    "zone": (SMALL, _thing("r2", zones=("FireB",)), {("changed", "102", "zone")}),
    "boundary": (SMALL, _thing("d1", bounds=("r2",)), {("changed", "D1", "bounds")}),
    "one more boundary": (SMALL, _thing("d1", bounds=("r1", "r2")), {("changed", "D1", "bounds")}),
    "type's property": (SMALL, replace(SMALL, types={"W-200": {"Fire": "3HR"}}), {("changed", "W-200", "Type.Fire")}),
    "measure": (SMALL, _thing("w1", properties={"Width": ("IfcLengthMeasure", 0.25)}),
                {("changed", "W1", "Own.Width")}),
    "list": (SMALL, _thing("w2", properties={"Load": ("IfcForceMeasure", 2.5), "Set": [1.0, 2.5]}),
             {("changed", "W2", "Own.Set")}),
    "bounds": (SMALL, _thing("p1", properties={**_PUMP.properties, "Range": (6.5, 16.0)}),
               {("changed", "P1", "Own.Range")}),
    "set renamed": (SMALL, _thing("w2", pset="Its"), {("changed", "W2", "property set")}),
    "layer": (SMALL, _thing("w1", material=(("concrete", 0.15), ("plaster", 0.05))), {("changed", "W1", "material")}),
    "code": (SMALL, _thing("w1", code="21-03"), {("changed", "W1", "classification")}),
    "document": (SMALL, _thing("w2", document="http://a/2"), {("changed", "W2", "document")}),
    "system": (_thing("b1", system="Water"), _thing("b1", system=None), {("changed", "B1", "system")}),
    "door added": (replace(SMALL, things={k: v for k, v in SMALL.things.items() if k != "d1"}), SMALL,
                   {("added", "D1", None)}),
    "room removed": (SMALL, replace(SMALL, things={k: v for k, v in SMALL.things.items() if k != "r2"}),
                     {("removed", "102", None), ("removed", "FireB", None)}),
    "on another storey": (SMALL, _thing("b1", on="1", at=(1.0, 1.0, 3.2)), {("changed", "B1", "storey")}),
}  # fmt: skip


@pytest.mark.parametrize("what", REVISIONS)
def test_a_revision_is_told_and_nothing_beside_it(read: Reader, what: str) -> None:
    """Whatever the manner of the new file, which is not the old one's."""
    before, after, expected = REVISIONS[what]
    chance = random.Random(what)
    changes = diff(read(before, Manner()), read(shuffled(after, chance), _manner(chance)))
    assert set(changes.select("change", "name", "attribute").rows()) == expected


def test_what_a_type_says_is_told_once_and_a_changed_map_of_all_its_chairs(read: Reader) -> None:
    of_type = diff(read(SMALL, Manner()), read(REVISIONS["type's property"][1], Manner(unit_m=0.001)))
    assert of_type.select("ifc_class", "before", "after").rows() == [("IfcWallType", "2HR", "3HR")]
    chairs = diff(read(SMALL, Manner()), read(replace(SMALL, chair=(0.5, 0.6, 0.9)), Manner()))
    assert chairs.select("before", "after").rows() == [("0.5 0.5 0.9", "0.5 0.6 0.9")] * 4


def _random_thing(chance: random.Random, small: Small) -> tuple[Small, str]:
    """Something of one thing otherwise, and the thing's name."""
    key = chance.choice([key for key, each in small.things.items() if each.shape])
    each: Thing = small.things[key]
    at = tuple(place + chance.choice((-1, 1)) * chance.uniform(0.005, 3.0) for place in each.at)
    changes: list[dict[str, object]] = [
        {"at": at},
        {"properties": {**each.properties, "Odd": ("IfcLengthMeasure", chance.uniform(0.1, 9.0))}},
        {"code": f"{chance.random():.6f}"},
        {"document": f"http://b/{chance.random():.6f}"},
    ]
    if not isinstance(each.shape[0], tuple):
        which = chance.randrange(3)
        size = tuple(s + (chance.uniform(0.005, 1.0) if at == which else 0.0) for at, s in enumerate(each.shape))
        if each.clip_m is None:
            changes.append({"shape": size})
    return with_thing(small, key, **chance.choice(changes)), each.name


@pytest.mark.parametrize("seed", range(12))
def test_random_revisions_name_what_was_changed(read: Reader, seed: int) -> None:
    chance = random.Random(seed)
    small, names = SMALL, set()
    for _ in range(chance.randint(1, 3)):
        small, name = _random_thing(chance, small)
        names.add(name)
    changes = diff(read(SMALL, _manner(chance)), read(small, _manner(chance)))
    told = {str(name).removesuffix(" opening") for name in changes["name"]}
    assert told == names
