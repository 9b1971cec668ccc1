"""What the city asks of a handover model, written once; `python -m bim.check.handover` makes IDS 1.0 of it.

One file a schema. Names of sets, properties and their measures are buildingSMART's own of each schema; what no schema
has is in a set of the project's (`Twin_…`). A specification without an element in the model passes, unless it is
`required`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).with_name("ids")
SCHEMAS = {"IFC2X3": "handover-ifc2x3.ids", "IFC4": "handover-ifc4.ids", "IFC4X3_ADD2": "handover-ifc4x3.ids"}
"""Schema as opened → file of its requirements."""

_ALL = tuple(SCHEMAS)
_NEWER = ("IFC4", "IFC4X3_ADD2")


@dataclass(frozen=True)
class Wanted:
    """One requirement: an attribute (`pset` None) or a property of a measure; its value matches `pattern`."""

    name: str
    pset: str | None = None
    measure: str | None = None
    pattern: str | None = None
    schemas: tuple[str, ...] = _ALL


@dataclass(frozen=True)
class Specification:
    """Requirements of one IFC class. `object_type`: pattern that the ObjectType of those concerned has."""

    name: str
    ifc_class: str
    wanted: tuple[Wanted, ...]
    predefined: str | None = None
    object_type: str | None = None
    required: bool = False
    schemas: tuple[str, ...] = _ALL


_METER = (
    Wanted("SerialNumber", "Pset_ManufacturerOccurrence", "IFCIDENTIFIER"),
    Wanted("RemoteReading", "Pset_FlowMeterTypeCommon", "IFCBOOLEAN"),
)


def _meters(name: str, predefined: str) -> tuple[Specification, Specification]:
    """A meter is an IfcFlowMeter; IFC2X3 has none: there it is a flow controller of a type that is a meter."""
    return (
        Specification(name, "IFCFLOWCONTROLLER", _METER, predefined=predefined, required=True, schemas=("IFC2X3",)),
        Specification(name, "IFCFLOWMETER", _METER, predefined=predefined, required=True, schemas=_NEWER),
    )


SPECIFICATIONS = (
    Specification("座標系統 Projected CRS", "IFCPROJECTEDCRS", (Wanted("Name", pattern="EPSG:[0-9]+"),),
        required=True, schemas=_NEWER),
    Specification("地圖轉換 Map conversion", "IFCMAPCONVERSION", (Wanted("Eastings"), Wanted("Northings")),
        required=True, schemas=_NEWER),
    Specification("座標系統 Projected CRS", "IFCSITE", (
        Wanted("Name", "ePSet_ProjectedCRS", pattern="EPSG:[0-9]+"),
        Wanted("Eastings", "ePSet_MapConversion"), Wanted("Northings", "ePSet_MapConversion"),
    ), required=True, schemas=("IFC2X3",)),
    Specification("棟 Building", "IFCBUILDING", (
        Wanted("Name"),
        Wanted("NumberOfStoreys", "Pset_BuildingCommon", "IFCINTEGER", schemas=("IFC2X3", "IFC4")),
        Wanted("NumberOfStoreys", "Pset_BuildingCommon", "IFCCOUNTMEASURE", schemas=("IFC4X3_ADD2",)),
    ), required=True),
    Specification("樓層 Storey", "IFCBUILDINGSTOREY", (Wanted("Name"), Wanted("Elevation")), required=True),
    Specification("住宅單元 Dwelling", "IFCZONE", (
        Wanted("Name"), Wanted("LongName", schemas=_NEWER),
        Wanted("OccupancyNumberPeak", "Pset_SpaceOccupancyRequirements", "IFCCOUNTMEASURE"),
    ), object_type=".*(住宅|住戶|Dwelling|dwelling).*"),  # not required: a site's service building has none
    Specification("空間 Space", "IFCSPACE", (
        Wanted("LongName"),
        Wanted("HandicapAccessible", "Pset_SpaceCommon", "IFCBOOLEAN"),
        Wanted("NetPlannedArea", "Pset_SpaceCommon", "IFCAREAMEASURE"),
        Wanted("NetFloorArea", "Qto_SpaceBaseQuantities", "IFCAREAMEASURE", schemas=_NEWER),
    ), required=True),
    Specification("門 Door", "IFCDOOR", (
        Wanted("OverallWidth"), Wanted("OverallHeight"),
        Wanted("FireExit", "Pset_DoorCommon", "IFCBOOLEAN"),
        Wanted("HandicapAccessible", "Pset_DoorCommon", "IFCBOOLEAN"),
    ), required=True),
    Specification("樓梯 Stair", "IFCSTAIR", (Wanted("FireExit", "Pset_StairCommon", "IFCBOOLEAN"),)),
    Specification("梯段 Stair flight", "IFCSTAIRFLIGHT", (
        Wanted("NumberOfRiser", "Pset_StairFlightCommon", "IFCCOUNTMEASURE"),
        Wanted("RiserHeight", "Pset_StairFlightCommon", "IFCPOSITIVELENGTHMEASURE"),
        Wanted("TreadLength", "Pset_StairFlightCommon", "IFCPOSITIVELENGTHMEASURE"),
        Wanted("ClearWidth", "Twin_StairFlight", "IFCPOSITIVELENGTHMEASURE"),
    )),
    Specification("電梯 Lift", "IFCTRANSPORTELEMENT", (
        Wanted("ClearWidth", "Pset_TransportElementElevator", "IFCPOSITIVELENGTHMEASURE"),
        Wanted("ClearDepth", "Pset_TransportElementElevator", "IFCPOSITIVELENGTHMEASURE"),
        Wanted("FireFightingLift", "Pset_TransportElementElevator", "IFCBOOLEAN", schemas=_NEWER),
        Wanted("CapacityPeople", "Pset_TransportElementCommon", "IFCCOUNTMEASURE", schemas=_NEWER),
    ), predefined="ELEVATOR"),
    *_meters("電表 Electricity meter", "ENERGYMETER"),
    *_meters("水表 Water meter", "WATERMETER"),
    *_meters("瓦斯表 Gas meter", "GASMETER"),
    Specification("變壓器 Transformer", "IFCTRANSFORMER", (
        Wanted("MaximumApparentPower", "Pset_TransformerTypeCommon", "IFCPOWERMEASURE"),
    ), schemas=_NEWER),
    Specification("太陽光電 Photovoltaics", "IFCSOLARDEVICE", (
        Wanted("Reference", "Pset_SolarDeviceTypeCommon", "IFCIDENTIFIER"),
        Wanted("PeakPower_W", "Twin_Photovoltaic", "IFCPOWERMEASURE"),
    ), schemas=_NEWER),
    Specification("儲能電池 Battery", "IFCELECTRICFLOWSTORAGEDEVICE", (
        Wanted("Reference", "Pset_ElectricFlowStorageDeviceTypeCommon", "IFCIDENTIFIER"),
        Wanted("EnergyCapacity_Wh", "Twin_Battery", "IFCREAL"),
    ), schemas=_NEWER),
)  # fmt: skip
"""Everything asked, in the order of the files."""


def of_schema(schema: str) -> tuple[tuple[Specification, tuple[Wanted, ...]], ...]:
    """The specifications of one schema, each with the requirements that the schema can say."""
    return tuple(
        (each, tuple(wanted for wanted in each.wanted if schema in wanted.schemas))
        for each in SPECIFICATIONS
        if schema in each.schemas
    )


def as_ids(schema: str) -> str:
    """The requirements of a schema as an IDS 1.0 document. Raises ValueError if it were not valid."""
    from ifctester import ids  # only here: reading the list needs no parser

    document = ids.Ids(
        title=f"臺北市社會住宅交付模型 Taipei social housing handover model ({schema})",
        version="1.0",
        description="數位分身所需的模型資訊 What the digital twin needs of a model",
        purpose="Handover",
        milestone="As built",
    )
    for specification, wanted in of_schema(schema):
        document.specifications.append(_specification(specification, wanted, schema))
    text = str(document.to_string())
    ids.get_schema().validate(text)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + text + "\n"


def main() -> None:
    """Write every schema's file."""
    FOLDER.mkdir(exist_ok=True)
    for schema, name in SCHEMAS.items():
        (FOLDER / name).write_text(as_ids(schema), encoding="utf-8")


def _specification(specification: Specification, wanted: tuple[Wanted, ...], schema: str) -> object:
    from ifctester import ids

    found = ids.Specification(
        name=specification.name, minOccurs=1 if specification.required else 0, ifcVersion=[schema]
    )
    found.applicability.append(ids.Entity(name=specification.ifc_class, predefinedType=specification.predefined))
    if specification.object_type:
        pattern = ids.Restriction(options={"pattern": specification.object_type})
        found.applicability.append(ids.Attribute(name="ObjectType", value=pattern))
    found.requirements.extend(_facet(each) for each in wanted)
    return found


def _facet(wanted: Wanted) -> object:
    from ifctester import ids

    value = ids.Restriction(options={"pattern": wanted.pattern}) if wanted.pattern else None
    if wanted.pset is None:
        return ids.Attribute(name=wanted.name, value=value)
    return ids.Property(propertySet=wanted.pset, baseName=wanted.name, value=value, dataType=wanted.measure)


if __name__ == "__main__":
    main()
