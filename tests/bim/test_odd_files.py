"""Files as strange as real ones get still become a model, and the report says what was strange."""

from __future__ import annotations

import math
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest

from bim.author import author_building
from bim.errors import CorruptIfcError, NotAnIfcError, OversizeError, UnsafeArchiveError, UnsupportedSchemaError
from bim.housing import HousingSpec
from bim.load import load
from bim.model import BuildingModel
from bim.packed import MAX_BYTES
from bim.process import Worker
from tests.bim.surgery import FOOTER, HEADER, steps, with_lines, without, written

ESCAPE = re.compile(r"\\X2\\([0-9A-F]+)\\X0\\")
GUID = "'0YvctVUKr0kugbFTf53O9{}'"


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small authored house of 87 bodies, 65 elements and 26 spaces."""
    path = tmp_path_factory.mktemp("odd") / "house.ifc"
    author_building(HousingSpec("0" * 16, "測試", "小棟", 2, 0, 3, 121.5, 25.05), path)
    return path.read_text()


class Odd:
    """Loads a text as a file."""

    def __init__(self, folder: Path, worker: Worker) -> None:
        self._path, self._worker = folder / "odd.ifc", worker

    def __call__(self, content: str | bytes, budget_s: float = 20.0) -> BuildingModel:
        self._path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load(self._path, worker=self._worker, budget_s=budget_s)


@pytest.fixture
def odd(tmp_path: Path, worker: Worker) -> Odd:
    return Odd(tmp_path, worker)


def _counts(model: BuildingModel) -> tuple[int, int, int]:
    return model.spaces.height, model.elements.height, model.coverage.got


WHOLE = (26, 65, 87)


@pytest.mark.parametrize("encoding", ["utf-8", "cp950", "utf-8-sig"])
def test_names_in_a_code_page_are_read_and_the_report_says_so(text: str, encoding: str, odd: Odd) -> None:
    """Given Chinese names written as bytes of a code page, as exporters did, then they are the names."""
    raw = ESCAPE.sub(lambda found: bytes.fromhex(found[1]).decode("utf-16-be"), text)
    model = odd(raw.encode(encoding))
    assert "02F-01 玄關" in set(model.spaces["name"])
    assert model.coverage.text_encoding == encoding.removesuffix("-sig")
    assert _counts(model) == WHOLE


def test_japanese_names_are_read(text: str, odd: Odd) -> None:
    raw = ESCAPE.sub("玄関ホール表示", text).replace("'02F-01'", "'台所 洋室ｱ'")
    model = odd(raw.encode("cp932"))
    assert "台所 洋室ｱ" in set(model.dwellings["name"])
    assert model.coverage.text_encoding == "cp932"


def test_umlauts_in_windows_bytes_are_read(text: str, odd: Odd) -> None:
    raw = re.sub(r"'02F-01'", "'Küche Größe Flügeltür'", text)
    model = odd(raw.encode("cp1252"))
    assert "Küche Größe Flügeltür" in set(model.dwellings["name"])
    assert model.coverage.text_encoding == "cp1252"


def test_steps_own_escapes_need_no_guess(text: str, odd: Odd) -> None:
    assert odd(text).coverage.text_encoding == "STEP"


def test_characters_beyond_the_first_plane_and_broken_pairs_are_names(text: str, odd: Odd) -> None:
    model = odd(text.replace(r"\X2\7384", r"\X4\0001F600\X0\\X2\7384").replace(r"\X2\6D74", r"\X2\D83D6D74"))
    names = set(model.spaces["name"])
    assert "02F-01 😀玄關" in names
    assert _counts(model) == WHOLE


@pytest.mark.parametrize("ending", ["\r\n", "\r", ""])
def test_any_line_ending_or_none_is_read(text: str, ending: str, odd: Odd) -> None:
    assert _counts(odd(text.replace("\n", ending))) == WHOLE


@pytest.mark.parametrize("tail", [b"\0" * 10_000, b"<html>proxy</html>" * 1_000, b"\nSIGNATURE;\nabc\nENDSEC;\n"])
def test_what_follows_the_end_mark_is_let_be(text: str, tail: bytes, odd: Odd) -> None:
    assert _counts(odd(text.encode() + tail)) == WHOLE


@pytest.mark.parametrize(
    ("named", "opened"),
    [("'IFC4','COBIE'", "IFC4"), ("'COBIE','ifc4'", "IFC4"), ("'IFC4 '", "IFC4"), ("'IFC4_ADD2_TC1'", "IFC4")],
)
def test_a_header_that_names_more_than_a_schema_is_read(text: str, named: str, opened: str, odd: Odd) -> None:
    model = odd(text.replace("('IFC4')", f"({named})"))
    assert (model.schema_loaded, _counts(model)) == (opened, WHOLE)


@pytest.mark.parametrize("lie", ["IFC2X3", "IFC4X3"])
def test_a_header_that_lies_about_its_schema_costs_nothing(text: str, lie: str, odd: Odd) -> None:
    model = odd(text.replace("('IFC4')", f"('{lie}')"))
    assert (model.schema, model.devices.height, _counts(model)) == (lie, 33, WHOLE)
    if lie == "IFC2X3":
        assert model.schema_loaded == "IFC4"
        assert any("the header names IFC2X3; as IFC4" in each for each in model.coverage.incidents)


def test_a_step_file_of_another_trade_is_refused_by_its_schema(odd: Odd) -> None:
    content = HEADER.format("AUTOMOTIVE_DESIGN { 1 0 10303 214 1 1 1 1 }") + "#1=CARTESIAN_POINT('',(0.,0.,0.));\n"
    with pytest.raises(UnsupportedSchemaError, match="AUTOMOTIVE_DESIGN"):
        odd(content + FOOTER)


@pytest.mark.parametrize("none", ["('')", "()"])
def test_a_header_without_a_schema_is_refused(text: str, none: str, odd: Odd) -> None:
    with pytest.raises(UnsupportedSchemaError, match="export it as IFC2X3, IFC4, IFC4X3"):
        odd(text.replace("('IFC4')", none))


def test_a_file_of_which_nothing_is_taken_is_refused(text: str, odd: Odd) -> None:
    with pytest.raises(NotAnIfcError, match="no instance after it"):
        odd(HEADER.format("IFC4") + FOOTER)
    with pytest.raises(NotAnIfcError, match="a comment never closed"):
        odd(text.replace("DATA;", "DATA; /* never closed"))


def test_classes_that_the_schema_lacks_are_named(text: str, odd: Odd) -> None:
    model = odd(with_lines(text, "#900001=IFCFLYINGSAUCER('x');", "#900002=IFCFLYINGSAUCER('y');"))
    assert (model.coverage.dropped, model.coverage.dropped_classes) == (2, ["IFCFLYINGSAUCER: 2"])
    assert _counts(model) == WHOLE


@pytest.mark.parametrize(
    "gone",
    ["IFCPROJECT", "IFCBUILDING", "IFCRELAGGREGATES", "IFCRELCONTAINEDINSPATIALSTRUCTURE", "IFCBUILDINGSTOREY",
     "IFCGEOMETRICREPRESENTATIONCONTEXT", "IFCGEOMETRICREPRESENTATIONSUBCONTEXT", "IFCLOCALPLACEMENT"],
)  # fmt: skip
def test_without_a_class_that_every_model_has_the_rest_is_there(text: str, gone: str, odd: Odd) -> None:
    assert _counts(odd(without(text, gone))) == WHOLE


def test_units_that_no_project_refers_to_still_hold(text: str, odd: Odd) -> None:
    """Given millimetres in a file whose project is lost, then a storey is metres high, not millimetres."""
    millimetres = text.replace(".LENGTHUNIT.,$,.METRE.", ".LENGTHUNIT.,.MILLI.,.METRE.")
    whole, lost = odd(millimetres), odd(without(millimetres, "IFCPROJECT"))
    assert lost.length_unit_m == whole.length_unit_m == 0.001
    assert np.ptp(lost.meshes.placed(0)[:, 2]) == pytest.approx(np.ptp(whole.meshes.placed(0)[:, 2]))


def test_two_projects_are_one_model(text: str, odd: Odd) -> None:
    line = next(each for each in text.split("\n") if "=IFCPROJECT(" in each)
    assert _counts(odd(with_lines(text, "#900001=" + line.split("=", 1)[1]))) == WHOLE


def test_contained_twice_is_counted_once(text: str, odd: Odd) -> None:
    walls, storey = ",".join(steps(text, "IFCWALL")), steps(text, "IFCBUILDINGSTOREY")[1]
    line = f"#900001=IFCRELCONTAINEDINSPATIALSTRUCTURE({GUID.format('X')},$,$,$,({walls}),{storey});"
    assert _counts(odd(with_lines(text, line))) == WHOLE


def test_a_circle_of_wholes_and_a_zone_of_itself_end(text: str, odd: Odd) -> None:
    storey, building = steps(text, "IFCBUILDINGSTOREY")[0], steps(text, "IFCBUILDING")[0]
    model = odd(
        with_lines(
            text,
            f"#900001=IFCRELAGGREGATES({GUID.format('X')},$,$,$,{storey},({building},{storey}));",
            f"#900002=IFCZONE({GUID.format('Y')},$,'z',$,'Dwelling',$);",
            f"#900003=IFCRELASSIGNSTOGROUP({GUID.format('Z')},$,$,$,(#900002),$,#900002);",
        )
    )
    assert _counts(model) == WHOLE


def test_a_placement_relative_to_itself_costs_only_what_stands_on_it(text: str, odd: Odd) -> None:
    placement = steps(text, "IFCLOCALPLACEMENT")[3]
    model = odd(re.sub(rf"^({placement}=IFCLOCALPLACEMENT\()#\d+", rf"\g<1>{placement}", text, flags=re.MULTILINE))
    assert _counts(model)[:2] == WHOLE[:2]
    assert 60 < model.coverage.got < WHOLE[2]
    assert any(f"made of themselves: {placement}" in each for each in model.coverage.incidents)


@pytest.mark.parametrize("by", ["12.5", "#1", "(1.,2.)", ".T."])
def test_a_name_that_is_no_name_costs_no_shape(text: str, by: str, odd: Odd) -> None:
    """Kernels end their pass, silently, at the first product whose Name is no text."""
    model = odd(re.sub(r"(IFCSPACE\('[^']*',\$,)'[^']*'", rf"\g<1>{by}", text))
    assert _counts(model) == WHOLE


def test_shapes_that_are_none_cost_only_themselves(text: str, odd: Odd) -> None:
    """One wall's shape is a space: every kernel ends its pass there."""
    wall = next(each for each in text.split("\n") if "=IFCWALL(" in each)
    shape = re.findall(r"#\d+", wall)[-1]
    line = re.search(rf"^{shape}=IFCPRODUCTDEFINITIONSHAPE\(.*$", text, re.MULTILINE)
    assert line is not None
    alone = with_lines(
        text.replace(wall, wall.replace(shape, "#900001")),
        f"#900001=IFCPRODUCTDEFINITIONSHAPE($,$,({steps(text, 'IFCSPACE')[0]}));",
    )
    model = odd(alone)
    assert _counts(model) == (26, 65, 86)


