"""Structures that no exporter should write: the model is there, and the report says what is not."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from bim.facts import Facts
from bim.job import Job, Reply
from bim.load import load
from bim.model import BuildingModel
from bim.process import Worker, WorkerDiedError
from bim.revision import diff
from tests.bim.surgery import written
from tests.bim.test_odd_files import BOX

Made = Callable[..., BuildingModel]


@pytest.fixture
def made(tmp_path: Path, worker: Worker) -> Made:
    """The model of a file of these lines beside a box (#16) and its placement (#20); it never differs from itself."""

    def make(*lines: str, schema: str = "IFC4") -> BuildingModel:
        path = tmp_path / "odd.ifc"
        path.write_text(written(schema, [*BOX, *lines]))
        model = load(path, worker=worker)
        assert diff(model, model).is_empty()
        return model

    return make


def _id(number: int) -> str:
    return f"'0YvctVUKr0kugbFTf5{number:04d}'"


def _wall(number: int, global_id: str | None = None, placement: str = "#20") -> str:
    return f"#{number}=IFCWALL({global_id or _id(number)},$,'w{number}',$,$,{placement},#16,$,$);"


def _aggregates(number: int, whole: int, *parts: int) -> str:
    return f"#{number}=IFCRELAGGREGATES({_id(number)},$,$,$,#{whole},({','.join(f'#{part}' for part in parts)}));"


def _holds(number: int, place: int, *elements: int) -> str:
    held = ",".join(f"#{each}" for each in elements)
    return f"#{number}=IFCRELCONTAINEDINSPATIALSTRUCTURE({_id(number)},$,$,$,({held}),#{place});"


def _space(number: int, schema: str = "IFC4") -> str:
    return f"#{number}=IFCSPACE({_id(number)},$,'{number}',$,$,#20,#16,'Room',.ELEMENT.,.INTERNAL.,$);"


def _storey(number: int) -> str:
    return f"#{number}=IFCBUILDINGSTOREY({_id(number)},$,$,$,$,#20,$,$,.ELEMENT.,$);"


def _building(number: int) -> str:
    return f"#{number}=IFCBUILDING({_id(number)},$,'B{number}',$,$,#20,$,$,.ELEMENT.,$,$,$);"


def _site(number: int) -> str:
    return f"#{number}=IFCSITE({_id(number)},$,'S{number}',$,$,#20,$,$,.ELEMENT.,(25,2,0),(121,33,0),0.,$,$);"


def _got(model: BuildingModel) -> tuple[int, int]:
    return model.coverage.got, model.coverage.wanted


def test_things_that_are_parts_of_themselves_are_drawn_and_named(made: Made) -> None:
    model = made(_wall(300), _wall(301), _aggregates(302, 300, 301), _aggregates(303, 301, 300), _aggregates(304, 3, 3))
    assert _got(model) == (2, 2)
    assert model.coverage.incidents == ["3 relationships make things parts of themselves: #302 #303 #304"]


@pytest.mark.parametrize("others", [1, 60])
def test_a_circle_of_placements_costs_only_what_stands_on_it(made: Made, others: int) -> None:
    placements = ("#50=IFCLOCALPLACEMENT(#51,#19);", "#51=IFCLOCALPLACEMENT(#50,#19);")
    model = made(*placements, _wall(300), *(_wall(301 + at, placement="#51") for at in range(others)))
    assert _got(model) == (1, 1 + others)
    assert "2 placements or shapes are made of themselves: #50 #51" in model.coverage.incidents


def test_global_ids_of_no_shape_at_all_cost_nothing(made: Made) -> None:
    odd = [
        "'abc'", "''", "'0yvctvukr0kugbftf53o9l'", "'0YvctVUKr0kugbFTf53O9LX'", _id(1), _id(1), "$", "*", "12",
        "'{3F2504E0-4F89-11D3-9A0C-0305E82C3301}'", "'\\X2\\4F4F\\X0\\'",
    ]  # fmt: skip
    model = made(*(_wall(300 + at, each) for at, each in enumerate(odd)))
    report = model.coverage
    assert _got(model) == (len(odd), len(odd))
    assert model.elements["element_id"].n_unique() == len(odd)
    assert (report.null_global_ids, report.malformed_global_ids, report.duplicate_global_ids) == (4, 4, 1)


def test_nothing_where_something_must_be_costs_nothing(made: Made) -> None:
    """Relationships, sets, materials and places of which every attribute is null."""
    nulls = {
        "IFCRELDEFINESBYPROPERTIES": 6, "IFCRELAGGREGATES": 6, "IFCRELCONTAINEDINSPATIALSTRUCTURE": 6,
        "IFCRELASSIGNSTOGROUP": 7, "IFCRELASSOCIATESMATERIAL": 6, "IFCRELASSOCIATESCLASSIFICATION": 6,
        "IFCRELDEFINESBYTYPE": 6, "IFCRELVOIDSELEMENT": 6, "IFCRELFILLSELEMENT": 6, "IFCRELSPACEBOUNDARY": 9,
        "IFCPROPERTYSINGLEVALUE": 4, "IFCPROPERTYSET": 5, "IFCELEMENTQUANTITY": 6, "IFCMATERIALLAYERSET": 3,
        "IFCMATERIALCONSTITUENTSET": 3, "IFCMATERIALPROFILESET": 4, "IFCCLASSIFICATIONREFERENCE": 6, "IFCZONE": 6,
    }  # fmt: skip
    lines = [f"#{400 + at}={name}({','.join('$' * count)});" for at, (name, count) in enumerate(nulls.items())]
    materials = [
        f"#{500 + at}=IFCRELASSOCIATESMATERIAL($,$,$,$,(#300),#{400 + list(nulls).index(name)});"
        for at, name in enumerate(("IFCMATERIALLAYERSET", "IFCMATERIALCONSTITUENTSET", "IFCMATERIALPROFILESET"))
    ]
    model = made(_wall(300), *lines, *materials, "#600=IFCSPACE($,$,$,$,$,$,$,$,$,$,$);")
    assert (model.elements.height, model.spaces.height, *_got(model)) == (1, 1, 1, 1)


def test_elements_stand_where_the_file_puts_them_with_or_without_storeys(made: Made) -> None:
    model = made(
        _building(201), _aggregates(202, 3, 201), _wall(300), _holds(301, 201, 300), _site(203),
        _aggregates(204, 3, 203), _wall(302), _holds(303, 203, 302), _wall(304),
    )  # fmt: skip
    assert model.elements.sort("name")["parent_id"].to_list() == [_id(201)[1:-1], _id(203)[1:-1], None]
    assert _got(model) == (3, 3)


@pytest.mark.parametrize("schema", ["IFC2X3", "IFC4", "IFC4X3_ADD2"])
def test_two_sites_with_a_building_each_are_one_model(made: Made, schema: str) -> None:
    lines = [
        each
        for at in (200, 240)
        for each in (
            _site(at), _building(at + 1), _storey(at + 2), _space(at + 3), _aggregates(at + 4, 3, at),
            _aggregates(at + 5, at, at + 1), _aggregates(at + 6, at + 1, at + 2), _aggregates(at + 7, at + 2, at + 3),
        )
    ]  # fmt: skip
    model = made(*lines, schema=schema)
    assert model.storeys["building_id"].n_unique() == 2
    assert model.spaces["storey_id"].n_unique() == 2


def test_a_space_is_on_its_storey_whether_part_of_it_or_contained_in_it(made: Made) -> None:
    model = made(
        _building(201), _storey(210), _storey(211), _space(220), _space(221), _aggregates(230, 201, 210, 211),
        _aggregates(231, 210, 220), _holds(232, 211, 221),
    )  # fmt: skip
    assert model.spaces.sort("name")["storey_id"].to_list() == [_id(210)[1:-1], _id(211)[1:-1]]
    assert model.storeys["elevation_m"].null_count() == 2


def test_a_zone_over_two_storeys_holds_the_spaces_of_the_zone_in_it(made: Made) -> None:
    model = made(
        _building(201), _storey(210), _storey(211), _space(220), _space(221), _aggregates(230, 201, 210, 211),
        _aggregates(231, 210, 220), _aggregates(232, 211, 221),
        f"#240=IFCZONE({_id(240)},$,'A-01',$,'Dwelling',$);", f"#241=IFCZONE({_id(241)},$,'upstairs',$,$,$);",
        f"#242=IFCRELASSIGNSTOGROUP({_id(242)},$,$,$,(#220,#241),$,#240);",
        f"#243=IFCRELASSIGNSTOGROUP({_id(243)},$,$,$,(#221),$,#241);",
    )  # fmt: skip
    assert model.dwellings.select("name", "rooms").rows() == [("A-01", 2)]
    assert model.spaces["dwelling_id"].to_list() == [_id(240)[1:-1]] * 2


def test_an_element_of_a_hundred_thousand_values_keeps_them_all(made: Made) -> None:
    steps = range(1_000, 101_000)
    model = made(
        _wall(300),
        *(f"#{step}=IFCPROPERTYSINGLEVALUE('P{step}',$,IFCREAL({step}.),$);" for step in steps),
        f"#200000=IFCPROPERTYSET({_id(200)},$,'P',$,({','.join(f'#{step}' for step in steps)}));",
        f"#200001=IFCRELDEFINESBYPROPERTIES({_id(201)},$,$,$,(#300),#200000);",
    )
    assert model.tables["properties"].select(pl.len(), pl.col("number").sum()).row(0) == (100_000, sum(steps))


@pytest.mark.parametrize("word", ["1.#INF", "-1.#IND00", "1.#QNAN0", "NaN", "-nan(ind)", "inf", "1.E400", "-1.0E+1000"])
def test_a_number_that_is_a_word_is_read_as_none(made: Made, word: str) -> None:
    model = made(
        _wall(300, placement="#52"), _wall(301), f"#50=IFCCARTESIANPOINT(({word},0.,0.));",
        "#51=IFCAXIS2PLACEMENT3D(#50,$,$);", "#52=IFCLOCALPLACEMENT($,#51);",
        f"#60=IFCBUILDINGSTOREY({_id(60)},$,'at 1.#INF, said he',$,$,#20,$,$,.ELEMENT.,{word});",
    )  # fmt: skip
    assert model.elements.height == 2
    assert model.coverage.got >= 1
    assert model.storeys.select("name", "elevation_m").rows() == [("at 1.#INF, said he", None)]
    assert np.isfinite(model.meshes.placement).all()


def test_what_stands_in_a_comment_is_not_missed(made: Made) -> None:
    model = made("/* once #99=IFCWALL( and 'more */", _wall(300), "/*" + "x;'#1 " * 200_000 + "*/", _wall(301))
    assert (*_got(model), model.coverage.dropped, model.coverage.dangling) == (2, 2, 0, 0)


def test_an_error_in_a_kernel_costs_no_later_file_its_shapes(tmp_path: Path, worker: Worker, made: Made) -> None:
    """A kernel that raised once raises at whatever is drawn after it in its process. The fault is put in: a GlobalId
    that is no text is left as it is."""
    path, folder = tmp_path / "raises.ifc", tmp_path / "raises"
    path.write_text(written("IFC4", [*BOX, _wall(300, "12"), _wall(301)]))
    folder.mkdir()
    job = Job(str(path), str(folder), [])
    assert [each.stage for each in _replies(worker, job)] == ["facts", "done"]
    told = folder / "facts.json"
    facts = msgspec.json.decode(told.read_bytes(), type=Facts)
    named = [msgspec.structs.replace(each, global_id="named") for each in facts.entities]
    told.write_bytes(msgspec.json.encode(msgspec.structs.replace(facts, entities=named)))
    with pytest.raises(WorkerDiedError):
        _replies(worker, msgspec.structs.replace(job, draw_only=True, kernels=["manifold"]))
    assert _got(made(_wall(300), _wall(301))) == (2, 2)


def _replies(worker: Worker, job: Job) -> list[Reply]:
    return list(worker.run(job, deadline=time.monotonic() + 60, silence_s=60))
