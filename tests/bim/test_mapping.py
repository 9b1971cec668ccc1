"""Models that do not say in IFC's own classes what is a dwelling or a meter yield them by a mapping."""

from __future__ import annotations

from pathlib import Path

import ifcopenshell
import ifcopenshell.guid
import pytest

from bim import mapping
from bim.errors import MappingError
from bim.facts import Entity, Step
from bim.load import load, summary
from bim.process import Worker

PROXY = ["IfcBuildingElementProxy", "IfcBuildingElement", "IfcElement"]


def _kind(name: str, lineage: list[str], predefined: str | None = None) -> str | None:
    entity = Entity(Step(1), lineage[0], None, name, None, None, predefined, None, None, None, False)
    return next(
        (rule.kind for rule in mapping.read(None).devices if rule.takes(entity, lineage, mapping.called(entity))), None
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("智慧電表-12F", "electricity_meter"),
        ("Electric Meter:Single Phase:123", "electricity_meter"),
        ("Water meter DN20", "water_meter"),
        ("數位水錶", "water_meter"),
        ("瓦斯表", "gas_meter"),
        ("客用電梯 15人", "lift"),
        ("エレベーター", "lift"),
        ("屋頂太陽能板 400W", "pv"),
        ("EV charging station", "ev_charger"),
        ("揚水泵浦", "pump"),
        ("Forklift path", None),
        ("Parameter board", None),
        ("Facelifted wall", None),
    ],
)
def test_a_proxy_is_known_by_its_name(name: str, kind: str | None) -> None:
    assert _kind(name, PROXY) == kind


@pytest.mark.parametrize(
    ("predefined", "kind"),
    [
        ("ENERGYMETER", "electricity_meter"),
        ("WATERMETER", "water_meter"),
        ("GASMETER", "gas_meter"),
        ("OILMETER", None),
    ],
)
def test_a_flow_meter_is_known_by_its_type(predefined: str, kind: str | None) -> None:
    assert _kind("M-1", ["IfcFlowMeter", "IfcFlowController", "IfcDistributionElement"], predefined) == kind


def test_a_project_groups_the_duplex_into_its_two_dwellings(shared_data: Path, tmp_path: Path, worker: Worker) -> None:
    own = tmp_path / "duplex.toml"
    own.write_text("[dwelling]\ngroup_spaces_by = '^([AB])\\d{3}$'\n")
    path = shared_data / "ifc" / "Duplex_A_20110907_georeferenced.ifc"
    model = load(path, worker=worker, mapping_file=own)
    assert sorted(model.dwellings.select("name", "rooms").rows()) == [("A", 10), ("B", 10)]
    assert all(area_m2 > 50.0 for area_m2 in model.dwellings["area_m2"])
    storeys = model.footprints.filter(model.footprints["kind"] == "dwelling").group_by("entity_id").len()
    assert all(count >= 2 for count in storeys["len"])


@pytest.mark.parametrize(
    "text",
    ["[dwellings]", "not toml", "[dwelling]\nis = '('", "[[device]]\nkind = 'toaster'\nclasses = ['IfcElement']"],
)
def test_a_mapping_that_cannot_be_read_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(MappingError, match=r"bad\.toml"):
        mapping.read(path)


def test_a_meter_of_ifc2x3_is_known_by_the_class_of_its_type(tmp_path: Path, worker: Worker) -> None:
    path = tmp_path / "old.ifc"
    model = ifcopenshell.file(schema="IFC2X3")
    made = {}
    for nth, (ifc_class, kind) in enumerate(
        [("IfcFlowMeterType", "ELECTRICMETER"), ("IfcFlowMeterType", "WATERMETER"), ("IfcPumpType", "CIRCULATOR")]
    ):
        type_ = model.create_entity(ifc_class, GlobalId=ifcopenshell.guid.new(), Name=f"T{nth}", PredefinedType=kind)
        occurrence = "IfcFlowMovingDevice" if ifc_class == "IfcPumpType" else "IfcFlowController"
        made[nth] = model.create_entity(occurrence, GlobalId=ifcopenshell.guid.new(), Name=f"M{nth}")
        model.create_entity(
            "IfcRelDefinesByType", GlobalId=ifcopenshell.guid.new(), RelatedObjects=[made[nth]], RelatingType=type_
        )
    model.write(str(path))
    devices = load(path, worker=worker).devices.sort("name")
    assert devices["kind"].to_list() == ["electricity_meter", "water_meter", "pump"]


