"""`twin diff`, `show`, `why`, `export`, on the golden case."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from tests.commands.test_commands import Twin, city, twin
from tests.replay.golden import golden_city
from views import cli

__all__ = ["city", "twin"]

THREE = "2026-03-01T11:00:00+08:00"
SEEN = "2026-03-01T03:00:00Z"


@pytest.fixture
def golden(twin: Twin, city: Path) -> Twin:
    golden_city(city)
    return twin


def test_a_cut_is_known_at_a_record_time_or_a_position(golden: Twin, tmp_path: Path) -> None:
    out = tmp_path / "cut.parquet"
    for known, position, value in ((SEEN, 3, 12.0), ("3", 3, 12.0), ("2026-03-01T06:00:00Z", 4, 15.0)):
        _, answer, _ = golden("cut", "--at", THREE, "--known", known, "--out", out)
        assert (answer["known"], pl.read_parquet(out)["value"].to_list()) == (position, [value])
    code, _, err = golden("cut", "--known", "2026-03-01T03:00:00", "--out", out)
    assert code == 2
    assert "no zone" in err


def test_what_was_learned_is_told_with_its_reason(golden: Twin, tmp_path: Path) -> None:
    _, answer, _ = golden("diff", "--at", THREE, "--known", SEEN)
    assert (answer["changed"], answer["added"], answer["known"]) == (1, 0, [3, 5])
    (change,) = answer["changes"]
    assert (change["reason"], change["value_difference"], change["unit"]) == ("late", 3.0, "kWh")
    out = tmp_path / "changes.parquet"
    assert golden("diff", "--at", THREE, "--known", SEEN, "--out", out)[1]["rows"] == pl.read_parquet(out).height == 1


def test_two_communities_that_are_not_there_are_wrong_usage(golden: Twin) -> None:
    code, _, err = golden("diff", "--communities", "one", "two", "--at", THREE)
    assert code == 2
    assert "no community 'one'" in err


def test_a_thing_is_shown_and_its_number_explained(golden: Twin) -> None:
    (fact,) = golden("show", "m1", "--at", THREE)[1]["facts"]
    assert (fact["value"], fact["age_s"], fact["quality"]) == (15.0, 3600.0, "measured")
    chain = golden("why", "m1", "value", "--at", THREE)[1]
    assert (chain["origin"]["source"], chain["origin"]["position"], chain["origin"]["intact"]) == ("test", 4, True)
    assert golden("show", "m9")[0] == 2


@pytest.mark.parametrize("ending", ["parquet", "csv", "arrow"])
def test_an_export_says_what_it_is(golden: Twin, tmp_path: Path, ending: str) -> None:
    out, record = tmp_path / f"out.{ending}", tmp_path / "dcat.json"
    golden("export", "--at", THREE, "--known", SEEN, "--licence", "OGDL-Taiwan-1.0", "--out", out, "--dcat", record)
    told, frame = described(out)
    assert (told["twin:known"], told["twin:licence"], told["twin:frame"]) == ("3", "OGDL-Taiwan-1.0", "readings")
    assert frame["value"].to_list() == [12.0]
    catalogue = json.loads(record.read_text())["dcat:distribution"]
    assert catalogue["spdx:checksum"]["spdx:checksumValue"] == hashlib.sha256(out.read_bytes()).hexdigest()


def test_a_cut_is_handed_on_as_ngsi_ld_with_its_own_sources(golden: Twin, tmp_path: Path) -> None:
    out, record = tmp_path / "out.jsonld", tmp_path / "dcat.json"
    words = ("export", "--at", THREE, "--format", "ngsi-ld", "--out", out, "--dcat", record)
    assert golden(*words)[0] == 0
    (entity,) = json.loads(out.read_text())
    assert (entity["id"], entity["value"]["unitCode"]) == ("urn:ngsi-ld:MeasuringPoint:m1", "KWH")
    assert json.loads((tmp_path / "out.jsonld-metadata.json").read_text())["twin:sources"] == "test"
    catalogue = json.loads(record.read_text())
    assert catalogue["dcterms:source"] == ["test"]
    assert catalogue["dcat:distribution"]["dcat:mediaType"] == "application/ld+json"
    code, _, err = golden("export", "--format", "ngsi-ld", "--out", tmp_path / "out.csv")
    assert code == 2
    assert "ngsi-ld (.jsonld)" in err


def test_an_export_names_the_sources_of_its_own_frame(golden: Twin, tmp_path: Path) -> None:
    out = tmp_path / "docks.parquet"
    golden("export", "--family", "docks", "--out", out)
    assert described(out)[0]["twin:sources"] == ""


def test_a_table_in_text_has_utc_and_local_time(golden: Twin, tmp_path: Path) -> None:
    golden("export", "--at", THREE, "--known", SEEN, "--out", tmp_path / "out.csv")
    row = pl.read_csv(tmp_path / "out.csv", try_parse_dates=False).row(0, named=True)
    assert row["time"] == "2026-03-01T01:00:00.000000Z"
    assert row["time_local"] == "2026-03-01T09:00:00.000000+08:00"


def test_an_export_to_another_ending_is_wrong_usage(golden: Twin, tmp_path: Path) -> None:
    code, _, err = golden("export", "--out", tmp_path / "out.xlsx")
    assert code == 2
    assert ".parquet, .csv, .arrow" in err


def test_help_of_every_command_of_the_past_shows_an_example(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in ("diff", "show", "why", "replay", "export"):
        monkeypatch.setattr(sys, "argv", ["twin", command, "--help"])
        with pytest.raises(SystemExit):
            cli.main()
        assert f"Example: twin {command}" in " ".join(capsys.readouterr().out.split())


def described(path: Path) -> tuple[dict[str, Any], pl.DataFrame]:
    """A file's metadata and its rows."""
    if path.suffix == ".parquet":
        return dict(pl.read_parquet_metadata(path)), pl.read_parquet(path)
    if path.suffix == ".csv":
        return json.loads(path.with_name(f"{path.name}-metadata.json").read_text()), pl.read_csv(path)
    table = pa.ipc.open_file(path).read_all()
    metadata = {k.decode(): v.decode() for k, v in table.schema.metadata.items()}
    return metadata, pl.DataFrame(pl.from_arrow(table))


