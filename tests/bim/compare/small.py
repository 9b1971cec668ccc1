"""A small building as data: what random revisions are made of. `tests.bim.compare.written` writes it as IFC.

`SMALL` says what there is; a revision is another value of it. `Manner` says how it is written, which changes nothing.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Numbers = tuple[float, ...]


@dataclass(frozen=True)
class Thing:
    """One thing: `shape` is (width, depth, height) of a block, or a plan's corners with a height; `on` its storey."""

    ifc_class: str
    name: str
    on: str
    at: Numbers
    shape: tuple[Numbers, ...] | Numbers
    tilt: float = 0.0
    type: str | None = None
    material: tuple[tuple[str, float], ...] = ()
    code: str | None = None
    document: str | None = None
    zones: tuple[str, ...] = ()
    system: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    pset: str = "Own"
    bounds: tuple[str, ...] = ()
    clip_m: float | None = None
    opening: tuple[float, float, float, float] | None = None


@dataclass(frozen=True)
class Small:
    """The whole: storeys (name, elevation), types (name → properties), things by key, where it lies on the map."""

    storeys: Mapping[str, tuple[str, float]]
    types: Mapping[str, Mapping[str, Any]]
    things: Mapping[str, Thing]
    map: tuple[float, float, float, float] | None = (302000.0, 2770000.0, 5.0, 0.0)
    site: tuple[tuple[int, ...], tuple[int, ...]] = ((25, 2, 0), (121, 33, 0))
    chair: Numbers = (0.5, 0.5, 0.9)


L_PLAN = ((0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (2.0, 2.0), (2.0, 4.0), (0.0, 4.0))

SMALL = Small(
    {"1": ("1F", 0.0), "2": ("2F", 3.2)},
    {"W-200": {"Fire": "2HR"}},
    {
        "w1": Thing("IfcWall", "W1", "1", (0.0, 0.0, 0.0), (6.0, 0.2, 3.0), type="W-200", opening=(1.0, 0.0, 1.0, 2.1),
                    material=(("concrete", 0.2),), code="21-02", properties={"Width": ("IfcLengthMeasure", 0.2)}),
        "w2": Thing("IfcWall", "W2", "1", (0.0, 5.0, 0.0), (6.0, 0.2, 3.0), type="W-200", clip_m=2.4,
                    document="http://a/1", properties={"Load": ("IfcForceMeasure", 2.5), "Set": [1.0, 2.0]}),
        "s1": Thing("IfcSlab", "S1", "1", (0.0, 0.0, -0.2), (L_PLAN, (0.2,))),  # type: ignore[arg-type]
        "r1": Thing("IfcSpace", "101", "1", (0.2, 0.2, 0.0), (2.8, 4.0, 2.8), zones=("FireA",),
                    properties={"Area": ("IfcAreaMeasure", 11.2)}),
        "r2": Thing("IfcSpace", "102", "1", (3.2, 0.2, 0.0), (2.6, 4.0, 2.8), zones=("FireA", "FireB")),
        "d1": Thing("IfcDoor", "D1", "1", (1.0, 0.05, 0.0), (1.0, 0.05, 2.1), bounds=("r1",)),
        "b1": Thing("IfcBuildingElementProxy", "B1", "2", (1.0, 1.0, 0.0), (1.0, 0.6, 0.4), tilt=0.3),
        "p1": Thing("IfcPump", "P1", "2", (3.0, 3.0, 0.5), (), system="Water",
                    properties={"Flow": ("IfcVolumetricFlowRateMeasure", 0.004), "Range": (6.0, 16.0)}),
        **{f"c{at}": Thing("IfcFurniture", "chair", "2", (float(at), 5.0, 0.0), (), type="chair") for at in range(4)},
    },
)  # fmt: skip
"""The building that revisions start from."""


@dataclass(frozen=True)
class Manner:
    """How it is written: metres per unit, shapes' coordinates moved out of their placements, blocks as breps, chairs
    mapped or not, `again` as another run of the exporter (`tests.bim.surgery`), `renewed` with other GlobalIds."""

    unit_m: float = 1.0
    baked: bool = False
    breps: bool = False
    mapped: bool = True
    again: int | None = None
    renewed: str = ""


def with_thing(small: Small, key: str, **changed: Any) -> Small:
    """The building with one of its things otherwise."""
    return replace(small, things={**small.things, key: replace(small.things[key], **changed)})


def shuffled(small: Small, chance: random.Random) -> Small:
    """The same building, its things in another order."""
    keys = list(small.things)
    chance.shuffle(keys)
    return replace(small, things={key: small.things[key] for key in keys})
