"""Decoding by column tells what a plain loop over the document tells, whatever stands in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.feeds import airbox, aqi, bus_estimate, parking
from events.feeds.meters import nem12
from events.feeds.wide import Measure
from tests.feeds.offering import UNHURRIED, offer

Told = tuple[str, str, float]

SCALARS = st.sampled_from(["", "-", "N/A", " 17 ", "1e2", "17.25", "x", "inf", "nan", None, True, -1, 17, 17.5, 1e9])
NUMBERS = st.floats(0, 1e6, allow_nan=False)


def readings(frame: pl.DataFrame) -> list[Told]:
    return sorted(frame.select("point_id", "unit", "value").rows())


def number(value: Any) -> float | None:
    """A scalar as a feed writes it; None when it is no finite number."""
    try:
        found = float(str(int(value)) if isinstance(value, bool) else str(value).strip())
    except ValueError:
        return None
    return found if abs(found) < float("inf") else None


def plainly(
    prefix: str, row: Mapping[str, Any], measures: Mapping[str, Measure], silent: tuple[str, ...]
) -> list[Told]:
    """What a row tells, one value after the other."""
    found = []
    for key, measure in measures.items():
        value = row.get(key)
        if measure.unit is None or value is None or str(value).strip() in silent:
            continue
        read = number(value)
        if read is not None and measure.lowest <= read <= measure.highest:
            found.append((f"{prefix}:{key}", measure.unit, read))
    return found


@UNHURRIED
@given(st.lists(st.dictionaries(st.sampled_from(list(airbox.KEYS)), SCALARS, min_size=1), min_size=1, max_size=5))
def test_airboxes_are_read_as_a_plain_loop_reads_them(rows: list[dict[str, Any]]) -> None:
    present = [{k: v for k, v in row.items() if v is not None} | {"s_d0": row.get("s_d0") or "5"} for row in rows]
    feeds = [r | {"device_id": f"d{n}", "timestamp": "2026-08-20T11:41:52Z"} for n, r in enumerate(present)]
    decoded = offer(airbox.decode, json.dumps({"feeds": feeds}).encode())
    told = [t for n, r in enumerate(feeds) for t in plainly(f"airbox:d{n}", r, airbox.KEYS, airbox.SILENT)]
    assert readings(decoded.frames["readings"]) == sorted(told)


@UNHURRIED
@given(st.lists(st.dictionaries(st.sampled_from(list(aqi.UNITS)), SCALARS), min_size=1, max_size=5))
def test_stations_are_read_as_a_plain_loop_reads_them(rows: list[dict[str, Any]]) -> None:
    records = [r | {"site_id": n, "publish_time": "2026/08/20 19:00", "co": "0.5"} for n, r in enumerate(rows)]
    decoded = offer(aqi.decode, json.dumps(records).encode())
    told = [t for n, r in enumerate(records) for t in plainly(f"aqi:{n}", r, aqi.UNITS, aqi.SILENT)]
    assert readings(decoded.frames["readings"]) == sorted(told)


@UNHURRIED
@given(st.lists(st.sampled_from([-13, -12, -11, -10, -9, -1, 0, 3, "7", " 8 ", "x", 2.5, None]), max_size=8))
def test_counts_of_lots_are_read_as_a_plain_loop_reads_them(counts: list[Any]) -> None:
    lots = [{"id": str(n), "availablecar": c, "availablemotor": 1} for n, c in enumerate(counts)]
    document = {"data": {"UPDATETIME": "Thu Aug 20 19:41:52 CST 2026", "park": [*lots, {"id": "z", "availablebus": 1}]}}
    decoded = offer(parking.decode, json.dumps(document).encode())
    told = {p: v for p, _, v in readings(decoded.frames["readings"]) if p.endswith("car")}
    whole = {n: number(c) for n, c in enumerate(counts) if isinstance(c, int | str)}
    assert told == {f"parking:{n}:availablecar": v for n, v in whole.items() if v is not None and v >= 0}


@UNHURRIED
@given(
    days=st.lists(st.lists(NUMBERS, min_size=24, max_size=24), min_size=1, max_size=3),
    letter=st.sampled_from("AESF"),
)
def test_intervals_end_where_a_plain_loop_ends_them(days: list[list[float]], letter: str) -> None:
    first = datetime(2026, 3, 29, tzinfo=timezone(timedelta(hours=10)))
    lines = ["200,NMI1,E1,E1,E1,,S1,WH,60,"]
    told = []
    for number_of_day, values in enumerate(days):
        midnight = first + timedelta(days=number_of_day)
        lines.append(f"300,{midnight:%Y%m%d},{','.join(map(repr, values))},{letter},,,,")
        told += [(midnight + timedelta(hours=at), v) for at, v in enumerate(values, start=1)]
    frame = offer(nem12.decode, "\n".join(lines).encode()).frames["readings"]
    assert frame.select("time", "value").rows() == told


@UNHURRIED
@given(st.lists(st.tuples(st.integers(-6, 90_000), st.sampled_from(["0", "1", ""])), min_size=1, max_size=6))
def test_snapshots_of_one_poll_are_read_as_each_alone(rows: list[tuple[int, str]]) -> None:
    documents = [
        json.dumps(
            {
                "EssentialInfo": {"UpdateTime": f"2026/08/20 19:4{n}:00"},
                "BusInfo": [{"RouteID": 1, "StopID": at, "EstimateTime": str(s), "GoBack": g} for at, (s, g) in part],
            }
        ).encode()
        for n, part in enumerate([list(enumerate(rows)), list(enumerate(reversed(rows)))])
    ]
    together = offer(bus_estimate.decode, *documents)
    for record, document in enumerate(documents):
        alone = offer(bus_estimate.decode, document)
        for family, frame in alone.frames.items():
            mine = together.frames[family].filter(pl.col("record") == record)
            assert mine.drop("record").equals(frame.drop("record"))
        refused = together.refused.filter(pl.col("record") == record)
        assert refused.drop("record").equals(alone.refused.drop("record"))


@pytest.mark.parametrize("written", ["2026-08-20 11:41:52", "2026/08/20 11:41:52", "2026-08-20T03:41:52Z"])
def test_a_time_told_often_is_the_time_told_once(written: str) -> None:
    rows = [{"device_id": f"d{n}", "s_d0": 1.0, "timestamp": written} for n in range(50)]
    times = offer(airbox.decode, json.dumps({"feeds": rows}).encode()).frames["readings"]["time"]
    assert (times.len(), times.n_unique()) == (50, 1)