@pytest.mark.parametrize("step", ["#0", "#-5"])
def test_instance_numbers_that_nobody_expects_cost_at_most_their_own_shape(text: str, step: str, odd: Odd) -> None:
    wall = steps(text, "IFCWALL")[0]
    model = odd(re.sub(rf"{wall}(?=[=,)])", step, text))
    assert model.coverage.got >= WHOLE[2] - 1


def test_an_instance_number_beyond_the_parsers_is_refused(text: str, odd: Odd) -> None:
    with pytest.raises(CorruptIfcError, match="repair the file"):
        odd(text.replace(steps(text, "IFCWALL")[0], "#99999999999"))


@pytest.mark.parametrize("number", ["NAN", "1.E308", "-1.E300"])
def test_an_absurd_number_costs_at_most_what_it_places(text: str, number: str, odd: Odd) -> None:
    wall = next(each for each in text.split("\n") if "=IFCWALL(" in each)
    placement = re.findall(r"#\d+", wall)[1]
    point = re.search(rf"^{placement}=IFCLOCALPLACEMENT\(#\d+,(#\d+)\)", text, re.MULTILINE)
    assert point is not None
    model = odd(
        with_lines(
            text.replace(wall, wall.replace(placement, "#900001")),
            f"#900003=IFCCARTESIANPOINT(({number},0.,0.));",
            "#900002=IFCAXIS2PLACEMENT3D(#900003,$,$);",
            f"#900001=IFCLOCALPLACEMENT({steps(text, 'IFCLOCALPLACEMENT')[0]},#900002);",
        )
    )
    assert _counts(model)[:2] == WHOLE[:2]
    assert model.coverage.got >= WHOLE[2] - 1
    assert np.isfinite(model.meshes.placement).all()


