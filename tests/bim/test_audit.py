"""The city's requirements are valid IDS, are met by its own models, and say what other models lack."""

from __future__ import annotations

import itertools
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import ifcopenshell.util.pset
import numpy as np
import polars as pl
import pytest
from bcf.v3.bcfxml import BcfXml

from bim.author import author_building
from bim.check.audit import FAILURES, RESULTS, Audit, audit
from bim.check.bcf import Box
from bim.check.checking import Checked, check_each, told
from bim.check.handover import FOLDER, SCHEMAS, as_ids, of_schema
from bim.check.issues import box_of, topics, write_bcf
from bim.check.requirements import SCHEMA
from bim.drafting import Schema
from bim.errors import BudgetError, RequirementsFileError, TruncatedIfcError
from bim.model import BuildingModel
from bim.phase_one import phase_one
from tests.bim.conftest import SPEC
from tests.bim.old_housing import write_old_housing


@pytest.fixture(scope="module")
def house(shared_data: Path) -> Audit:
    """The audit of a real house that nobody made for the city."""
    return audit(shared_data / "ifc" / "AC20-FZK-Haus.ifc")


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_shipped_files_are_what_the_list_says_and_valid(schema: str) -> None:
    assert (FOLDER / SCHEMAS[schema]).read_text(encoding="utf-8") == as_ids(schema)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_every_standard_property_asked_for_is_in_its_schema(schema: str) -> None:
    templates = ifcopenshell.util.pset.get_template("IFC4X3" if schema == "IFC4X3_ADD2" else schema)
    for _, wanted in of_schema(schema):
        for each in wanted:
            if each.pset is None or not each.pset.startswith(("Pset_", "Qto_")):
                continue
            template = templates.get_by_name(each.pset)
            assert template is not None, (schema, each)
            found = {p.Name: p for p in template.HasPropertyTemplates}
            assert each.name in found, (schema, each)
            if each.pset.startswith("Pset_"):
                assert found[each.name].PrimaryMeasureType.upper() == each.measure, (schema, each)


def test_authored_housing_meets_the_citys_requirements(authored: Path) -> None:
    found = audit(authored)
    assert found.passed, found.failures
    assert (found.results.schema, found.failures.schema) == (RESULTS, FAILURES)
    assert found.results.filter(pl.col("applicable") == 0).is_empty()


def test_a_building_of_every_first_phase_community_passes_in_both_newer_schemas(tmp_path: Path) -> None:
    """Each community's smallest building, so that every site, mix and number of storeys is asked once."""
    smallest = {spec.community_id: spec for spec in sorted(phase_one(), key=lambda each: -each.dwellings)}
    paths = []
    for nth, spec in enumerate(smallest.values()):
        paths.append(tmp_path / f"{nth}.ifc")
        author_building(spec, paths[-1], schema="IFC4X3" if nth % 2 else "IFC4")
    outcomes = [told(outcome) for outcome in check_each(paths)]
    assert len(outcomes) == len(smallest) > 6
    assert {(each["status"], len(each["failures"]), len(each["meters"])) for each in outcomes} == {("passed", 0, 0)}


@pytest.mark.parametrize("schema", ["IFC4", "IFC4X3"])
def test_a_block_passes_in_both_newer_schemas_by_the_requirements_of_its_own(schema: Schema, tmp_path: Path) -> None:
    path = tmp_path / "block.ifc"
    author_building(SPEC, path, schema=schema)
    (outcome,) = check_each([path])
    assert isinstance(outcome.result, Checked)
    assert outcome.result.passed, outcome.result.failures
    assert outcome.result.audit.ids_file == f"handover-{schema.lower()}.ids"
    assert outcome.result.audit.results.filter(pl.col("applicable") == 0).is_empty()


def test_an_ifc2x3_file_can_pass_too(tmp_path: Path) -> None:
    path = tmp_path / "old.ifc"
    write_old_housing(path)
    (outcome,) = check_each([path])
    assert isinstance(outcome.result, Checked)
    assert outcome.result.passed, outcome.result.failures
    assert outcome.result.audit.ids_file == "handover-ifc2x3.ids"
    assert outcome.result.meters_wanted == 9


def test_a_meter_without_serial_is_named(authored: Path, tmp_path: Path) -> None:
    text = authored.read_text()
    line = next(each for each in text.splitlines() if "IFCPROPERTYSINGLEVALUE('SerialNumber'" in each)
    path = tmp_path / "nameless.ifc"
    path.write_text(text.replace(line, line.replace("'SerialNumber'", "'Note'")))
    found = audit(path)
    (failure,) = found.failures.to_dicts()
    meter = re.search(rf"IFCFLOWMETER\('{re.escape(failure['global_id'])}'", text)
    assert meter is not None
    assert failure["requirement"] == "Pset_ManufacturerOccurrence.SerialNumber"
    assert failure["reason_zh"] == "屬性集中沒有此屬性"