@pytest.mark.parametrize("known", ["6", "99", "-1"])
@pytest.mark.parametrize(
    "command", [("cut", "--out", "a.parquet"), ("diff",), ("show", "m1"), ("export", "--out", "a.csv")]
)
def test_a_position_that_the_log_does_not_have_is_wrong_usage(
    golden: Twin, command: tuple[str, ...], known: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = golden(*command, "--known", known)
    assert code == 2
    assert f"--known {known}: the log has positions 0 to 5" in err


@pytest.mark.parametrize("command", [("cut",), ("diff", "--at", THREE, "--known", SEEN)])
def test_a_frame_is_written_by_its_files_ending_and_another_one_is_wrong_usage(
    golden: Twin, command: tuple[str, ...], tmp_path: Path
) -> None:
    rows = []
    for name, read in (("a.parquet", pl.read_parquet), ("a.arrow", pl.read_ipc), ("a.csv", pl.read_csv)):
        assert golden(*command, "--out", tmp_path / name)[0] == 0
        rows.append(read(tmp_path / name).height)
    assert rows == [rows[0]] * 3 and rows[0] > 0
    for name in ("a.xlsx", "a", "a.parquet.bak"):
        code, _, err = golden(*command, "--out", tmp_path / name)
        assert (code, (tmp_path / name).exists()) == (2, False)
        assert ".parquet, .arrow, .csv" in err


def test_a_difference_for_people_says_nothing_of_what_is_not_there(
    golden: Twin, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    golden("diff", "--at", THREE)
    capsys.readouterr()
    monkeypatch.setattr(sys, "argv", ["twin", "diff", "--at", THREE, "--known", "0"])
    cli.app(standalone_mode=False)
    said = capsys.readouterr().out
    assert "change=added" in said
    assert "None" not in said
