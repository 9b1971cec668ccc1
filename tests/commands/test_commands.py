"""What `twin` promises: exit codes, one JSON document, names that are a contract, errors in a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from views import cli

Twin = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """Where a city is, or will be."""
    return tmp_path / "city"


@pytest.fixture
def twin(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, city: Path) -> Twin:
    """Runs a command: exit code, its JSON answer (None: none), standard error."""
    monkeypatch.setenv("TWIN_CITY", str(city))

    def run(*words: object) -> tuple[int, Any, str]:
        monkeypatch.setattr(sys, "argv", ["twin", *map(str, words), "--json"])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, json.loads(out) if out else None, err

    return run


def test_a_city_is_made_and_says_what_it_holds(twin: Twin) -> None:
    assert twin("init")[0] == 0
    code, status, _ = twin("status")
    assert code == 0
    assert (status["position"], status["events"], status["quarantined"], status["sources"]) == (0, 0, 0, [])
    families = ("readings", "states", "docks", "stations", "positions", "arrivals")
    assert status["observations"] == dict.fromkeys(families, 0)


def test_where_there_is_no_city_it_is_said_how_to_make_one(twin: Twin) -> None:
    code, answer, err = twin("status")
    assert (code, answer) == (2, None)
    assert "twin init" in err


def test_the_seventy_nine_sites_are_registered_once(twin: Twin, shared_data: Path) -> None:
    twin("init")
    sites = shared_data / "housing" / "taipei_social_housing_sites.tsv"
    assert twin("sites", "load", sites)[1] == {"file": str(sites), "sites": 79, "events": 79}
    assert twin("sites", "load", sites)[1]["events"] == 0


def test_files_are_ingested_without_a_broker_and_twice_is_once(twin: Twin, shared_data: Path) -> None:
    twin("init")
    words = (
        "ingest",
        "--files",
        f"gbfs:{shared_data}/gbfs/station_status_001.json",
        f"senml:{shared_data}/events/senml/ex4.json",
    )
    code, first, _ = twin(*words)
    assert (code, first["quarantined"]) == (0, 0)
    _, again, _ = twin(*words)
    assert sum(again["rows"].values()) == 0
    assert again["duplicates"] == sum(n for family, n in first["rows"].items() if family != "stations")
    _, status, _ = twin("status")
    assert status["unknown_stations"] == first["rows"]["docks"], "no station_information was given"
    twin("ingest", "--files", f"gbfs:{shared_data}/gbfs/station_information.json")
    _, status, _ = twin("status")
    assert status["unknown_stations"] <= 1
    (senml,) = [s for s in status["sources"] if s["source"] == "file:senml"]
    assert (senml["rows"], senml["refused"], senml["last_event_time"]) == (12, 0, "2011-10-31T13:25:56+00:00")


def test_refused_input_ends_with_one_and_is_counted(twin: Twin, tmp_path: Path) -> None:
    twin("init")
    broken = tmp_path / "broken.json"
    broken.write_text('[{"n": ')
    code, answer, _ = twin("ingest", "--files", f"senml:{broken}")
    assert (code, answer["quarantined"]) == (1, 1)
    assert twin("status")[1]["quarantined"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("cut", "--at", "2026-01-01T00:00:00", "--out", "x.parquet"), "has no zone"),
        (("cut", "--at", "yesterday", "--out", "x.parquet"), "RFC 3339"),
        (("cut", "--family", "trains", "--out", "x.parquet"), "no observation family 'trains'"),
        (("ingest", "--files", "nonsense"), "FORMAT:PATH"),
        (("ingest", "--files", "fax:a.txt"), "fax"),
        (("ingest",), "--kafka"),
        (("frobnicate",), "frobnicate"),
    ],
)
def test_wrong_usage_ends_with_two_and_names_what_was_wrong(twin: Twin, words: tuple[str, ...], said: str) -> None:
    twin("init")
    code, answer, err = twin(*words)
    assert (code, answer) == (2, None)
    assert said in err


@pytest.mark.parametrize("family", ["readings", "docks", "positions"])
def test_a_cut_is_written_with_its_contract_columns(twin: Twin, shared_data: Path, tmp_path: Path, family: str) -> None:
    columns = {
        "readings": ["point_id", "time", "value", "unit", "quality", "position"],
        "docks": ["station_id", "time", "num_vehicles_available", "num_docks_available", "capacity", "position"],
        "positions": ["vehicle_id", "route_id", "time", "longitude", "latitude", "bearing", "speed", "position"],
    }[family]
    twin("init")
    files = (
        "senml:events/senml/ex4.json",
        "gbfs:gbfs/station_status_001.json",
        "gtfs-rt:gtfsrt/gtfs_vehicle_positions.pb",
    )
    for form, _, name in (word.partition(":") for word in files):
        twin("ingest", "--files", f"{form}:{shared_data / name}")
    out = tmp_path / "cut.parquet"
    code, answer, _ = twin("cut", "--family", family, "--out", out)
    frame = pl.read_parquet(out)
    assert code == 0
    assert frame.columns[: len(columns)] == columns
    assert frame.schema["time"] == pl.Datetime("us", "UTC")
    assert frame.height == answer["rows"] > 0
    assert twin("cut", "--family", family, "--known", 0, "--out", out)[1]["rows"] == 0


def test_a_model_is_loaded_published_and_published_again_tells_nothing(twin: Twin, shared_data: Path) -> None:
    twin("init")
    twin("sites", "load", shared_data / "housing" / "taipei_social_housing_sites.tsv")
    words = ("bim", "load", shared_data / "ifc" / "SimpleWall.ifc", "--community", "84e67c87923337da")
    code, (answer,), _ = twin(*words)
    assert (code, answer["status"], answer["schema"], answer["geometry"]) == (
        0,
        "loaded",
        "IFC2X3",
        {"wanted": 2, "got": 2},
    )
    events = twin("status")[1]["events"]
    twin(*words)
    assert twin("status")[1]["events"] == events


def test_a_model_that_cannot_be_loaded_is_refused_beside_those_that_can(
    twin: Twin, shared_data: Path, tmp_path: Path
) -> None:
    twin("init")
    whole = shared_data / "ifc" / "SimpleWall.ifc"
    cut_off = tmp_path / "cut-off.ifc"
    cut_off.write_bytes(whole.read_bytes()[:9000])
    code, answers, err = twin("bim", "load", cut_off, tmp_path, whole)
    assert code == 1
    assert [a["status"] for a in answers] == ["refused", "refused", "loaded"]
    assert "END-ISO-10303-21" in answers[0]["reason"]
    contract = {
        "file",
        "status",
        "reason",
        "schema",
        "storeys",
        "spaces",
        "dwellings",
        "devices",
        "elements",
        "geometry",
        "seconds",
    }
    assert all(contract <= set(a) for a in answers)
    assert "refused" in err


def test_an_unknown_community_is_said_so(twin: Twin, shared_data: Path) -> None:
    twin("init")
    code, _, err = twin("bim", "load", shared_data / "ifc" / "SimpleWall.ifc", "--community", "nowhere")
    assert code == 1
    assert "twin sites load" in err


def test_the_log_verifies_and_the_projections_are_rebuilt_equal(twin: Twin, shared_data: Path) -> None:
    twin("init")
    twin("ingest", "--files", f"youbike:{shared_data}/youbike/v1_YouBikeTP_b.json")
    assert twin("log", "verify")[1]["problems"] == []
    code, answer, _ = twin("rebuild", "--verify")
    assert (code, answer["equal"]) == (0, True)
    assert answer["before"] == answer["digest"]


def test_a_log_is_copied_and_the_copy_says_the_same(twin: Twin, tmp_path: Path, city: Path, shared_data: Path) -> None:
    twin("init")
    twin("ingest", "--files", f"senml:{shared_data}/events/senml/ex4.json")
    code, answer, _ = twin("log", "copy", city, tmp_path / "copy.sqlite")
    assert (code, answer["equal"], answer["position"]) == (0, True, twin("status")[1]["position"])
    assert twin("log", "copy", city, tmp_path / "copy.sqlite")[0] == 2
    assert twin("log", "copy", tmp_path / "absent.sqlite", tmp_path / "other.sqlite")[0] == 2


def test_help_of_every_command_shows_an_example(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = ["init", "publish", "ingest", "status", "cut", "rebuild", "demo", "ui"]
    commands += ["sites load", "bim load", "bim diff", "bim check", "log verify", "scenario run"]
    commands += ["log copy"]
    commands += [f"quarantine {word}" for word in ("list", "show", "retry", "discard")]
    for command in commands:
        monkeypatch.setattr(sys, "argv", ["twin", *command.split(), "--help"])
        with pytest.raises(SystemExit):
            cli.main()
        out = capsys.readouterr().out
        assert f"Example: twin {command}" in " ".join(out.split()), command


def test_a_file_that_may_not_be_read_is_said_so(twin: Twin, tmp_path: Path) -> None:
    twin("init")
    code, _, err = twin("ingest", "--files", f"senml:{tmp_path}")
    assert code == 1
    assert "a directory, not a file" in err
    code, _, err = twin("ingest", "--files", f"senml:{tmp_path / 'absent.json'}")
    assert code == 1
    assert "No such file" in err