def test_a_real_house_lacks_meters_and_says_so_in_both_languages(house: Audit) -> None:
    missing = house.failures.filter(pl.col("global_id").is_null())
    assert {"電表 Electricity meter", "水表 Water meter", "瓦斯表 Gas meter"} <= set(missing["specification"])
    assert house.failures.null_count().select("reason_zh", "reason_en").row(0) == (0, 0)
    doors = house.results.filter(pl.col("requirement") == "OverallWidth")
    assert doors.select("applicable", "passed", "failed").row(0) == (5, 5, 0)


def test_failures_go_to_bcf_and_another_vendors_library_reads_them(
    house: Audit, tmp_path: Path, block: BuildingModel, shared_data: Path
) -> None:
    """Each topic's camera holds its elements, times have a zone, each missing meter is a topic of its own."""
    path, at = tmp_path / "issues.bcf", datetime(2026, 11, 27, 8, 30, tzinfo=timezone(timedelta(hours=8)))
    (outcome,) = check_each([shared_data / "ifc" / "AC20-FZK-Haus.ifc"])
    assert isinstance(outcome.result, Checked)
    assert outcome.result.model is not None
    count = write_bcf({"AC20-FZK-Haus.ifc": outcome.result}, path, at)
    back = BcfXml.load(path)
    assert back is not None
    wanted = house.failures.select("specification", "requirement").unique().height + outcome.result.meters.height
    assert len(back.topics) == count == wanted > 6
    assert back.version.version_id == "3.0"
    extensions: Any = back.extensions
    assert extensions.topic_types.topic_type == ["Issue"]
    by_title = {topic.topic.title: topic for topic in back.topics.values()}
    assert len([title for title in by_title if title.startswith("三表")]) == outcome.result.meters.height
    doors = by_title["門 Door Pset_DoorCommon.HandicapAccessible"]
    header: Any = doors.header
    assert str(doors.topic.creation_date) == "2026-11-27T00:30:00Z"
    assert [file.filename for file in header.files.file] == ["AC20-FZK-Haus.ifc"]
    (view,) = doors.viewpoints.values()
    failed = house.failures.filter(pl.col("requirement") == "Pset_DoorCommon.HandicapAccessible")["global_id"]
    assert sorted(view.get_selected_guids() or []) == sorted(failed)
    camera = view.visualization_info.perspective_camera
    box = box_of(outcome.result.model, failed.to_list())
    whole = box_of(outcome.result.model, [])
    assert box is not None
    assert whole is not None
    assert (whole[1] - whole[0] > box[1] - box[0]).any()
    assert all(_angle_deg(camera, corner) < 30.1 for corner in corners(box))


def corners(box: Box) -> list[Any]:
    return [np.array([box[x, 0], box[y, 1], box[z, 2]]) for x, y, z in itertools.product((0, 1), repeat=3)]


def _angle_deg(camera: Any, corner: Any) -> float:
    """Between the direction of view and a corner."""
    eye, looking = (np.array([each.x, each.y, each.z]) for each in (camera.camera_view_point, camera.camera_direction))
    there = corner - eye
    return float(np.degrees(np.arccos(there @ looking / np.linalg.norm(there) / np.linalg.norm(looking))))


def test_the_same_failures_are_the_same_topics_at_the_next_check(house: Audit, tmp_path: Path) -> None:
    one = Checked("", house, pl.DataFrame(schema=SCHEMA), 0)
    first, second = list(topics("a.ifc", one)), list(topics("a.ifc", one))
    assert [topic.guid for topic in first] == [topic.guid for topic in second]
    assert len({topic.guid for topic in first}) == len(first) > 3


def test_a_file_of_requirements_that_is_none_is_refused(authored: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.ids"
    broken.write_text("<ids/>")
    with pytest.raises(RequirementsFileError, match=r"broken\.ids: no IDS 1\.0 file"):
        audit(authored, ids=broken)
    with pytest.raises(RequirementsFileError, match="no such file"):
        audit(authored, ids=tmp_path / "absent.ids")


def test_a_check_ends_with_its_budget(authored: Path) -> None:
    with pytest.raises(BudgetError, match=r"not done within 0\.05 s"):
        audit(authored, budget_s=0.05)


def test_a_refused_file_is_told_beside_the_others(shared_data: Path, tmp_path: Path) -> None:
    cut_off = tmp_path / "cut-off.ifc"
    cut_off.write_bytes((shared_data / "ifc" / "SimpleWall.ifc").read_bytes()[:9000])
    refused, failed = check_each([cut_off, shared_data / "ifc" / "SimpleWall.ifc"])
    assert isinstance(refused.result, TruncatedIfcError)
    assert told(refused)["status"] == "refused"
    assert told(failed)["status"] == "failed"
    assert len(told(failed)["meters"]) == 3