def test_a_site_beyond_the_poles_is_no_place(odd: Odd) -> None:
    site = f"#4=IFCSITE({GUID.format('M')},$,'S',$,$,$,$,$,.ELEMENT.,{{}},(121,3,4),10.,$,$);"
    assert odd(written("IFC4", [site.format("(25,2,3)")])).georeference.status == "site_position"
    assert odd(written("IFC4", [site.format("(2500,2,3)")])).georeference.status == "none"


@pytest.mark.parametrize("eastings", ["1.E300", "3.E12"])
def test_a_place_that_no_map_has_is_reported_not_believed(text: str, eastings: str, odd: Odd) -> None:
    model = odd(re.sub(r"(IFCMAPCONVERSION\(#\d+,#\d+,)[-\d.]+", rf"\g<1>{eastings}", text))
    assert model.georeference.status == "none"
    assert "is no place on the map 'EPSG:3826'" in model.georeference.notes[0]
    assert model.footprints["polygon"].null_count() == model.footprints.height


def test_a_model_of_proxies_only_is_drawn_whole(text: str, odd: Odd) -> None:
    proxies = re.sub(r"IFC(?:WALL|SLAB)\((.*),\.\w+\.\);", r"IFCBUILDINGELEMENTPROXY(\1,$);", text)
    model = odd(proxies)
    assert model.elements["ifc_class"].value_counts().filter(ifc_class="IfcBuildingElementProxy")["count"].item() > 5
    assert _counts(model) == WHOLE


