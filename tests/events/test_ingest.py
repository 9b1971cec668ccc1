"""Ingest: what tells something new lands once, in order; what repeats is counted; what cannot be is in quarantine."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import batch
from events.batch import BATCH
from events.entities import ENTITIES, Entities, names_schema
from events.errors import ConflictError, LogUnavailableError
from events.feeds.decoded import REFUSED, Decoded, Format, Payload
from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.observations import READINGS, STATIONS
from events.quarantine import quarantined
from events.source import Poll

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SOURCE = SourceId("kafka:lines:0")


def decode_lines(payloads: object) -> Decoded:
    """A plain test format: `point value hour`, one reading a payload; anything else is refused."""
    good, bad = [], []
    for at, payload in enumerate(payloads):  # type: ignore[arg-type, var-annotated]
        words = payload.data.decode().split()
        if len(words) == 3:
            good.append((words[0], "kWh", NOW + timedelta(hours=int(words[2])), float(words[1]), 0, at))
        else:
            bad.append((at, "not three words", payload.data))
    frame = pl.DataFrame(good, schema=READINGS.decoded, orient="row")
    refused = pl.DataFrame(bad, schema=REFUSED, orient="row")
    return Decoded({"readings": frame}, refused, len(good) + len(bad))


LINES = Format("lines", "lines", "lines", "text/plain", decode_lines)


def poll(lines: list[str], last_offset: int) -> Poll:
    """Lines as a poll that ends at `last_offset`."""
    offsets = list(range(last_offset - len(lines) + 1, last_offset + 1))
    return Poll(SOURCE, offsets[0], last_offset, {LINES: [Payload(s.encode(), NOW) for s in lines]}, {LINES: offsets})


def landed(log: Log) -> list[tuple[str, datetime, float]]:
    """Every reading in the log, in its order."""
    names = Entities(READINGS)
    rows: list[tuple[str, datetime, float]] = []
    for event in log.read(tags=[ENTITIES, BATCH]):
        if event.tag == ENTITIES:
            names.learn(batch.decode(event.state, names_schema(READINGS)), event.version)
        elif batch.header_of(event.state).family == "readings":
            frame = batch.decode(event.state, READINGS.stored).join(names.names(), on="entity")
            rows += frame.select("point_id", "time", "value").rows()
    return rows


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """An empty log."""
    with Log.open(tmp_path / "log.sqlite") as opened:
        yield opened


def ingester(log: Log) -> Ingester:
    """An ingester whose clock stands at noon of the test day."""
    return Ingester(log, clock=lambda: NOW)


def test_a_poll_lands_with_its_offset(log: Log) -> None:
    result = ingester(log).ingest(poll(["a 1 -2", "b 5 -2", "a 2 -1"], 2))
    assert (dict(result.rows), result.duplicates, result.refused) == ({"readings": 3}, 0, 0)
    assert log.tracked(SOURCE) == 2


def test_a_poll_delivered_again_lands_nothing(log: Log) -> None:
    one = poll(["a 1 -2", "nonsense"], 1)
    ingester(log).ingest(one)
    head = log.head()
    assert ingester(log).ingest(one).rows == {}
    assert log.head() == head
    assert len(list(quarantined(log))) == 1


def test_a_poll_that_overlaps_what_another_ingester_landed_is_polled_again(log: Log) -> None:
    one, two = ingester(log), ingester(log)
    one.ingest(poll(["a 1 -4", "nonsense"], 1))
    with pytest.raises(ConflictError, match="offsets 0 to 1 of 0 to 3"):
        two.ingest(poll(["a 1 -4", "nonsense", "a 2 -3", "a 3 -2"], 3))
    two.ingest(poll(["a 2 -3", "a 3 -2"], 3))
    assert one.ingest(poll(["a 2 -3", "a 3 -2"], 3)).rows == {}
    assert (len(landed(log)), len(list(quarantined(log)))) == (3, 1)


def test_two_writers_of_one_source_conflict_whatever_they_bring(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look at the tracked offset and the append, another ingester appends; nothing lands twice."""
    one, two = ingester(log), ingester(log)
    look = Ingester._has_landed

    def look_then_lose(self: Ingester, *words: object) -> bool:
        found = look(self, *words)  # type: ignore[arg-type]
        if self is two:
            monkeypatch.setattr(Ingester, "_has_landed", look)
            one.ingest(poll(["nonsense", "b 1 -1"], 1))
        return found

    monkeypatch.setattr(Ingester, "_has_landed", look_then_lose)
    with pytest.raises(ConflictError):
        two.ingest(poll(["nonsense", "b 1 -1", "c 1 -1"], 2))
    assert (len(landed(log)), len(list(quarantined(log))), log.tracked(SOURCE)) == (1, 1, 1)


