"""City bus estimates: seconds are waits, negatives are states, and no row of a snapshot is lost."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from events.feeds import bus_estimate
from tests.feeds.offering import offer, reasons


def snapshot(**row: object) -> bytes:
    stop = {"RouteID": 10442, "StopID": 36407, "EstimateTime": "705", "GoBack": "0"} | row
    return json.dumps({"EssentialInfo": {"UpdateTime": "2024/09/08 14:47:30"}, "BusInfo": [stop]}).encode()


@pytest.mark.parametrize(("name", "rows"), [("093830", 29_124), ("144600", None)])
def test_every_row_of_a_real_snapshot_lands_also_cut_into_messages(
    shared_data: Path, name: str, rows: int | None
) -> None:
    document = gzip.decompress((shared_data / "bus" / f"estimate_2024-09-08T{name}.json.gz").read_bytes())
    told = json.loads(document)["BusInfo"]
    assert rows in (None, len(told))
    arrivals = offer(bus_estimate.decode, *bus_estimate.split(document)).frames["arrivals"]
    assert arrivals.height == len(told)
    assert arrivals.select("route_id", "stop_id", "direction").is_duplicated().sum() == 0
    assert arrivals["estimate_s"].sum() == sum(max(0, int(r["EstimateTime"])) for r in told)
    for seconds, state in bus_estimate.STATES.items():
        count = sum(r["EstimateTime"] == str(seconds) for r in told)
        assert arrivals.filter((pl.col("state") == state) & pl.col("estimate_s").is_null()).height == count


def test_a_snapshots_time_is_taipeis() -> None:
    row = offer(bus_estimate.decode, snapshot()).frames["arrivals"].drop("record").row(0)
    assert row == ("10442", "36407", "0", datetime(2024, 9, 8, 6, 47, 30, tzinfo=UTC), 705, None, "estimated")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"EstimateTime": "-7"}, "is no state and no wait"),
        ({"EstimateTime": "soon"}, "is no number of seconds"),
        ({"EstimateTime": "1000000"}, "is no state and no wait"),
        ({"RouteID": None}, "a row without RouteID"),
        ({"GoBack": []}, "holds a list or an object"),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_as_a_snapshot(change: dict[str, object], reason: str) -> None:
    decoded = offer(bus_estimate.decode, snapshot(**change))
    assert reason in reasons(decoded)[0]
    assert reasons(offer(bus_estimate.decode, decoded.refused["payload"][0])) == reasons(decoded)
