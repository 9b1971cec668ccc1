"""`twin household`, `twin backup`, `twin restore`: what an operator types, and what nobody can read afterwards."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from events.clock import now
from tests.commands.test_commands import Twin, city, twin
from tests.twin.test_erasure import HOME_METER, filled, home_of, ingest, next_reading
from twin.place import Place

__all__ = ["city", "twin"]

AT = "2026-11-18T00:00:00Z"


@pytest.fixture
def housed(twin: Twin, city: Path) -> Twin:
    """A city with one building of twelve homes and two days of readings."""
    filled(city)
    return twin


@pytest.fixture
def home(housed: Twin, city: Path) -> str:
    """The dwelling of HOME_METER."""
    return home_of(Place(city))


def total(twin: Twin, out: Path, *words: str) -> tuple[int, float]:
    """Points of a cut and the sum of their registers."""
    assert twin("cut", "--family", "readings", "--out", out, *words)[0] == 0
    frame = pl.read_parquet(out)
    assert HOME_METER not in frame["point_id"]
    return frame.height, float(frame["value"].sum())


def test_a_household_is_erased_and_every_export_and_answer_follows(housed: Twin, home: str, tmp_path: Path) -> None:
    out = tmp_path / "cut.parquet"
    housed("cut", "--at", AT, "--family", "readings", "--out", out)
    before = (pl.read_parquet(out).height, pl.read_parquet(out)["value"].sum())
    code, answer, _ = housed("household", "erase", home, "--building", "a", "--reason", "asked for it")
    assert code == 0
    assert (answer["entities"], len(answer["positions"])) == (1, 1)
    assert (answer["files_rewritten"], answer["indicators_dropped"], answer["quarantined"]) == (True, [], [])
    assert total(housed, out, "--at", AT) == pytest.approx(before)
    assert total(housed, out, "--at", AT, "--known", str(answer["positions"][0] - 1)) == pytest.approx(before)
    for words in (("show", HOME_METER, "--at", AT), ("why", HOME_METER, "value", "--at", AT)):
        code, _, err = housed(*words)
        assert code == 2
        assert "building a were erased" in err
    assert housed("household", "list", home, "--building", "a")[1]["keys"] == []
    assert housed("log", "verify")[1]["problems"] == []
    assert housed("rebuild", "--verify")[1]["equal"] is True


def test_the_next_household_has_its_own_numbers(housed: Twin, home: str, city: Path) -> None:
    assert housed("household", "moved-in", home, "--building", "a")[1]["entities"] == 1
    ingest(Place(city), next_reading(7.0, now()))
    keys = housed("household", "list", home, "--building", "a")[1]["keys"]
    assert [key["until"] is None for key in keys] == [False, True]
    (value,) = [fact["value"] for fact in housed("show", HOME_METER)[1]["facts"] if fact["quantity"] == "value"]
    assert value == 7.0


def test_a_quarantined_message_that_names_the_meter_is_listed(housed: Twin, home: str, tmp_path: Path) -> None:
    pack = tmp_path / "pack.json"
    pack.write_text(f'[{{"n": "{HOME_METER}", "u": "kWh", "v": 1, "t": "soon"}}]')
    assert housed("ingest", "--files", f"senml:{pack}")[0] == 1
    (entry,) = housed("quarantine", "list")[1]["entries"]
    _, answer, err = housed("household", "erase", home, "--building", "a")
    assert answer["quarantined"] == [entry["id"]]
    assert "docs/privacy.md" in err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("erase", "nowhere", "--building", "a"), "has no dwelling 'nowhere'"),
        (("erase", "a-home-0", "--building", "a", "--reason", "a-home-0 moved"), "the reason names 'a-home-0'"),
        (("erase", "a-home-0", "--building", "a", "--ended-by", "2026-11-18T00:00:00"), "has no zone"),
    ],
)
def test_a_wrong_word_is_refused_and_nothing_is_erased(housed: Twin, words: tuple[str, ...], told: str) -> None:
    code, answer, err = housed("household", *words)
    assert (code, answer) in ((1, None), (2, None))
    assert told in err
    assert len(housed("household", "list", "a-home-0", "--building", "a")[1]["keys"]) == 1


def test_a_city_goes_into_a_folder_and_comes_back_without_what_was_erased(
    housed: Twin, home: str, city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, vault, again = tmp_path / "backup", tmp_path / "vault.sqlite", tmp_path / "again"
    made = housed("backup", folder, "--with-vault", vault)[1]
    assert (made["vault_keys"], made["files_copied"]) == (12 + 1, 1)
    housed("household", "erase", home, "--building", "a")
    made = housed("backup", folder, "--with-vault", vault)[1]
    before = total(housed, tmp_path / "before.parquet", "--at", AT)
    monkeypatch.setenv("TWIN_CITY", str(again))
    code, answer, _ = housed("restore", folder, "--city", again, "--with-vault", vault)
    assert (code, answer["verified"], answer["erased_again"], answer["log_digest"]) == (0, True, 0, made["log_digest"])
    assert total(housed, tmp_path / "after.parquet", "--at", AT) == pytest.approx(before)
    assert housed("log", "verify")[1]["problems"] == []


def test_a_damaged_backup_ends_with_one_and_names_the_file(housed: Twin, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    housed("backup", folder)
    (folder / "city.json").write_text("{}")
    code, answer, err = housed("restore", folder, "--city", tmp_path / "again")
    assert (code, answer) == (1, None)
    assert "city.json: digest" in err


def test_sealing_needs_a_city(housed: Twin, city: Path, tmp_path: Path) -> None:
    code, _, err = housed("log", "copy", city / "log.sqlite", tmp_path / "sealed.sqlite", "--seal")
    assert code == 2
    assert "--seal needs the city's directory" in err