def test_what_is_published_twice_is_counted_and_not_doubled(log: Log) -> None:
    writer = ingester(log)
    writer.ingest(poll(["a 1 -2", "a 2 -1"], 1))
    again = writer.ingest(poll(["a 1 -2", "a 2 -1"], 3))
    assert (dict(again.rows), again.duplicates) == ({"readings": 0}, 2)
    assert len(landed(log)) == 2


def test_a_correction_lands_and_so_does_its_withdrawal(log: Log) -> None:
    writer = ingester(log)
    for number, value in enumerate(["10", "11", "10"]):
        assert writer.ingest(poll([f"a {value} -1"], number)).rows == {"readings": 1}
    assert [value for _, _, value in landed(log)] == [10, 11, 10]


def test_of_one_poll_the_later_arrival_replaces_the_earlier(log: Log) -> None:
    ingester(log).ingest(poll(["a 10 -1", "a 11 -1", "a 11 -1"], 2))
    assert [value for _, _, value in landed(log)] == [10, 11]


def test_a_time_ahead_of_the_clock_is_refused_with_its_row(log: Log) -> None:
    result = ingester(log).ingest(poll(["a 1 -1", "a 2 3"], 7))
    (found,) = quarantined(log)
    assert (result.rows["readings"], result.refused, found.refusal.offset) == (1, 1, 7)
    assert b'"value":2.0' in found.refusal.payload
    assert "ahead of its arrival" in found.refusal.reason


def test_counts_of_a_poll_add_up(log: Log) -> None:
    lines = ["a 1 -2", "a 1 -2", "bad", "b 1 5", "c 3 -1"]
    result = ingester(log).ingest(poll(lines, 4))
    assert result.rows["readings"] + result.duplicates + result.refused == len(lines)


def test_a_point_keeps_its_first_unit_and_scales_of_it_are_brought_to_it(log: Log) -> None:
    writer = ingester(log)
    row = {"point_id": ["m"], "time": [NOW], "quality": [0], "record": [0]}
    for unit, value in (("kWh", 1.0), ("Wh", 2500.0), ("Cel", 21.0)):
        columns = {**row, "unit": [unit], "value": [value]}
        frame = pl.DataFrame({c: columns[c] for c in READINGS.decoded}, schema=READINGS.decoded)
        writer.append_frames(SOURCE, {"readings": frame})
    assert sorted(value for _, _, value in landed(log)) == [1.0, 2.5, 21.0]


def test_a_slowly_changing_row_lands_only_when_it_changes(log: Log) -> None:
    writer = ingester(log)

    def station(capacity: int, hour: int) -> int:
        values = ("s", NOW - timedelta(hours=hour), "n", "n", "d", 121.5, 25.0, capacity, 0)
        frame = pl.DataFrame([values], schema=STATIONS.decoded, orient="row")
        return writer.append_frames(SOURCE, {"stations": frame}).rows["stations"]

    assert [station(20, 9), station(20, 8), station(22, 7), station(22, 6), station(20, 5)] == [1, 0, 1, 0, 1]


