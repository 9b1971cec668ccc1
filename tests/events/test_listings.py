"""What a whole document no longer lists is ended where it lands: vehicles, arrivals, alerts, whoever ingests it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from google.transit import gtfs_realtime_pb2 as gtfs
from hypothesis import given, settings
from hypothesis import strategies as st

from events import batch
from events.batch import BATCH
from events.entities import NAMING, dictionaries, take_names
from events.feeds.registry import format_named
from events.ids import SourceId
from events.ingest import Ingester, Landed
from events.log import Log
from events.observations import FAMILIES
from events.source import document_polls, file_polls

NOW = datetime(2026, 6, 1, tzinfo=UTC)
AT = 1_772_496_000
FEED = format_named("gtfs-rt")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """An empty log."""
    with Log.open(tmp_path / "log.sqlite") as opened:
        yield opened


def ingest(log: Log, *documents: bytes, source: str = "file:gtfs-rt") -> Landed:
    landed = Landed()
    for document in documents:
        ingester = Ingester(log, clock=lambda: NOW)  # each with the memory that the log alone gives
        for poll in document_polls(FEED, document, SourceId(source)):
            landed += ingester.ingest(poll)
    return landed


def rows(log: Log, family: str) -> pl.DataFrame:
    """Every row of a family, in the log's order."""
    names, kind = dictionaries(None), FAMILIES[family]
    frames = [pl.DataFrame(schema=kind.stored)]
    for event in log.read(tags=[*NAMING, BATCH]):
        take_names(names, event)
        if event.tag == BATCH and batch.header_of(event.state).family == family:
            frames.append(batch.decode(event.state, kind.stored))
    return pl.concat(frames).join(names[family].names(), on="entity")


def latest(log: Log, family: str) -> dict[str, dict[str, object]]:
    """The last row of everything of a family, by its first identity column."""
    kind = FAMILIES[family]
    last = rows(log, family).sort("time", maintain_order=True).unique(list(kind.entity), keep="last")
    return {str(row[next(iter(kind.entity))]): row for row in last.iter_rows(named=True)}


def texts(log: Log, prefix: str) -> dict[str, object]:
    return {p: row["text"] for p, row in latest(log, "states").items() if p.startswith(prefix)}


def feed(
    at_s: int, *, vehicles: tuple[str, ...] = (), alerts: tuple[str, ...] = (), stops: tuple[str, ...] = (),
    differential: bool = False, deleted: tuple[str, ...] = (), own_s: int | None = None,
) -> bytes:  # fmt: skip
    message = gtfs.FeedMessage(header=gtfs.FeedHeader(gtfs_realtime_version="2.0", timestamp=AT + at_s))
    message.header.incrementality = gtfs.FeedHeader.DIFFERENTIAL if differential else gtfs.FeedHeader.FULL_DATASET
    for name in vehicles:
        vehicle = message.entity.add(id=f"v-{name}").vehicle
        vehicle.vehicle.id, vehicle.timestamp = name, AT + (at_s - 5 if own_s is None else own_s)
        vehicle.position.latitude, vehicle.position.longitude = 25.0, 121.5
    for name in alerts:
        told = message.entity.add(id=name).alert
        told.informed_entity.add(route_id="R1")
        told.effect = gtfs.Alert.NO_SERVICE
    for stop in stops:
        update = message.entity.add(id=f"t-{stop}").trip_update
        update.trip.trip_id, update.trip.route_id = f"T{stop}", "R1"
        update.stop_time_update.add(stop_id=stop).arrival.time = AT + at_s + 120
    for name in deleted:
        message.entity.add(id=name, is_deleted=True)
    return bytes(message.SerializeToString())


def test_an_empty_full_dataset_ends_an_alert(log: Log, shared_data: Path) -> None:
    for name in ("rt_alert_1", "rt_alert_2_empty"):
        ingest(log, (shared_data / "field" / "feeds" / f"{name}.pb").read_bytes())
    assert set(texts(log, "alert:a1:").values()) == {"not_listed"}
    assert {row["time"] for p, row in latest(log, "states").items() if p.startswith("alert:")} == {
        datetime.fromtimestamp(AT + 600, UTC)
    }


def test_a_full_dataset_ends_the_vehicle_and_the_arrival_that_it_no_longer_lists(log: Log, shared_data: Path) -> None:
    for name in ("rt_full_1", "rt_full_2"):
        for poll in file_polls(FEED, (shared_data / "field" / "feeds" / f"{name}.pb").read_bytes()):
            Ingester(log, clock=lambda: NOW).ingest(poll)
    vehicle = latest(log, "positions")["B1"]
    assert (vehicle["longitude"], vehicle["time"]) == (None, datetime.fromtimestamp(AT + 3600, UTC))
    ended = rows(log, "arrivals").filter(pl.col("stop_id") == "S1").sort("time")
    assert ended.select("state", "estimate_s").rows() == [("scheduled", 120), ("not_listed", None)]
    assert rows(log, "arrivals").filter(pl.col("stop_id") == "S2")["state"].to_list() == ["scheduled"]


def test_what_a_differential_feed_deletes_is_ended_and_nothing_is_refused(log: Log, shared_data: Path) -> None:
    told = feed(-60, vehicles=("1",), differential=True)
    both = gtfs.FeedMessage.FromString(told)
    both.entity[0].id = "v1"
    deletion = (shared_data / "field" / "feeds" / "rt_differential_deleted.pb").read_bytes()
    landed = ingest(log, bytes(both.SerializeToString()), deletion)
    assert (landed.refused, latest(log, "positions")["1"]["longitude"]) == (0, None)


def test_a_deletion_of_what_nobody_told_of_ends_nothing(log: Log) -> None:
    landed = ingest(log, feed(0, differential=True, deleted=("v1",)))
    assert (landed.refused, rows(log, "positions").height) == (0, 0)


