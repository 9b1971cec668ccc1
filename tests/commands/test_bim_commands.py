"""`twin bim`: revisions on the city's clock, differences of two models, requirements."""

from __future__ import annotations

import dataclasses
import sys
import zipfile
from pathlib import Path

import polars as pl
import pytest

from bim import archive
from bim.author import author_building
from events.clock import parse_time
from replay.city import City
from tests.bim.conftest import SPEC
from tests.commands.test_commands import Twin, city, twin
from views import cli

__all__ = ["city", "twin"]

DONGMING = SPEC.community_id
BEFORE, AFTER = "2026-01-10T00:00:00Z", "2026-06-10T00:00:00Z"


@pytest.fixture(scope="module")
def revisions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small block before and after its renovation, written by an exporter that keeps no GlobalIds."""
    folder = tmp_path_factory.mktemp("revisions")
    small = dataclasses.replace(SPEC, storeys_above=4, storeys_below=1, dwellings=6)
    before, after = folder / "before.ifc", folder / "after.ifc"
    author_building(small, before)
    author_building(dataclasses.replace(small, building_name="另存新檔"), after)
    return before, after


@pytest.fixture
def renovated(twin: Twin, city: Path, shared_data: Path, revisions: tuple[Path, Path]) -> City:
    """A city whose building got its second model in March."""
    twin("init")
    twin("sites", "load", shared_data / "housing" / "taipei_social_housing_sites.tsv")
    for file, since in zip(revisions, ("2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"), strict=True):
        words = ("bim", "load", file, "--community", DONGMING, "--building", "dongming-a", "--since", since)
        assert twin(*words)[0] == 0
    return City.open(city)


def test_a_cut_shows_the_model_that_was_current_then(renovated: City, revisions: tuple[Path, Path]) -> None:
    shown = [Path(renovated.cut(parse_time(at)).model("dongming-a").file).name for at in (BEFORE, AFTER)]
    assert shown == [path.name for path in revisions]


def test_devices_without_a_serial_keep_their_identity_across_new_global_ids(renovated: City) -> None:
    def lifts(at: str) -> pl.DataFrame:
        devices = renovated.cut(parse_time(at)).devices()
        return devices.filter(pl.col("kind").is_in(["lift", "pv", "battery", "transformer"]))

    before, after = lifts(BEFORE), lifts(AFTER)
    assert before.height > 4
    assert after["device_id"].to_list() == before["device_id"].to_list()
    assert set(after["storey_id"]).isdisjoint(before["storey_id"])


def test_every_device_of_a_model_is_found_under_the_registers_id(renovated: City) -> None:
    ids = {at: renovated.cut(parse_time(at)).device_ids("dongming-a") for at in (BEFORE, AFTER)}
    models = {at: renovated.cut(parse_time(at)).model("dongming-a") for at in (BEFORE, AFTER)}
    for at, found in ids.items():
        assert set(found["global_id"]) == set(models[at].devices["device_id"])
        assert found["device_id"].is_unique().all()
    assert set(ids[BEFORE]["device_id"]) == set(ids[AFTER]["device_id"])
    assert set(ids[BEFORE]["global_id"]).isdisjoint(ids[AFTER]["global_id"])
    said = {at: dict(models[at].devices.select("device_id", "name").iter_rows()) for at in ids}
    before = {device: said[BEFORE][key] for key, device in ids[BEFORE].iter_rows()}
    assert before == {device: said[AFTER][key] for key, device in ids[AFTER].iter_rows()}


def test_a_cut_lists_the_revisions_until_then(renovated: City, revisions: tuple[Path, Path]) -> None:
    assert renovated.cut(parse_time(BEFORE)).revisions("dongming-a").height == 1
    both = renovated.cut(parse_time(AFTER)).revisions("dongming-a")
    assert both["sha256"][-1] == renovated.cut(parse_time(AFTER)).buildings()["sha256"].item()
    assert both["time"].is_sorted()
    assert both.height == len(revisions)
    assert renovated.cut(parse_time(AFTER)).revisions("nowhere").is_empty()


def test_a_building_differs_between_two_instants_as_its_files_do(
    twin: Twin, renovated: City, revisions: tuple[Path, Path]
) -> None:
    code, by_file, _ = twin("bim", "diff", *revisions)
    assert code == 0
    assert by_file["counts"]["re-identified"] > 100
    assert twin("bim", "diff", "--building", "dongming-a", "--at", BEFORE)[1]["counts"] == by_file["counts"]
    assert twin("bim", "diff", "--building", "dongming-a", "--at", AFTER)[1]["changes"] == []
    assert renovated.head > 0


def test_before_its_first_model_a_building_cannot_be_compared(twin: Twin, renovated: City) -> None:
    code, _, err = twin("bim", "diff", "--building", "dongming-a", "--at", "2020-01-01T00:00:00Z")
    assert (code, "had no model as of 2020" in err) == (2, True)
    assert renovated.head > 0


def test_a_difference_needs_two_models(twin: Twin, revisions: tuple[Path, Path], tmp_path: Path) -> None:
    assert twin("bim", "diff", revisions[0])[0] == 2
    code, _, err = twin("bim", "diff", revisions[0], tmp_path / "absent.ifc")
    assert code == 1
    assert "no such file" in err


def test_a_check_fails_what_the_city_cannot_use_and_writes_the_issues(
    twin: Twin, revisions: tuple[Path, Path], shared_data: Path, tmp_path: Path
) -> None:
    issues = tmp_path / "issues.bcf"
    code, (own, wall), err = twin("bim", "check", revisions[0], shared_data / "ifc" / "SimpleWall.ifc", "--bcf", issues)
    assert (code, own["status"], wall["status"]) == (1, "passed", "failed")
    assert {row["failed"] for row in own["requirements"]} == {0}
    assert wall["failures"]
    assert zipfile.is_zipfile(issues)
    assert "topics in" in err
    assert twin("bim", "check", revisions[0])[0] == 0


def test_a_check_of_a_published_building_is_in_the_log_and_in_the_cut_from_then_on(
    twin: Twin, renovated: City, shared_data: Path
) -> None:
    head = renovated.head
    code, (answer,), _ = twin("bim", "check", "--building", "dongming-a")
    assert (code, answer["status"]) == (0, "passed")
    renovated.refresh()
    cut = renovated.cut()
    assert renovated.head == head + 1
    current = cut.buildings().row(0, named=True)
    checks = cut.checks()
    assert checks["sha256"].unique().to_list() == [current["sha256"]]
    assert checks["ids_file"].unique().to_list() == ["handover-ifc4.ids"]
    assert checks.select("specification", "failed").row(-1) == ("三表 Three meters", 0)
    assert checks.height == len(answer["requirements"]) + 1
    assert renovated.cut(parse_time(AFTER)).checks().is_empty()
    assert twin("bim", "check", "--building", "dongming-a")[0] == 0
    renovated.refresh()
    assert renovated.head == head + 1


def test_a_check_needs_files_or_buildings(twin: Twin, revisions: tuple[Path, Path]) -> None:
    assert twin("bim", "check")[0] == 2
    assert twin("bim", "check", revisions[0], "--building", "dongming-a")[0] == 2


def test_a_register_of_a_file_and_of_a_building_is_the_same(
    twin: Twin, renovated: City, revisions: tuple[Path, Path], tmp_path: Path
) -> None:
    code, by_file, _ = twin("bim", "cobie", revisions[0], "--out", tmp_path / "file.xlsx")
    assert (code, by_file["rows"]["Floor"] > 4) == (0, True)
    _, then, _ = twin("bim", "cobie", "--building", "dongming-a", "--at", BEFORE, "--out", tmp_path / "then")
    assert then["rows"] == by_file["rows"]
    assert (tmp_path / "then" / "Component.csv").exists()
    assert twin("bim", "cobie", "--out", tmp_path / "none.xlsx")[0] == 2
    assert renovated.head > 0


def test_a_file_without_a_unit_is_loaded_when_one_is_stated(twin: Twin, shared_data: Path, tmp_path: Path) -> None:
    """Given the refusal of a file without a length unit, when its advice is followed, then the file is loaded."""
    lines = (shared_data / "ifc" / "SimpleWall.ifc").read_text(encoding="latin-1").splitlines()
    path = tmp_path / "unitless.ifc"
    path.write_text("\n".join(line for line in lines if "IFCUNITASSIGNMENT" not in line), encoding="latin-1")
    twin("init")
    code, (refused,), _ = twin("bim", "load", path)
    assert (code, refused["status"], "--length-unit" in refused["reason"]) == (1, "refused", True)
    code, (loaded,), _ = twin("bim", "load", path, "--length-unit", "mm", "--site", "121.6,25.05")
    assert (code, loaded["geometry"], loaded["georeference"]["status"]) == (0, {"wanted": 2, "got": 2}, "stated")
    for word, value in (("--length-unit", "furlong"), ("--site", "121.6"), ("--site", "0,91")):
        assert twin("bim", "load", path, word, value)[0] == 2


def test_a_mapping_file_tells_dwellings_and_a_bad_one_is_refused(twin: Twin, shared_data: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("[dwelling]\ngroup_spaces_by = '^([AB])[0-9]'\n")
    duplex = shared_data / "ifc" / "Duplex_A_20110907_georeferenced.ifc"
    twin("init")
    assert twin("bim", "load", duplex, "--mapping", rules)[1][0]["dwellings"] == 2
    rules.write_text("[nonsense]\n")
    code, (answer,), _ = twin("bim", "load", duplex, "--mapping", rules)
    assert (code, "no mapping file" in answer["reason"]) == (1, True)


def test_files_of_two_schemas_one_packed_in_upper_case_go_through_every_command(
    twin: Twin, shared_data: Path, tmp_path: Path
) -> None:
    twin("init")
    old, new = shared_data / "ifc" / "SimpleWall.ifc", tmp_path / "NEW.IfcZip"
    with zipfile.ZipFile(new, "w") as pack:
        pack.write(shared_data / "ifc" / "Ifc4DesignTransfer.ifc", "MODEL.IFC")
    code, loaded, _ = twin("bim", "load", old, new)
    assert (code, [each["schema"] for each in loaded]) == (0, ["IFC2X3", "IFC4"])
    assert twin("bim", "diff", new, new)[1]["changes"] == []
    code, told, _ = twin("bim", "diff", old, new)
    assert (code, sum(told["counts"].values())) == (0, len(told["changes"]))
    assert {"added", "removed", "changed"} <= told["counts"].keys()
    assert [each["reason"] for each in twin("bim", "check", new)[1]] == [None]
    assert twin("bim", "cobie", new, "--out", tmp_path / "register")[0] == 0


def test_without_a_city_files_are_read_and_reported(
    twin: Twin, city: Path, revisions: tuple[Path, Path], tmp_path: Path
) -> None:
    code, (told,), err = twin("bim", "load", revisions[0])
    assert (code, told["status"], told["dwellings"]) == (0, "loaded", 6)
    assert "not kept" in err
    assert not city.exists()
    for words in (("--city", tmp_path / "nowhere"), ("--community", DONGMING)):
        code, answer, err = twin("bim", "load", revisions[0], *words)
        assert (code, answer) == (2, None)
        assert "twin init" in err


def test_models_of_an_older_reader_are_told_and_made_anew(twin: Twin, renovated: City, city: Path) -> None:
    archived = city / "archive"
    digests = sorted(each.sha256 for each in archive.entries(archived))
    assert twin("status")[1]["models"] == {"archived": 2, "of_an_older_reader": 0}
    assert twin("bim", "reload")[:2] == (0, [])
    folder = archive.place(archived, digests[0])
    report = folder / "report.json"
    report.write_text(report.read_text().replace(f'"layout":{archive.LAYOUT}', f'"layout":{archive.LAYOUT - 1}'))
    (folder / "digests.json").unlink()
    assert twin("status")[1]["models"] == {"archived": 2, "of_an_older_reader": 1}
    code, (told,), _ = twin("bim", "reload")
    assert (code, told["sha256"], told["status"]) == (0, digests[0], "reloaded")
    assert (told["reader_before"], told["reader"]) == (archive.LAYOUT - 1, archive.LAYOUT)
    assert twin("status")[1]["models"]["of_an_older_reader"] == 0
    code, told, _ = twin("bim", "reload", "--building", "dongming-a")
    assert code == 0
    assert sorted(each["sha256"] for each in told) == digests
    assert renovated.cut(parse_time(AFTER)).model("dongming-a").dwellings.height == 6


def test_a_report_to_forward_names_no_folder_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], revisions: tuple[Path, Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.ifc"
    broken.write_text("ISO-10303-21;")
    monkeypatch.setenv("TWIN_CITY", str(tmp_path / "nowhere"))
    monkeypatch.setattr(sys, "argv", ["twin", "bim", "load", str(revisions[0]), str(broken)])
    with pytest.raises(SystemExit):
        cli.main()
    out = capsys.readouterr().out
    assert "# before.ifc" in out
    assert "# broken.ifc" in out
    assert str(tmp_path) not in out
    assert str(revisions[0].parent) not in out


def test_the_ways_through_a_building_are_told_with_stairs_and_who_is_cut_off(
    twin: Twin, shared_data: Path, revisions: tuple[Path, Path]
) -> None:
    field = shared_data / "field" / "bim"
    code, door, _ = twin("bim", "ways", field / "door-aggregated.ifc")
    assert (code, [row["kind"] for row in door["passages"]]) == (0, ["door"])
    _, stair, _ = twin("bim", "ways", field / "stair-two-flights-0.ifc")
    assert [(each["risers"], round(each["length_m"], 4)) for each in stair["stairs"]] == [(18, 5.5916)]

    _, block, _ = twin("bim", "ways", revisions[0])
    lifts = sorted({row["passage_id"] for row in block["passages"] if row["kind"] == "lift"})
    assert (block["cut_off"], bool(lifts)) == ([], True)
    without = [word for lift in lifts for word in ("--out-of-service", lift)]
    assert twin("bim", "ways", revisions[0], *without)[1]["cut_off"]
    code, _, err = twin("bim", "ways", revisions[0], "--out-of-service", "nothing")
    assert (code, "nothing: no passage of before.ifc" in err) == (2, True)
