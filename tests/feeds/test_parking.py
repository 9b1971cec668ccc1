"""Car parks: sentinels are no counts, CST is UTC+8, sockets are told one by one and counted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from events.feeds import parking
from tests.feeds.offering import offer, reasons

TIME = "Fri Jun 27 10:58:00 CST 2025"


def lots(*park: object, time: str = TIME) -> bytes:
    return json.dumps({"data": {"UPDATETIME": time, "park": park}}).encode()


def test_the_real_document_lands_but_for_the_undocumented_negative(shared_data: Path) -> None:
    document = (shared_data / "parking" / "2025-06" / "TCMSV_allavailable.json").read_bytes()
    park = json.loads(document)["data"]["park"]
    told = [v for lot in park for name, v in lot.items() if name in parking.COUNTS and v >= 0]
    decoded = offer(parking.decode, document)
    readings, states = decoded.frames["readings"], decoded.frames["states"]
    counts = readings.filter(~pl.col("point_id").str.contains(":sockets_"))
    assert (counts.height, counts["value"].sum()) == (len(told), sum(told))
    assert (states.height, readings.height - counts.height) == (701, 2 * 130)
    charging = readings.filter(pl.col("point_id").str.ends_with("sockets_charging"))["value"].sum()
    assert charging == states.filter(pl.col("text") == "充電中").height == 235
    assert set(readings["time"].to_list()) == {datetime(2025, 6, 27, 2, 58, tzinfo=UTC)}
    assert reasons(decoded) == ["parking: parking:TPE0129:availablecar: -3.0, not within 0.0 to 100000.0 "]


def test_a_lot_that_cannot_tell_gives_no_reading_and_is_not_counted() -> None:
    decoded = offer(parking.decode, lots({"id": "139", "availablecar": -9, "availablemotor": 0}))
    assert decoded.offered == 1
    assert decoded.frames["readings"].select("point_id", "value").rows() == [("parking:139:availablemotor", 0.0)]


@pytest.mark.parametrize(("sentinel", "word"), [(-11, "enough"), (-12, "under half"), (-13, "short")])
def test_spaces_without_a_count_are_a_state(sentinel: int, word: str) -> None:
    frames = offer(parking.decode, lots({"id": "139", "availablecar": sentinel})).frames
    assert frames["states"].select("point_id", "text").rows() == [("parking:139:availablecar", word)]
    assert frames["readings"].is_empty()


@pytest.mark.parametrize(
    ("lot", "reason"),
    [
        ({"availablecar": 1}, "a lot without an id"),
        ({"id": "1"}, "neither availablecar nor another count"),
        ({"id": "1", "availablecar": "many"}, "is no count"),
        ({"id": "1", "availablecar": [3]}, "is no count"),
        ({"id": "1", "ChargeStation": {}}, None),
        ({"id": "1", "ChargeStation": {"x": 1}}, "without scoketStatusList"),
        ({"id": "1", "ChargeStation": {"scoketStatusList": [{}]}}, "a socket without spot_abrv"),
        (7, "a lot without an id"),
    ],
)
def test_a_lot_that_cannot_be_read_is_refused_alone(lot: object, reason: str | None) -> None:
    decoded = offer(parking.decode, lots({"id": "139", "availablecar": 4}, lot))
    assert decoded.frames["readings"].height == 1
    assert [reason in why for why in reasons(decoded) if reason] == ([True] if reason else [])


def test_a_document_without_a_time_that_can_be_read_is_refused_reading_by_reading() -> None:
    decoded = offer(parking.decode, lots({"id": "1", "availablecar": 4}, time="yesterday"))
    assert reasons(decoded) == ["parking: parking:1:availablecar: 'yesterday' is no time"]


def test_descriptions_are_refused_by_name() -> None:
    (why,) = reasons(offer(parking.decode, lots({"id": "1", "totalcar": 4})))
    assert "TCMSV_alldesc" in why
