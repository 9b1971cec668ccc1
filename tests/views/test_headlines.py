"""What a headline counts: what is live, of how many; what is not known is a dash, and no zero."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from replay.city import City
from replay.density import dense_span
from tests.commands.test_commands import Twin, city, twin
from tests.replay.test_incidents import NOON, minutes, reading, station, told
from twin.place import Place, init
from views import theme
from views.data import Against, Reader
from views.i18n import text
from views.layers import traffic
from views.screens import figures
from views.snapshot import Snapshot, snapshot
from views.state import State

__all__ = ["city", "twin"]

YOUBIKE = "youbike_immediate_2026_sample_01.json.gz"
CAPTURED = datetime(2026, 8, 20, 11, 41, 17, tzinfo=UTC)
"""Last report of a station in the captured YouBike document."""


def shown(directory: Path, at: datetime | None = None) -> Snapshot:
    with City.open(directory) as opened:
        found = snapshot(opened, at, None)
    assert found is not None
    return found


def test_of_a_real_document_the_closed_stations_are_told_and_not_counted(
    twin: Twin, city: Path, shared_data: Path
) -> None:
    twin("init")
    twin("ingest", "--files", f"youbike:{shared_data}/youbike/{YOUBIKE}")
    label, value, note = figures._bikes(State(), shown(city))
    rows = json.loads(gzip.decompress((shared_data / "youbike" / YOUBIKE).read_bytes()))
    live = [r for r in rows if r["act"] == "1" and r["mday"] > "2026-08-19 19:41:17"]
    assert (len(rows), len(live)) == (1790, 1761)
    assert (label, value) == ("可借自行車", f"{sum(r['available_rent_bikes'] for r in live):,} 輛")
    assert "1,761 站" in note and "另 29 站" in note
    with City.open(city) as opened:
        whole, bar = opened.span(), dense_span(opened)
    assert whole is not None and bar is not None
    assert whole[0].year == 2025
    assert CAPTURED - timedelta(days=1) < bar[0] < CAPTURED < bar[1] == whole[1]


def test_a_hundred_days_later_no_station_is_live_and_the_headline_is_a_dash(
    twin: Twin, city: Path, shared_data: Path
) -> None:
    twin("init")
    twin("ingest", "--files", f"youbike:{shared_data}/youbike/{YOUBIKE}")
    _, value, note = figures._bikes(State(), shown(city, CAPTURED + timedelta(days=100)))
    assert value == theme.DASH
    assert "另 1,790 站" in note


def test_a_history_with_a_pause_stays_on_the_bar(tmp_path: Path) -> None:
    place = init(tmp_path / "city")
    told(place, "readings", [reading(60 * h, float(h)) for h in (*range(24), *range(24 * 30, 24 * 31))])
    with City.open(place.directory) as opened:
        assert dense_span(opened) == opened.span()


def test_before_a_list_was_told_its_sites_are_unknown(twin: Twin, city: Path, shared_data: Path) -> None:
    """Given the list of 2026-08, then a cut at 2015 knows no site, and none of them is completed."""
    twin("init")
    sites = shared_data / "housing" / "taipei_social_housing_sites.tsv"
    assert twin("sites", "load", sites, "--as-of", "2026-08-01")[1]["events"] == 79
    with City.open(city) as opened:
        then, now = (opened.cut(datetime(y, 9, 1, tzinfo=UTC)).communities() for y in (2015, 2026))
    assert (then.height, now.height) == (0, 79)
    assert now.filter(status="已完工").height == 54
    assert figures._homes(State(), shown(city, datetime(2015, 9, 1, tzinfo=UTC)))[1:] == (
        theme.DASH,
        text("zh-TW", "homes_sub", done=theme.DASH, sites=theme.DASH),
    )


def test_a_status_holds_from_the_date_that_its_row_gives(twin: Twin, city: Path, tmp_path: Path) -> None:
    twin("init")
    table = tmp_path / "sites.tsv"
    head = "id\tname\tdistrict\taddress\tlongitude\tlatitude\tstatus\tsince\n"
    place = "\t某區\t某路1號\t121.5\t25.0\t"
    table.write_text(f"{head}a\t甲{place}已完工\t2018-03-01\nb\t乙{place}已完工\t\n", "utf-8")
    twin("sites", "load", table, "--as-of", "2026-08-01")
    with City.open(city) as opened:
        known = [
            opened.cut(datetime(y, 12, 1, tzinfo=UTC)).communities()["community_id"].to_list()
            for y in (2017, 2018, 2026)
        ]
    assert known == [[], ["a"], ["a", "b"]]


def test_a_bus_that_stands_is_told_with_zero_and_an_unknown_speed_with_a_dash() -> None:
    row = {"vehicle_id": "v", "longitude": 121.5, "latitude": 25.0, "route_id": "307", "kind": "bus"}
    tips = [str(traffic._vehicle(row | {"speed": speed}, "en")) for speed in (0.0, None)]
    assert "0 km/h" in tips[0]
    assert "0 km/h" not in tips[1] and theme.DASH in tips[1]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Five stations an hour apart: more, fewer, the same, new, and from nothing to something."""
    made = init(tmp_path / "city")
    facts = [{"station_id": s, "time": NOON, "name": s, "longitude": 121.5, "latitude": 25.0} for s in "abcde"]
    told(made, "stations", facts)
    told(made, "docks", [station(0, n, name=s) for s, n in (("a", 1), ("b", 5), ("c", 3), ("e", 0))])
    told(made, "docks", [station(60, n, name=s) for s, n in (("a", 4), ("b", 2), ("c", 3), ("d", 7), ("e", 6))])
    return made


def test_a_station_silent_for_days_has_no_data_to_compare(place: Place) -> None:
    told(place, "docks", [station(60 * 24 * 9, 2, name="a"), station(60 * 24 * 9 + 60, 3, name="a")])
    found = Reader(place.directory).station_difference(minutes(60 * 24 * 9 + 60), None, Against(timedelta(hours=1)))
    assert dict(found.select("station_id", "kind").rows()) == {"a": "more"} | dict.fromkeys("bcde", "unknown")


def test_a_difference_has_one_class_a_station_for_sentence_table_and_map(place: Place) -> None:
    reader = Reader(place.directory)
    found = reader.station_difference(minutes(60), None, Against(earlier=timedelta(hours=1)))
    assert found.select("station_id", "kind", "difference").rows() == [
        ("a", "more", 3), ("b", "fewer", -3), ("c", "same", 0), ("d", "unknown", None), ("e", "more", 6),
    ]  # fmt: skip
    assert found["relative"].to_list() == [3.0, -0.6, 0.0, None, None]
