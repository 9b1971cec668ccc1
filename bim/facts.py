"""What the parsing process says of a file: plain rows, as they stand in the file, lengths already in metres.

This is the message between `bim.worker` (which holds the parser) and the loader (which never imports it). `step` is the
instance number in the file (#12), 0 stands for none.
"""

from __future__ import annotations

from typing import NewType

import msgspec

Step = NewType("Step", int)
"""Instance number in a STEP file."""

NO_STEP = Step(0)


class Entity(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A project, a spatial element, an element or a group. `wanted`: it has a body that can be drawn. `type_class`: the
    IFC class of its type, which in IFC2X3 is all that tells a meter from a valve. `overall_width_m`: of a door."""

    step: Step
    ifc_class: str
    global_id: str | None
    name: str | None
    long_name: str | None
    object_type: str | None
    predefined_type: str | None
    tag: str | None
    type_name: str | None
    elevation_m: float | None
    wanted: bool
    type_class: str | None = None
    overall_width_m: float | None = None


class Property(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One property of a property set. `quantity`: what its measure measures; `number_si`, `value_si`: the number, or
    all values of one that has several, in SI."""

    pset: Step
    name: str
    value: str | None
    number: float | None
    unit: str | None
    quantity: str | None = None
    number_si: float | None = None
    value_si: str | None = None


class Quantity(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One quantity of a quantity set, SI."""

    qset: Step
    name: str
    quantity: str
    value: float


class Classification(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One classification reference of an entity: its code and name within a classification system."""

    entity: Step
    system: str | None
    code: str | None
    name: str | None
    inherited: bool


class Attribute(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An attribute of an entity that has no column of its own; `number` where it is one."""

    entity: Step
    name: str
    value: str
    number: float | None


MadeOf = tuple[Step, Step, bool]
"""(entity, material or material set, inherited from the type)."""


class MaterialPart(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A part of a material set, or a material alone. `kind`: material, list, layer, constituent, profile."""

    of: Step
    kind: str
    order: int
    material: str | None
    thickness_m: float | None
    set_name: str | None


class MapConversion(msgspec.Struct, frozen=True):
    """A georeference as the file writes it, numbers in the file's own units. `factors`: of x and y beyond `scale`
    (IfcMapConversionScaled). Of an IfcRigidOperation eastings and northings are the first and second coordinate, of a
    geographic CRS in degrees."""

    source: str
    crs: str | None
    eastings: float
    northings: float
    height: float
    abscissa: float
    ordinate: float
    scale: float
    map_unit_m: float | None
    factors: tuple[float, float] = (1.0, 1.0)


class SitePosition(msgspec.Struct, frozen=True):
    """IfcSite's own latitude and longitude, degrees, and the direction of true north in the model's plane.

    Law (ISO 16739-1, IfcSite): they are those of the origin of the site's own placement, `origin_m` in the model;
    `elevation_m` is that origin's height above the sea.
    """

    lon_deg: float
    lat_deg: float
    true_north: tuple[float, float]
    origin_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    elevation_m: float = 0.0


class Link(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`entity` and another that it hangs together with (0: none, `detail` says it all)."""

    entity: Step
    relation: str
    other: Step
    detail: str | None


class Placed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where an entity stands that no kernel draws, metres: origin, direction of x in plan, z of the upward one; the
    corners of its shape, and what else that is made of."""

    entity: Step
    frame: tuple[float, float, float, float, float, float] | None
    corners: list[tuple[float, float, float]]
    words: str


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What only a comparison asks for. `others`: openings and types, which are no elements. `true_north_deg`: from y to
    the east; None: not stated."""

    others: list[Entity] = []
    links: list[Link] = []
    places: list[Placed] = []
    true_north_deg: float | None = None


class Facts(msgspec.Struct, frozen=True):
    """Everything read from one file but its geometry.

    `lineage`: class → its supertypes. `parents`: child → whole or container; `other_parents`: (child, whole) of those
    that have more than one; `in_zones`: (spatial zone, member). `space_of`: element → space it stands in or serves.
    `connections`: (door, stair or lift; place; relation), see `bim.tables`. `members`: (group, member).
    `sets`: property or quantity set → its name. `described`: (entity, set, inherited from the type). `length_unit_m`
    null: the file names none; `area_unit_m2`: square metres per unit of area. `instances`: how many the parser took;
    `classes`: of which classes. `unread`: instances that raised when read. `misnamed`: products whose Name is no text,
    which kernels stop at.
    """

    entities: list[Entity]
    lineage: dict[str, list[str]]
    parents: dict[Step, Step]
    space_of: dict[Step, Step]
    connections: list[tuple[Step, Step, str]]
    members: list[tuple[Step, Step]]
    sets: dict[Step, str]
    described: list[tuple[Step, Step, bool]]
    properties: list[Property]
    quantities: list[Quantity]
    length_unit_m: float | None
    map_conversions: list[MapConversion]
    site: SitePosition | None
    instances: int
    unread: int
    classes: list[str] = []
    misnamed: list[Step] = []
    classifications: list[Classification] = []
    attributes: list[Attribute] = []
    made_of: list[MadeOf] = []
    materials: list[MaterialPart] = []
    told: Told = Told()
    area_unit_m2: float | None = None
    other_parents: list[tuple[Step, Step]] = []
    in_zones: list[tuple[Step, Step]] = []
