"""Earthquake reports: each county once, the official scale, reports named so that none hides another."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events.feeds.alerts import quakes
from events.feeds.decoded import Decoded
from tests.feeds.offering import UNHURRIED, offer, reasons

CAPTURE = "cwa_earthquakes_2026-04-13_2026-07-06.json.gz"


def report(**told: Any) -> dict[str, Any]:
    return {"id": "115033", "origin_time": "2026-04-13T19:23:25+08:00", "magnitude": 4.7} | told


def area(name: str, intensity: Any, desc: str | None = None) -> dict[str, Any]:
    return {"area_name": name, "intensity": intensity, "area_desc": desc or f"{name}地區"}


def decoded(*reports: Any) -> Decoded:
    return offer(quakes.decode, json.dumps(reports).encode())


def felt(found: Decoded) -> dict[str, str]:
    rows = found.frames["states"].filter(pl.col("point_id").str.contains(":intensity:"))
    return dict(rows.select("point_id", "text").iter_rows())


def test_every_report_of_the_capture_lands_and_no_county_twice(shared_data: Path) -> None:
    data = (shared_data / "alerts" / CAPTURE).read_bytes()
    found = offer(quakes.decode, data)
    assert found.refused.is_empty()
    told = json.loads(gzip.decompress(data))
    counties = {(r["id"], a["area_name"]) for r in told for a in r["shaking_areas"] if "、" not in a["area_name"]}
    states = found.frames["states"].filter(pl.col("point_id").str.contains(":intensity:"))
    assert states.height == len(counties) == states["point_id"].n_unique()
    assert found.frames["readings"].filter(pl.col("point_id").str.ends_with(":magnitude")).height == len(told) == 33
    assert felt(found)["quake:115033:intensity:臺北市"] == "2級"
    first = found.frames["stations"].filter(pl.col("station_id") == "quake:115033").row(0, named=True)
    assert (first["longitude"], first["latitude"]) == (121.64, 24.44)
    assert first["time"].isoformat() == "2026-04-13T11:23:25+00:00"


def test_a_county_s_own_row_counts_and_a_sum_only_for_counties_without_one() -> None:
    areas = [
        area("宜蘭縣、台北市", "3級", "最大震度3級地區"),
        area("宜蘭縣", "5弱"),
        area("宜蘭縣", "4級", "最大震度4級地區"),
    ]
    found = decoded(report(shaking_areas=areas))
    assert felt(found) == {"quake:115033:intensity:宜蘭縣": "5弱", "quake:115033:intensity:臺北市": "3級"}


@pytest.mark.parametrize(
    ("told", "kept"),
    [("1級", "1級"), (3, "3級"), ("5弱", "5弱"), ("５強級", "5強"), ("6弱", "6弱"), ("6强", "6強"), ("7級", "7級")],
)
def test_the_scale_since_2020(told: Any, kept: str) -> None:
    assert felt(decoded(report(shaking_areas=[area("花蓮縣", told)]))) == {"quake:115033:intensity:花蓮縣": kept}


@settings(UNHURRIED, max_examples=30)
@given(odd=st.sampled_from(["8級", "4弱", "", None, True, 3.5, [1]]), count=st.integers(0, 3))
def test_an_intensity_that_is_none_is_refused_alone(odd: Any, count: int) -> None:
    sound = [area(f"{n}縣", f"{n}級") for n in range(count)]
    found = decoded(report(shaking_areas=[*sound, area("花蓮縣", odd)]))
    assert len(felt(found)) == count
    assert found.frames["readings"].height == 1
    (reason,) = reasons(found)
    assert "is no intensity" in reason
    again = offer(quakes.decode, found.refused["payload"][0])
    assert (again.offered, again.refused.height) == (1, 1)


def test_the_cwa_s_own_shape_and_quakes_without_a_number_of_their_own() -> None:
    info = {
        "OriginTime": "2026-06-08 01:13:44", "FocalDepth": 24.2,
        "Epicenter": {"Location": "花蓮縣近海", "EpicenterLatitude": 23.94, "EpicenterLongitude": 121.78},
        "EarthquakeMagnitude": {"MagnitudeType": "芮氏規模", "MagnitudeValue": 4.2},
    }  # fmt: skip
    areas = [{"AreaDesc": "花蓮縣地區", "CountyName": "花蓮縣", "AreaIntensity": "3級"},
             {"AreaDesc": "最大震度3級地區", "CountyName": "花蓮縣", "AreaIntensity": "3級"}]  # fmt: skip
    told = {"EarthquakeNo": 115000, "EarthquakeInfo": info, "Intensity": {"ShakingArea": areas}}
    document = {"success": "true", "records": {"Earthquake": [told]}}
    found = offer(quakes.decode, json.dumps(document).encode())
    assert found.refused.is_empty()
    assert felt(found) == {"quake:S20260608011344:intensity:花蓮縣": "3級"}
    assert found.frames["stations"]["time"][0].isoformat() == "2026-06-07T17:13:44+00:00"


def test_what_is_not_told_is_no_zero() -> None:
    found = decoded(report(magnitude=None, depth=None, shaking_areas=[area("花蓮縣", "3級")]))
    assert found.frames["readings"].is_empty()
    assert found.refused.is_empty()