def test_a_differential_feed_ends_nothing_but_what_it_tells_of(log: Log) -> None:
    ingest(log, feed(0, vehicles=("a", "b"), alerts=("x",), stops=("S",), differential=True))
    ingest(log, feed(60, vehicles=("b",), differential=True, deleted=("x", "t-S")))
    assert {n: row["longitude"] for n, row in latest(log, "positions").items()} == {"a": 121.5, "b": 121.5}
    assert set(texts(log, "alert:").values()) == {"not_listed"}
    assert latest(log, "arrivals")["R1"]["state"] == "not_listed"


def test_an_empty_full_dataset_ends_everything_of_its_feed_and_nothing_of_another(log: Log) -> None:
    ingest(log, feed(0, vehicles=("a",), alerts=("x",), stops=("S",)), source="feed:one")
    ingest(log, feed(0, vehicles=("b",), alerts=("y",)), source="feed:two")
    ingest(log, feed(60), source="feed:one")
    assert {n: row["longitude"] for n, row in latest(log, "positions").items()} == {"a": None, "b": 121.5}
    assert set(texts(log, "alert:x:").values()) == {"not_listed"}
    assert "not_listed" not in texts(log, "alert:y:").values()
    assert latest(log, "arrivals")["R1"]["state"] == "not_listed"


def test_documents_of_several_kinds_under_one_name_do_not_end_one_another(log: Log) -> None:
    ingest(log, feed(0, vehicles=("a",)), feed(1, stops=("S",)), feed(2, vehicles=("a",)), feed(3))
    assert latest(log, "positions")["a"]["longitude"] == 121.5
    assert latest(log, "arrivals")["R1"]["state"] == "scheduled"


def test_an_older_document_that_comes_late_ends_nothing(log: Log) -> None:
    ingest(log, feed(0, vehicles=("a",)), feed(600, vehicles=("a", "b")), feed(300, vehicles=("a",)), feed(300))
    assert {row["longitude"] for row in latest(log, "positions").values()} == {121.5}


def test_what_is_listed_again_stands_again_though_its_own_clock_lies_before_the_end(log: Log) -> None:
    ingest(log, feed(0, vehicles=("a",), own_s=-100), feed(60, vehicles=("b",)))
    assert latest(log, "positions")["a"]["longitude"] is None
    ingest(log, feed(120, vehicles=("a", "b"), own_s=-100))
    again = latest(log, "positions")["a"]
    assert (again["longitude"], again["time"]) == (121.5, datetime.fromtimestamp(AT + 120, UTC))
    ingest(log, feed(180, vehicles=("b",)), feed(240, vehicles=("a", "b")))
    assert latest(log, "positions")["a"]["longitude"] == 121.5


def test_a_refused_vehicle_was_listed_all_the_same(log: Log) -> None:
    ingest(log, feed(0, vehicles=("a",)))
    torn = gtfs.FeedMessage.FromString(feed(60, vehicles=("a", "b")))
    torn.entity[0].vehicle.position.latitude = 99
    assert ingest(log, bytes(torn.SerializeToString())).refused == 1
    assert latest(log, "positions")["a"]["longitude"] == 121.5


def test_several_documents_of_one_poll_are_held_against_each_other(log: Log) -> None:
    polls = [p for d in (feed(0, vehicles=("a",)), feed(60, vehicles=("b",)), feed(120, vehicles=("a",)))
             for p in file_polls(FEED, d)]  # fmt: skip
    together = [payload for poll in polls for payload in poll.payloads[FEED]]
    frames = FEED.decode(together).frames
    Ingester(log, clock=lambda: NOW).append_frames(polls[0].source, frames)
    told = rows(log, "positions").filter(pl.col("vehicle_id") == "a").sort("time")
    assert told["longitude"].to_list() == [121.5, None, 121.5]
    assert latest(log, "positions")["b"]["longitude"] is None


def test_a_document_that_is_tried_again_speaks_for_itself_alone() -> None:
    (poll,) = file_polls(FEED, feed(0, vehicles=("a",)))
    (payload,) = poll.payloads[FEED]
    assert FEED.decode([payload]).frames["states"].height == 2
    alone = type(payload)(payload.data, payload.received_at)
    assert FEED.decode([alone]).frames["states"].is_empty()


@settings(deadline=None, max_examples=12)
@given(st.lists(st.frozensets(st.sampled_from("abcd")), min_size=1, max_size=5), st.sampled_from(["one", "each"]))
def test_after_any_full_datasets_there_is_just_what_the_last_one_lists(
    listed: list[frozenset[str]], ingesters: str
) -> None:
    with tempfile.TemporaryDirectory() as directory, Log.open(Path(directory) / "log.sqlite") as log:
        documents = [feed(60 * n, vehicles=tuple(sorted(names))) for n, names in enumerate(listed)]
        if ingesters == "one":
            ingester = Ingester(log, clock=lambda: NOW)
            for document in documents:
                for poll in file_polls(FEED, document):
                    ingester.ingest(poll)
        else:
            ingest(log, *documents)
        there = {name for name, row in latest(log, "positions").items() if row["longitude"] is not None}
        assert there == listed[-1]
        told = rows(log, "positions")
        ends = sum(len(before - after) for before, after in pairwise(listed))
        assert told.filter(pl.col("longitude").is_null()).height == ends


def test_what_stays_listed_is_written_once(log: Log) -> None:
    ingest(log, *(feed(60 * n, vehicles=("a",)) for n in range(5)))
    told = rows(log, "states").filter(pl.col("point_id").str.contains(":positions:a"))
    assert told["text"].to_list() == ["listed"]
