"""Record times rise along the log; where those of an old log do not, one wrong clock does not move what was known."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events import batch
from events.clock import now
from events.errors import ClockAheadError
from events.ids import SourceId, StreamId
from events.ingest import Ingester
from events.log import Log, NewEvent
from events.sealing.record_clock import RecordClock
from events.sealing.records import made_at, recorded_us
from replay.city import City
from replay.clocks import believed, position_at
from tests.replay.golden import hours, reading
from twin.place import CityFile, Place, init
from twin.verify import verify

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SOURCE = SourceId("test")
BATCHES = 40


@pytest.fixture(params=["file", "server"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    log = "log.sqlite" if request.param == "file" else request.getfixturevalue("postgres_dsn")
    return init(tmp_path / "city", CityFile(log=log))


def land(log: Log, moment: datetime, value: float = 1.0, source: SourceId = SOURCE) -> None:
    """Land one reading by a writer whose clock says `moment`."""
    Ingester(log, clock=lambda: moment).append_frames(source, {"readings": reading("m1", hours(value), value)})


def times(log: Log) -> list[int]:
    return [us for event in log.read() if (us := recorded_us(event.state)) is not None]


def old_log(place: Place, moments: list[datetime]) -> None:
    """A log from before times had to rise: a batch at each moment, written into the store by hand."""
    with place.log() as log:
        for number in range(len(moments)):
            land(log, hours(number), float(number))
    file = sqlite3.connect(place.directory / "log.sqlite")
    with file:
        rows = file.execute("SELECT rowid, state FROM stored_events WHERE topic = 'batch.v1' ORDER BY rowid").fetchall()
        for (rowid, state), moment in zip(rows, moments, strict=True):
            us = int(moment.timestamp() * 1_000_000)
            file.execute("UPDATE stored_events SET state = ? WHERE rowid = ?", (made_at(state, us), rowid))
        (first,) = file.execute("SELECT state FROM stored_events WHERE rowid = 1").fetchone()
        us = int((moments[0] - MINUTE).timestamp() * 1_000_000)
        file.execute("UPDATE stored_events SET state = ? WHERE rowid = 1", (made_at(first, us),))
    file.close()


@pytest.mark.parametrize(
    "wrong", [timedelta(hours=10), timedelta(days=400), -timedelta(hours=10), -timedelta(days=400)]
)
@pytest.mark.parametrize("at", [7, 20, 31])
def test_one_wrong_clock_among_forty_records_moves_no_answer(at: int, wrong: timedelta, tmp_path: Path) -> None:
    """Batch n is at position n + 2, and was made n hours into the day; that of one writer's clock was off."""
    place = init(tmp_path / "city")
    told = [hours(number) for number in range(BATCHES)]
    old_log(place, [moment + wrong if number == at else moment for number, moment in enumerate(told)])
    with City.open(place.directory) as city:
        for number in range(BATCHES):
            if number != at:
                assert city.position_at(hours(number + 0.5)) == number + 2, number
        assert city.position_at(hours(at + 0.5)) == at + 1, "of what has no clock nobody says that it was known"
        assert verify(city.log).inversions == ((at + 3,) if wrong > timedelta(0) else (at + 2,))
        assert verify(city.log).problems == ()
    with City.open(place.directory) as city:
        city._projector.save()
    with City.open(place.directory) as city:  # from its checkpoint
        assert [city.position_at(hours(n + 0.5)) for n in range(at)] == [n + 2 for n in range(at)]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=60), st.integers(0, 60), st.integers(-2, 32))
def test_any_split_gives_the_same_clock_and_outside_its_stretches_times_are_in_order(
    minutes: list[int], split: int, asked: int
) -> None:
    events = [_Event(n + 1, b'{"recorded_at":"2026-01-01T00:%02d:00Z"}' % m) for n, m in enumerate(minutes)]
    clock = RecordClock().fold(events)
    assert RecordClock().fold(events[:split]).fold(events[split:]) == clock
    moment = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1_000_000) + asked * 60_000_000
    stretch = clock.stretch(moment)
    first, last = stretch or (0, 0)
    before = [m <= asked for n, m in enumerate(minutes, 1) if not first <= n <= last]
    assert before == sorted(before, reverse=True), "outside, nothing known follows what was not known"