BOX = (
    "#10=IFCCARTESIANPOINT((0.,0.));", "#11=IFCAXIS2PLACEMENT2D(#10,$);",
    "#12=IFCRECTANGLEPROFILEDEF(.AREA.,$,#11,4.,2.);", "#13=IFCDIRECTION((0.,0.,1.));",
    "#14=IFCEXTRUDEDAREASOLID(#12,$,#13,3.);", "#15=IFCSHAPEREPRESENTATION(#18,'Body','SweptSolid',(#14));",
    "#16=IFCPRODUCTDEFINITIONSHAPE($,$,(#15));", "#17=IFCCARTESIANPOINT((0.,0.,0.));",
    "#18=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-5,#19,$);", "#19=IFCAXIS2PLACEMENT3D(#17,$,$);",
    "#20=IFCLOCALPLACEMENT($,#19);",
)  # fmt: skip
"""A box's shape (#16) and a placement (#20), in every schema."""


@pytest.mark.parametrize("schema", ["IFC4X3_ADD2", "IFC4X3", "IFC4X3_RC3"])
@pytest.mark.parametrize(
    ("facility", "part"), [("IFCBRIDGE", "IFCBRIDGEPART"), ("IFCROAD", "IFCROADPART"), ("IFCRAILWAY", "IFCRAILWAYPART")]
)
def test_roads_rails_and_bridges_are_drawn_with_their_wholes(schema: str, facility: str, part: str, odd: Odd) -> None:
    """Given a facility in parts, without any storey, then the part's elements name it as their whole."""
    model = odd(
        written(
            schema,
            [
                *BOX,
                f"#30={facility}({GUID.format('A')},$,'F',$,$,#20,$,$,.ELEMENT.,$);",
                f"#31={part}({GUID.format('B')},$,'pier',$,$,#20,$,$,.ELEMENT.,.LONGITUDINAL.,$);",
                f"#32=IFCRELAGGREGATES({GUID.format('C')},$,$,$,#30,(#31));",
                f"#33=IFCBUILDINGELEMENTPROXY({GUID.format('D')},$,'deck',$,$,#20,#16,$,$);",
                f"#34=IFCRELCONTAINEDINSPATIALSTRUCTURE({GUID.format('E')},$,$,$,(#33),#31);",
            ],
        )
    )
    assert (model.coverage.got, model.coverage.dropped) == (1, 0)
    assert model.elements["parent_id"].to_list() == [GUID.format("B").strip("'")]


