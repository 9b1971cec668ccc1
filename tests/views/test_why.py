"""One click from each number: how it was made, of which events, and the command that gives the same."""

from __future__ import annotations

import re
import shlex
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from replay.city import City
from replay.evidence import evidence
from replay.why import why
from tests.views.test_pages import WAIT_S, Open, _building, _city, opened
from views import usage
from views.cli import app as twin

__all__ = ["opened"]


def asked(app: AppTest, key: str) -> AppTest:
    """The page with the popover of a number opened."""
    app.session_state[f"why_{key}"] = True
    return app.run(timeout=WAIT_S)


def last(city: City) -> datetime:
    """The latest event time, which the live pages show."""
    span = city.span()
    assert span is not None
    return span[1]


def told(app: AppTest) -> str:
    return " ".join(h.proto.body for h in app.get("html"))


def test_nothing_is_looked_up_until_it_is_asked_for(opened: Open) -> None:
    app = opened(_city)
    assert "投影與版本" not in told(app)
    assert "投影與版本" in told(asked(app, "bikes"))


def test_a_total_of_bikes_names_its_stations_events_and_cut(opened: Open, small_city: Path) -> None:
    app = asked(opened(_city), "bikes")
    with City.open(small_city) as city:
        found = evidence(city.cut(last(city)), "docks")
    assert found.first_position == found.last_position  # every station was last told of by one snapshot
    assert not app.exception
    assert f"<td>資料列</td><td>{found.rows:,}</td>" in told(app)
    assert f"<td>紀錄位置</td><td>{found.last_position:,}</td>" in told(app)


def test_the_command_beside_a_total_gives_the_rows_behind_it(opened: Open, small_city: Path, tmp_path: Path) -> None:
    app = asked(opened(_city), "electricity")
    line = app.code[0].value.splitlines()[0]
    words = shlex.split(line.replace("readings.parquet", str(tmp_path / "r.parquet")))[1:]
    assert CliRunner().invoke(twin, [*words, "--city", str(small_city)]).exit_code == 0
    counted = int("".join(re.findall(r"列入的表計</td><td>([\d,]+)<", told(app))[:1]).replace(",", ""))
    assert 0 < counted <= pl.read_parquet(tmp_path / "r.parquet").height


def test_a_meters_use_goes_back_to_both_its_registers(opened: Open, small_city: Path) -> None:
    with City.open(small_city) as city:
        devices = city.cut().devices().filter(pl.col("dwelling_id").is_not_null(), medium="electricity")
        row = devices.sort("dwelling_id").row(0, named=True)
        chain = why(city, row["point_id"], "kWh", last(city))
    app = asked(opened(_building, building=row["building_id"], dwelling=row["dwelling_id"]), "electricity")
    assert not app.exception
    assert "<th>此刻</th><th>24 小時前</th>" in told(app)
    assert chain.origin.sha256[:16] in told(app)
    assert app.code[0].value.count("\n") == 1
    assert app.code[0].value.startswith(f"twin why {row['point_id']} kWh --at ")


@pytest.mark.parametrize("key", ["homes", "electricity", "water", "gas", "bikes", "buses"])
@pytest.mark.parametrize("lang", ["zh-TW", "en"])
def test_every_figure_of_the_city_answers_in_both_languages(opened: Open, key: str, lang: str) -> None:
    app = asked(opened(_city, lang=lang, t="2026-11-20T00:00:00Z", k="40"), key)
    assert not app.exception
    assert ("Log positions" if lang == "en" else "紀錄位置") in told(app)


def test_a_sites_totals_name_their_meters_of_all_three_media(opened: Open, small_city: Path) -> None:
    with City.open(small_city) as city:
        community = city.cut().buildings()["community_id"][0]
        use = usage.meter_use(city, last(city), None).filter(community_id=community)
    homes = use.filter(pl.col("dwelling_id").is_not_null() & pl.col("used").is_not_null())
    app = asked(opened(_city, community=community), "site")
    assert homes["medium"].n_unique() == 3
    assert f"<td>列入的表計</td><td>{homes.height:,}</td>" in told(app)