class _Event(msgspec.Struct):
    position: int
    state: bytes
    stream: str = ""
    version: int = 1
    tag: str = ""


@given(st.lists(st.integers(0, 50), max_size=60))
def test_believed_times_rise_and_those_that_rose_are_believed_as_they_are(told: list[int]) -> None:
    found = believed(told).tolist()
    assert found == sorted(found)
    if told == sorted(told):
        assert found == told


def test_record_times_rise_whoever_writes_and_however_their_clocks_differ(place: Place) -> None:
    moment = now()
    with place.log() as one, place.log() as other:
        a, b = Ingester(one, clock=lambda: moment), Ingester(other, clock=lambda: moment - 30 * timedelta(seconds=1))
        for number in range(6):
            for writer, source in ((a, "a"), (b, "b")):
                frame = {"readings": reading(f"{source}{number % 2}", hours(number), float(number))}
                writer.append_frames(SourceId(source), frame)
        found = times(one)
        assert found == sorted(found)
        apart = [event.position for event in one.read(tags=["batch.v1"])]
        assert len({recorded_us(one.at(p).state) for p in apart}) == len(apart), "between appends they rise by 1 µs"
        assert verify(one).problems == ()
        for position in apart:
            known = recorded_us(one.at(position).state)
            assert known is not None
            assert position_at(one, datetime.fromtimestamp(known / 1e6, UTC), one.head()) == position


def test_a_writer_between_whose_look_and_append_another_wrote_is_behind_it_all_the_same(place: Place) -> None:
    """The time is given in the transaction that gives the position."""
    moment = now()
    with place.log() as log:
        log.append([fact("a", 1, moment)])
        log.append([fact("b", 1, moment - 20 * timedelta(seconds=1)), fact("b", 2, moment)])
        first, second, third = times(log)
        assert first < second <= third


def fact(stream: str, version: int, moment: datetime) -> NewEvent:
    state = b'{"event":"thing.happened.v1","recorded_at":"%s"}' % moment.isoformat().encode()
    return NewEvent(StreamId(stream), version, "thing.happened.v1", state)


def test_a_writer_far_ahead_of_the_log_and_its_store_may_not_append_and_says_so(place: Place) -> None:
    with place.log() as log:
        land(log, now())
        head = log.head()
        with pytest.raises(ClockAheadError, match=r"ahead of the log's store.*set it \(NTP\); nothing was written"):
            land(log, now() + 2 * HOUR, 2.0)
        assert log.head() == head
        assert log.version(SOURCE) == 1
        land(log, now() + 30 * timedelta(seconds=1), 3.0)
        assert log.head() == head + 1


def test_a_log_that_was_idle_for_a_day_is_written_on(place: Place) -> None:
    with place.log() as log:
        land(log, now() - 24 * HOUR)
        land(log, now(), 2.0)
        first, _, last = times(log)
        assert last - first > 23 * 3_600_000_000


def test_a_record_of_a_clock_far_ahead_is_not_followed(tmp_path: Path) -> None:
    """Given an old log whose last record is a year ahead, then the next one says its own time, and `verify` tells."""
    place = init(tmp_path / "city")
    old_log(place, [now() - HOUR, now() + 400 * 24 * HOUR])
    with place.log() as log:
        land(log, now(), 2.0)
        assert abs(times(log)[-1] / 1e6 - now().timestamp()) < 60
        assert verify(log).inversions == (4,)


def test_what_is_stored_carries_the_digest_of_its_own_time(place: Place) -> None:
    moment = now()
    with place.log() as log:
        land(log, moment)
        land(log, moment - 10 * timedelta(seconds=1), 2.0)
        assert [batch.verify(event.state) for event in log.read()] == [None] * log.head()
        assert log.appended
        assert log.appended[-1] == log.at(log.head())


def test_the_stores_clock_is_asked_only_when_two_others_disagree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr("events.log_store.RisingSQLite._clock", lambda store: asked.append(id(store)))
    place = init(tmp_path / "city")
    with place.log() as log:
        moment = now()
        land(log, moment)
        land(log, moment + 30 * timedelta(seconds=1), 2.0)
        assert asked == []
