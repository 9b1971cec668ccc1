"""What a whole snapshot of the bus feed no longer lists is said to be not listed, once, whoever ingests it and when."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from events import batch
from events.batch import BATCH
from events.entities import NAMING, dictionaries, take_names
from events.feeds.registry import format_named
from events.ingest import Ingester
from events.log import Log
from events.observations import ARRIVALS
from events.source import file_polls

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BUS = format_named("bus-estimate")
Key = tuple[str, str, str]


def snapshot(minute: int, *stops: str, wait: str = "60") -> bytes:
    rows = [{"RouteID": 307, "StopID": s, "EstimateTime": wait, "GoBack": "0"} for s in stops]
    other = {"RouteID": 9, "StopID": "x", "EstimateTime": "5", "GoBack": "0"}
    head = {"UpdateTime": f"2024/09/08 14:{minute:02d}:00"}
    return json.dumps({"EssentialInfo": head, "BusInfo": [*rows, other]}).encode()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """An empty log."""
    with Log.open(tmp_path / "log.sqlite") as opened:
        yield opened


def ingest(log: Log, *documents: bytes) -> None:
    for document in documents:
        ingester = Ingester(log, clock=lambda: NOW)  # each with the memory that the log alone gives
        for poll in file_polls(BUS, document):
            ingester.ingest(poll)


def told(log: Log) -> pl.DataFrame:
    """Every arrival in the log, in its order."""
    names = dictionaries(None)
    frames = []
    for event in log.read(tags=[*NAMING, BATCH]):
        take_names(names, event)
        if event.tag == BATCH and batch.header_of(event.state).family == "arrivals":
            frames.append(batch.decode(event.state, ARRIVALS.stored))
    return pl.concat(frames).join(names["arrivals"].names(), on="entity")


def states_of(log: Log, stop: str) -> list[tuple[int, str, int | None]]:
    rows = told(log).filter(pl.col("stop_id") == stop).sort("time")
    return [(time.minute, state, wait) for time, state, wait in rows.select("time", "state", "estimate_s").iter_rows()]


def test_a_row_that_vanishes_is_not_listed_and_has_no_number(log: Log) -> None:
    ingest(log, snapshot(0, "a", "b"), snapshot(1, "b"), snapshot(2, "b"))
    assert states_of(log, "a") == [(0, "estimated", 60), (1, "not_listed", None)]
    assert states_of(log, "b") == [(m, "estimated", 60) for m in (0, 1, 2)]


def test_a_row_that_comes_back_is_listed_again_and_can_vanish_again(log: Log) -> None:
    ingest(log, snapshot(0, "a"), snapshot(1), snapshot(2, "a"), snapshot(3))
    assert [state for _, state, _ in states_of(log, "a")] == ["estimated", "not_listed", "estimated", "not_listed"]


def test_a_snapshot_landed_twice_or_late_concludes_nothing(log: Log) -> None:
    ingest(log, snapshot(0, "a"), snapshot(5, "a"), snapshot(3), snapshot(5, "a"))
    assert [state for _, state, _ in states_of(log, "a")] == ["estimated", "estimated"]


def test_a_snapshot_with_a_row_that_was_refused_concludes_nothing_of_its_bucket(log: Log) -> None:
    ingest(log, snapshot(0, "a", "b"), snapshot(1, "b", wait="-7"), snapshot(2, "b"))
    assert [state for _, state, _ in states_of(log, "a")] == ["estimated", "not_listed"]
    assert states_of(log, "a")[-1][0] == 2


def test_several_snapshots_of_one_poll_are_held_against_each_other(log: Log) -> None:
    ingester = Ingester(log, clock=lambda: NOW)
    frames = [BUS.decode([p for poll in file_polls(BUS, d) for p in poll.payloads[BUS]]).frames
              for d in (snapshot(0, "a"), snapshot(1), snapshot(2, "a"))]  # fmt: skip
    together = {family: pl.concat(f[family] for f in frames) for family in frames[0]}
    ingester.append_frames(file_polls(BUS, snapshot(0))[0].source, together)
    assert [state for _, state, _ in states_of(log, "a")] == ["estimated", "not_listed", "estimated"]


def test_the_real_snapshots_lose_just_the_rows_that_are_missing(log: Log, shared_data: Path) -> None:
    first, second = (
        gzip.decompress((shared_data / "bus" / f"estimate_2024-09-08T{t}.json.gz").read_bytes())
        for t in ("093830", "144600")
    )
    ingest(log, first, second)
    gone = keys(first) - keys(second)
    absent = told(log).filter(pl.col("state") == "not_listed")
    assert set(absent.select("route_id", "stop_id", "direction").iter_rows()) == gone
    assert (absent.height, len(gone)) == (6186, 6186)
    assert absent.select("estimate_s", "delay_s").null_count().row(0) == (6186, 6186)
    assert set(absent["time"]) == {datetime(2024, 9, 8, 14, 46, tzinfo=UTC) - timedelta(hours=8)}


def test_a_snapshot_cut_short_loses_just_the_rows_that_were_cut(log: Log, shared_data: Path) -> None:
    document = gzip.decompress((shared_data / "bus" / "estimate_2024-09-08T144600.json.gz").read_bytes())
    found = json.loads(document)
    head = found["EssentialInfo"] | {"UpdateTime": "2024/09/08 14:47:30"}
    cut = json.dumps({"EssentialInfo": head, "BusInfo": found["BusInfo"][549:]}).encode()
    ingest(log, document, cut)
    assert told(log).filter(pl.col("state") == "not_listed").height == 549


def keys(document: bytes) -> set[Key]:
    rows = json.loads(document)["BusInfo"]
    return {(str(r["RouteID"]), str(r["StopID"]), str(r["GoBack"])) for r in rows}
