"""Metro timetables: after midnight is the same service day, short runs stand apart, 0 is no headway."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from events.errors import PayloadError
from events.feeds.decoded import Decoded
from events.feeds.metro import timetables
from events.feeds.metro.service_day import days_of, service_clock
from tests.feeds.offering import offer, reasons

BANNAN = "trtc_timetable_BL_2025-08-23.json.gz"


def states(found: Decoded) -> dict[str, str]:
    return dict(found.frames["states"].select("point_id", "text").rows())


def values(found: Decoded) -> dict[str, float]:
    return dict(found.frames["readings"].select("point_id", "value").rows())


@pytest.mark.parametrize(
    ("told", "clock"),
    [("06:00", "06:00"), ("00:02", "24:02"), ("00:00", "24:00"), ("24:00", "24:00"), ("1:08", "25:08")],
)
def test_the_clock_of_a_service_day_goes_on_after_midnight(told: str, clock: str) -> None:
    assert service_clock(told) == clock


@pytest.mark.parametrize("told", ["", "28:00", "06:60", "soon", None, 600])
def test_what_is_no_clock(told: Any) -> None:
    with pytest.raises(PayloadError, match="no time of a service day"):
        service_clock(told)


def test_days() -> None:
    assert days_of("6,7") == "67"
    assert days_of({"Saturday": True, "Sunday": True, "NationalHolidays": True, "Monday": False}) == "67h"


def test_every_train_of_the_bannan_line(shared_data: Path) -> None:
    data = (shared_data / "transit" / BANNAN).read_bytes()
    found = offer(timetables.decode, data)
    assert found.refused.is_empty()
    told, counts = states(found), values(found)
    assert counts["metro:BL10:南港展覽館:67:trains"] + counts["metro:BL10:頂埔:67:trains"] > 400
    weekday = {p: n for p, n in counts.items() if ":12345:" in p and ":BL10:" in p}
    assert {p.split(":")[2] for p in weekday} == {"南港展覽館", "昆陽", "頂埔", "亞東醫院"}
    assert told["metro:BL23:南港展覽館:12345:last"] > "24:00"
    assert told["metro:BL01:南港展覽館:12345:first"] == "06:00"
    assert set(found.frames["states"]["time"].dt.to_string()) == {"2025-08-22 16:00:00.000000+00:00"}
    parts = offer(timetables.decode, *timetables.split(data))
    assert (states(parts), values(parts)) == (told, counts)


def test_first_and_last_trains_of_tdx(shared_data: Path) -> None:
    found = offer(timetables.decode, (shared_data / "transit" / "TRTC_FirstLastTimetable.json").read_bytes())
    assert found.refused.is_empty()
    assert found.frames["states"].height == 2 * 243
    told = states(found)
    assert (told["metro:BL01:南港展覽館:1234567h:first"], told["metro:BL01:南港展覽館:1234567h:last"]) == (
        "06:00",
        "24:00",
    )
    assert told["metro:BL03:頂埔:1234567h:last"] == "25:06"


def test_headways_of_tdx_and_none_is_no_zero(shared_data: Path) -> None:
    data = (shared_data / "transit" / "TRTC_Frequency.json").read_bytes()
    found = offer(timetables.decode, data)
    assert found.refused.is_empty()
    told = values(found)
    assert told["metro-route:BL-1:12345:07:00-09:00:longest"] == 6
    assert told["metro-route:BL-1:12345:23:00-24:00:longest"] == 12
    zeros = sum(h["MinHeadwayMins"] == 0 for row in json.loads(data) for h in row["Headways"])
    assert zeros > 0
    assert min(told.values()) > 0


def test_stations_and_travel_times_of_tdx(shared_data: Path) -> None:
    stations = offer(timetables.decode, (shared_data / "transit" / "TRTC_Station.json").read_bytes())
    assert stations.refused.is_empty()
    place = stations.frames["stations"].filter(pl.col("station_id") == "metro-station:BL01").row(0, named=True)
    assert (place["name"], place["district"], place["longitude"]) == ("頂埔", "土城區", 121.418744)
    times = offer(timetables.decode, (shared_data / "transit" / "TRTC_S2STravelTime.json").read_bytes())
    assert times.refused.is_empty()
    assert values(times)["metro-section:BL-1:BL23:BL22:run"] == 112


def test_the_odd_part_alone_is_refused() -> None:
    calls = [{"DepTime": "23:58", "StationCode": "A"}, {"DepTime": "later", "StationCode": "A"}]
    row = {"EffectiveFrom": "2025-08-23", "Timetables": [{"Days": "1", "Trains": [{"Dst": "Z", "Schedule": calls}]}]}
    found = offer(timetables.decode, json.dumps([row, {"x": 1}]).encode())
    assert values(found) == {"metro:A:Z:1:trains": 1.0}
    first, second = reasons(found)
    assert "'later' is no time of a service day" in first
    assert "neither UpdateTime nor EffectiveFrom" in second
    again = offer(timetables.decode, found.refused["payload"][0])
    assert (again.offered, again.refused.height) == (1, 1)