def test_a_bridge_of_ifc4x2_is_read_by_the_schema_that_has_bridges(odd: Odd) -> None:
    model = odd(
        written(
            "IFC4X2",
            [
                *BOX,
                f"#30=IFCBRIDGE({GUID.format('A')},$,'F',$,$,#20,$,$,.ELEMENT.,$);",
                f"#33=IFCBUILDINGELEMENTPROXY({GUID.format('D')},$,'deck',$,$,#20,#16,$,$);",
                f"#34=IFCRELCONTAINEDINSPATIALSTRUCTURE({GUID.format('E')},$,$,$,(#33),#30);",
            ],
        )
    )
    assert (model.schema, model.schema_loaded, model.coverage.got) == ("IFC4X2", "IFC4X3_ADD2", 1)
    assert model.coverage.dropped == 0


def test_spatial_zones_are_dwellings_where_they_say_so(odd: Odd) -> None:
    model = odd(
        written(
            "IFC4",
            [
                *BOX,
                f"#30=IFCSPACE({GUID.format('A')},$,'1',$,$,#20,#16,$,.ELEMENT.,$,$);",
                f"#31=IFCSPATIALZONE({GUID.format('B')},$,'A1',$,'住宅單元',#20,$,$,.OCCUPANCY.);",
                f"#32=IFCRELREFERENCEDINSPATIALSTRUCTURE({GUID.format('C')},$,$,$,(#30),#31);",
            ],
        )
    )
    assert model.dwellings["name"].to_list() == ["A1"]


def test_many_small_lies_at_once_are_survived(text: str, odd: Odd) -> None:
    """Doubled numbers, wrong types, too many and too few arguments, an elevation in words."""
    bad = re.sub(r"(IFCBUILDINGSTOREY\(.*,)[-\d.]+\)", r"\1'hoch')", text)
    bad = re.sub(r"(IFCWALL\('[^']*',)\$,", r"\1'owner',", bad)
    bad = re.sub(r"(IFCDOOR\(.*)\);", r"\1,$,$);", bad)
    model = odd(bad)
    assert _counts(model) == WHOLE
    assert model.storeys["elevation_m"].null_count() == model.storeys.height


def test_a_deep_nest_of_brackets_ends(text: str, odd: Odd) -> None:
    deep = "(" * 100_000 + "0." + ")" * 100_000
    point = re.search(r"IFCCARTESIANPOINT\(\([-\d.,]+\)\)", text)
    assert point is not None
    try:
        assert odd(text.replace(point[0], f"IFCCARTESIANPOINT({deep})", 1)).elements.height == WHOLE[1]
    except CorruptIfcError as error:
        assert "repair the file" in str(error)


def test_a_mac_packs_a_shadow_beside_the_model_and_it_is_no_second_model(
    text: str, tmp_path: Path, worker: Worker
) -> None:
    path = tmp_path / "mac.ifczip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/house.ifc", text)
        archive.writestr("__MACOSX/model/._house.ifc", b"\0\5\x16\7")
        archive.writestr("model/._house.ifc", b"\0\5\x16\7")
    assert _counts(load(path, worker=worker)) == WHOLE


def test_a_packed_ifcxml_or_a_pack_in_a_pack_is_refused(text: str, tmp_path: Path, worker: Worker) -> None:
    inner, outer = tmp_path / "inner.ifczip", tmp_path / "outer.ifczip"
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("house.ifc", text)
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(inner, "inner.ifczip")
    with pytest.raises(UnsafeArchiveError, match="exactly one model"):
        load(outer, worker=worker)