def test_a_slowly_changing_row_ahead_of_the_clock_is_refused_with_its_row(log: Log) -> None:
    def station(at: int) -> Decoded:
        values = ("s", NOW + timedelta(hours=at), "n", "n", "d", 121.5, 25.0, 20, 0)
        return Decoded({"stations": pl.DataFrame([values], schema=STATIONS.decoded, orient="row")}, offered=1)

    ahead = Format("ahead", "ahead", "ahead", "text/plain", lambda _: station(3))
    result = ingester(log).ingest(Poll(SOURCE, 4, 4, {ahead: [Payload(b"x", NOW)]}, {ahead: [4]}))
    (found,) = quarantined(log)
    assert (result.rows["stations"], result.refused, found.refusal.offset, found.refusal.format) == (
        0,
        1,
        4,
        "stations",
    )
    assert b'"name":"n"' in found.refusal.payload


def test_more_values_of_one_instant_than_a_batch_can_number_keep_their_order(log: Log) -> None:
    """`sequence` has 16 bits: 200,000 arrivals of one (point, time) take further batches; the last is believed."""
    count = 200_000
    frame = pl.DataFrame({"value": np.arange(count, dtype=np.float64)}).select(
        pl.lit("a").alias("point_id"),
        pl.lit("kWh").alias("unit"),
        pl.lit(NOW).alias("time"),
        "value",
        pl.lit(0, pl.UInt8).alias("quality"),
        pl.lit(0, pl.UInt32).alias("record"),
    )
    assert ingester(log).append_frames(SOURCE, {"readings": frame}).rows == {"readings": count}
    batches = [batch.decode(e.state, READINGS.stored) for e in log.read(tags=[BATCH])]
    assert [b.height for b in batches] == [65_536, 65_536, 65_536, count - 3 * 65_536]
    assert all(b["sequence"].to_list() == list(range(b.height)) for b in batches)
    assert pl.concat(batches)["value"].to_list() == frame["value"].to_list()
    repeated = ingester(log).append_frames(SOURCE, {"readings": frame.tail(1)})
    assert (repeated.rows["readings"], repeated.duplicates) == (0, 1)


def test_a_refused_document_from_a_file_is_kept_once(log: Log) -> None:
    writer = ingester(log)
    one = Poll(SourceId("file:lines"), -1, -1, {LINES: [Payload(b"nonsense", NOW)]}, {LINES: [-1]})
    assert [writer.ingest(one).refused, writer.ingest(one).refused] == [1, 0]
    assert [ingester(log).ingest(one).refused, len(list(quarantined(log)))] == [0, 1]