def test_what_classifies_an_element_and_a_listed_property_tell_what_it_is(tmp_path: Path, worker: Worker) -> None:
    """Given proxies called by numbers, one classified, one of a type that is, one with a property that the project
    lists, then they are devices."""
    model = ifcopenshell.file(schema="IFC4")
    metre = model.create_entity("IfcSIUnit", UnitType="LENGTHUNIT", Name="METRE")
    assignment = model.create_entity("IfcUnitAssignment", Units=[metre])
    model.create_entity("IfcProject", GlobalId=ifcopenshell.guid.new(), UnitsInContext=assignment)
    proxies = [model.create_entity("IfcBuildingElementProxy", ifcopenshell.guid.new(), Name=str(n)) for n in range(4)]
    kind = model.create_entity("IfcBuildingElementProxyType", ifcopenshell.guid.new(), PredefinedType="NOTDEFINED")
    model.create_entity("IfcRelDefinesByType", ifcopenshell.guid.new(), None, None, None, [proxies[1]], kind)
    system = model.create_entity("IfcClassification", Name="Uniclass 2015")
    group = model.create_entity("IfcClassificationReference", None, "Pr_70", "Services", system)
    lift = model.create_entity("IfcClassificationReference", None, "Pr_70_75", "Passenger lift", group)
    pump = model.create_entity("IfcClassificationReference", None, "Pr_65_53", "Booster pump", system)
    for reference, owner in ((lift, proxies[0]), (pump, kind)):
        model.create_entity(
            "IfcRelAssociatesClassification", ifcopenshell.guid.new(), None, None, None, [owner], reference
        )
    use = model.create_entity("IfcPropertySingleValue", "Use", None, model.create_entity("IfcLabel", "瓦斯表"))
    pset = model.create_entity("IfcPropertySet", ifcopenshell.guid.new(), None, "Vendor", None, [use])
    model.create_entity("IfcRelDefinesByProperties", ifcopenshell.guid.new(), None, None, None, [proxies[2]], pset)
    path, rules = tmp_path / "numbers.ifc", tmp_path / "project.toml"
    model.write(str(path))
    rules.write_text('[texts]\nproperties = ["Vendor.Use"]\n')
    loaded = load(path, worker=worker, mapping_file=rules)
    assert dict(loaded.devices.select("name", "kind").iter_rows()) == {"0": "lift", "1": "pump", "2": "gas_meter"}
    assert dict(load(path, worker=worker).devices.select("name", "kind").iter_rows()) == {"0": "lift", "1": "pump"}
    codes = loaded.tables["classifications"].sort("code").select("system", "code", "name", "inherited")
    assert codes.rows() == [
        ("Uniclass 2015", "Pr_65_53", "Booster pump", True),
        ("Uniclass 2015", "Pr_70_75", "Passenger lift", False),
    ]
    assert summary(loaded, 0.0)["classifications"] == [{"system": "Uniclass 2015", "codes": 2, "entities": 2}]


def test_systems_list_their_members_and_zones_are_none(tmp_path: Path, worker: Worker) -> None:
    model = ifcopenshell.file(schema="IFC4")
    model.create_entity("IfcProject", GlobalId=ifcopenshell.guid.new())
    pump = model.create_entity("IfcPump", ifcopenshell.guid.new(), Name="P1")
    water = model.create_entity(
        "IfcDistributionSystem", ifcopenshell.guid.new(), Name="給水", PredefinedType="WATERSUPPLY"
    )
    model.create_entity("IfcSystem", ifcopenshell.guid.new(), Name="空")
    model.create_entity("IfcZone", ifcopenshell.guid.new(), Name="A1")
    model.create_entity("IfcRelAssignsToGroup", ifcopenshell.guid.new(), None, None, None, [pump], None, water)
    path = tmp_path / "systems.ifc"
    model.write(str(path))
    loaded = load(path, worker=worker)
    assert sorted(loaded.tables["systems"].select("name", "predefined_type", "element_id").rows()) == [
        ("空", None, None),
        ("給水", "WATERSUPPLY", pump.GlobalId),
    ]
    members = {row["name"]: row["members"] for row in summary(loaded, 0.0)["systems"]}
    assert members == {"空": 0, "給水": 1}