def test_a_million_triangles_in_one_shape_are_drawn(odd: Odd) -> None:
    """A terrain as surveyors export it: 250,000 points, half a million triangles."""
    side = 500
    points = ",".join(f"({x}.,{y}.,{math.sin(x * y):.3f})" for x in range(side) for y in range(side))
    faces = ",".join(
        f"({a},{a + 1},{a + side}),({a + 1},{a + side + 1},{a + side})"
        for x in range(side - 1)
        for a in range(x * side + 1, x * side + side)
    )
    model = odd(
        written(
            "IFC4",
            [
                *BOX[-4:],
                f"#10=IFCCARTESIANPOINTLIST3D(({points}),$);",
                f"#14=IFCTRIANGULATEDFACESET(#10,$,.F.,({faces}),$);",
                "#15=IFCSHAPEREPRESENTATION(#18,'Body','Tessellation',(#14));",
                "#16=IFCPRODUCTDEFINITIONSHAPE($,$,(#15));",
                f"#33=IFCGEOGRAPHICELEMENT({GUID.format('D')},$,'terrain',$,$,#20,#16,$,$);",
            ],
        ),
        budget_s=240.0,
    )
    assert model.coverage.got == 1
    assert len(model.meshes.faces) == pytest.approx(2 * (side - 1) ** 2, rel=0.01)


@pytest.mark.parametrize(("unit", "factor"), [("'INCH'", 0.0254), ("'FOOT'", 0.3048), ("'US SURVEY FOOT'", 0.3048006)])
def test_feet_and_inches_are_read_in_metres(text: str, unit: str, factor: float, odd: Odd) -> None:
    """Given the same numbers in another unit, then everything is smaller by it, quantities and shapes alike."""
    old = next(each for each in text.split("\n") if ".LENGTHUNIT." in each)
    step = old.split("=")[0]
    model = odd(
        with_lines(
            text.replace(old, f"{step}=IFCCONVERSIONBASEDUNIT(#900001,.LENGTHUNIT.,{unit},#900002);"),
            "#900001=IFCDIMENSIONALEXPONENTS(1,0,0,0,0,0,0);",
            f"#900002=IFCMEASUREWITHUNIT(IFCLENGTHMEASURE({factor}),#900003);",
            "#900003=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);",
        )
    )
    metres = odd(text)
    assert model.length_unit_m == pytest.approx(factor)
    assert _counts(model) == WHOLE
    for one in (0, 40, 80):
        assert np.ptp(model.meshes.placed(one), axis=0) == pytest.approx(
            factor * np.ptp(metres.meshes.placed(one), axis=0), rel=1e-4, abs=1e-6
        )
    levels = [frame.storeys["elevation_m"].max() for frame in (model, metres)]
    assert levels[0] == pytest.approx(factor * float(str(levels[1])))


def test_a_file_georeferenced_twice_is_placed_once(text: str, odd: Odd) -> None:
    """Given map coordinates in the site's placement beside the map conversion, then the conversion is not applied."""
    plain = odd(text)
    placement = re.search(r"^(#\d+)=IFCLOCALPLACEMENT\(\$,#\d+\)", text, re.MULTILINE)
    assert placement is not None
    where = plain.georeference
    far = with_lines(
        text.replace(placement[0], f"{placement[1]}=IFCLOCALPLACEMENT($,#900001)"),
        "#900001=IFCAXIS2PLACEMENT3D(#900002,$,$);",
        f"#900002=IFCCARTESIANPOINT(({where.origin_e_m:.3f},{where.origin_n_m:.3f},0.));",
    )
    twice = odd(far)
    assert twice.georeference.status == "twice"
    middles = [np.mean([ring[0] for ring in model.footprints["polygon"]], axis=0) for model in (plain, twice)]
    assert np.allclose(middles[0], middles[1], atol=1e-3)
    assert "georeferenced twice" in twice.georeference.notes[0]


def test_a_file_over_the_stated_size_is_refused_unread(tmp_path: Path, worker: Worker) -> None:
    path = tmp_path / "huge.ifc"
    with path.open("wb") as stream:
        stream.truncate(MAX_BYTES + 1)  # a hole: no disk is filled
    with pytest.raises(OversizeError, match="a model is at most 1,073,741,824"):
        load(path, worker=worker)