def test_a_failed_append_leaves_no_trace_and_can_be_done_again(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = ingester(log)
    writer.ingest(poll(["a 1 -5"], 0))
    whole = Log.append

    def full_disk(*_: object, **__: object) -> None:
        raise LogUnavailableError("database or disk is full")

    monkeypatch.setattr(Log, "append", full_disk)
    with pytest.raises(LogUnavailableError):
        writer.ingest(poll(["b 2 -4"], 1))
    monkeypatch.setattr(Log, "append", whole)
    assert writer.ingest(poll(["b 2 -4"], 1)).rows == {"readings": 1}
    assert [(point, value) for point, _, value in landed(log)] == [("a", 1), ("b", 2)]


def test_two_writers_of_new_names_do_not_mix_them_up(log: Log) -> None:
    one, two = ingester(log), ingester(log)
    one.append_frames(SourceId("x"), decode_lines([Payload(b"a 1 -1", NOW)]).frames)
    two.append_frames(SourceId("y"), decode_lines([Payload(b"b 2 -1", NOW)]).frames)
    one.append_frames(SourceId("x"), decode_lines([Payload(b"b 3 -1", NOW)]).frames)
    assert [(point, value) for point, _, value in landed(log)] == [("a", 1), ("b", 2), ("b", 3)]


def interleaved(one: Ingester, other: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lets another ingester land, once, after `one` has caught up and before it appends; who did, in order."""
    look, turns = Ingester._has_landed, list[str]()

    def look_then_wait(self: Ingester, *words: object) -> bool:
        found = look(self, *words)  # type: ignore[arg-type]
        if self is one and not turns:
            turns.append("other")
            other()
        return found

    monkeypatch.setattr(Ingester, "_has_landed", look_then_wait)
    return turns


def test_what_another_source_lands_between_catching_up_and_appending_is_known_after(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = ingester(log), ingester(log)
    one.ingest(poll(["a 1 -9", "b 1 -9"], 1))
    frames = decode_lines([Payload(b"b 7 -2", NOW)]).frames
    turns = interleaved(one, lambda: two.append_frames(SourceId("other"), frames), monkeypatch)
    assert one.ingest(poll(["a 2 -4"], 2)).rows == {"readings": 1}
    assert turns == ["other"]
    again = one.ingest(poll(["b 7 -2"], 3))
    assert (again.rows["readings"], again.duplicates) == (0, 1)
    assert [v for _, _, v in landed(log)] == [1, 1, 7, 2]


def test_of_two_sources_that_tell_one_instant_at_once_the_later_position_is_believed(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a correction that lands while its point's old value is being appended, then it can be told again."""
    one, two = ingester(log), ingester(log)
    one.ingest(poll(["a 1 -9"], 0))
    frames = decode_lines([Payload(b"a 8 -2", NOW)]).frames
    turns = interleaved(one, lambda: two.append_frames(SourceId("other"), frames), monkeypatch)
    one.ingest(poll(["a 5 -2"], 1))
    assert turns == ["other"]
    assert two.append_frames(SourceId("other"), frames).rows == {"readings": 1}
    assert one.ingest(poll(["a 8 -2"], 2)).duplicates == 1
    assert [v for _, _, v in landed(log)] == [1, 8, 5, 8]


lines = st.tuples(st.sampled_from("abc"), st.integers(0, 2), st.integers(-40, 0)).map(lambda t: f"{t[0]} {t[1]} {t[2]}")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    polls=st.lists(st.lists(lines, min_size=1, max_size=8), min_size=1, max_size=8),
    restart=st.integers(0, 7),
    chance=st.randoms(),
)
def test_restarts_change_nothing_of_what_lands(
    polls: list[list[str]], restart: int, chance: random.Random, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A restart, with or without the saved memory, gives the rows of an ingester that never stopped."""
    folder = tmp_path_factory.mktemp("restart")
    outcomes = []
    for name in ("steady", "restarted"):
        with Log.open(folder / f"{name}.sqlite") as log:
            memory = folder / f"{name}.npz"
            writer = Ingester(log, checkpoint=memory, clock=lambda: NOW)
            offset = -1
            for number, some in enumerate(polls):
                offset += len(some)
                writer.ingest(poll(some, offset))
                if name == "restarted" and number == restart:
                    if chance.random() < 0.5:
                        writer.save()
                    writer = Ingester(log, checkpoint=memory, clock=lambda: NOW)
            outcomes.append(landed(log))
    assert outcomes[0] == outcomes[1]


@settings(max_examples=60, deadline=None)
@given(some=st.lists(lines, min_size=1, max_size=30))
def test_believed_values_are_those_of_a_plain_loop(tmp_path_factory: pytest.TempPathFactory, some: list[str]) -> None:
    """Dropping repeats never changes what is believed of any (point, time)."""
    with Log.open(tmp_path_factory.mktemp("loop") / "log.sqlite") as log:
        writer = ingester(log)
        for number, line in enumerate(some):
            writer.ingest(poll([line], number))
        believed = {(point, time): value for point, time, value in landed(log)}
    plain = {(w[0], NOW + timedelta(hours=int(w[2]))): float(w[1]) for w in (line.split() for line in some)}
    assert believed == plain
