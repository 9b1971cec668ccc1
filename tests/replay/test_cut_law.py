"""The law of the cut: cut(T, K) is a naive fold of the raw events with time ≤ T and position ≤ K."""

from __future__ import annotations

import contextlib
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events import batch
from events.batch import BATCH
from events.entities import dictionaries, take_names
from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.observations import READINGS
from replay.city import City
from twin.place import init
from twin.projector import Projector

START = datetime(2026, 3, 1, tzinfo=UTC)

Row = tuple[int, int, float]
rows = st.tuples(st.integers(0, 5), st.integers(0, 60), st.integers(0, 3).map(float))
polls = st.lists(st.lists(rows, min_size=1, max_size=12), min_size=1, max_size=12)


def readings(poll: list[Row]) -> pl.DataFrame:
    """Readings of a few points, hours apart, late and corrected at will."""
    return pl.DataFrame(
        {
            "point_id": [f"p{p}" for p, _, _ in poll],
            "unit": ["kWh"] * len(poll),
            "time": [START + timedelta(hours=h) for _, h, _ in poll],
            "value": [v for _, _, v in poll],
            "quality": [0] * len(poll),
            "record": list(range(len(poll))),
        },
        schema=READINGS.decoded,
    )


def naive(log: Log, at: datetime, known: int) -> list[tuple[str, datetime, float, int]]:
    """The cut by a plain loop over the log's raw events."""
    entities = dictionaries(log.vault)
    best: dict[int, tuple[datetime, int, int, float]] = {}
    for event in log.read():
        take_names(entities, event)
        if event.tag != BATCH or event.position > known:
            continue
        for row in batch.decode(event.state, READINGS.stored).iter_rows(named=True):
            key = (row["time"], int(event.position), row["sequence"], row["value"])
            if row["time"] <= at and (row["entity"] not in best or key[:3] > best[row["entity"]][:3]):
                best[row["entity"]] = key
    names = dict(entities[READINGS.name].names().select("entity", "point_id").iter_rows())
    return sorted((names[e], time, value, position) for e, (time, position, _, value) in best.items())


def cut(city: City, at: datetime, known: int) -> list[tuple[str, datetime, float, int]]:
    """The cut by the city."""
    return city.cut(at, known).frame("readings").select("point_id", "time", "value", "position").rows()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(polls, st.integers(-1, 62), st.integers(0, 14), st.data())
def test_a_cut_equals_a_naive_fold_of_the_log(
    polls: list[list[Row]], hour: int, known: int, data: st.DataObject
) -> None:
    small = (
        patch("twin.projections.history.OPENING_EVERY", 5),
        patch("twin.projections.history.MARK_ROWS", 3),
        patch("twin.projections.history.PARTS_MOST", 2),
        patch("twin.projections.history.FILE_ROWS", 6),
        patch("twin.projections.bands.SPAN", 2),
        patch("twin.projections.bands.SLACK", 0),
        patch("twin.projections.bands.BAND_ROWS", 3),
        patch("twin.projections.bands.FILES_FEW", 0),
        patch.dict("twin.lake_file.GROUP_ROWS", {"part": 4, "opening": 4, "band": 4}),
    )
    with contextlib.ExitStack() as patched, tempfile.TemporaryDirectory() as name:
        for one in small:
            patched.enter_context(one)
        place = init(Path(name) / "city")
        flushes = data.draw(st.sets(st.integers(0, len(polls) - 1)))
        with place.log() as log:
            ingester = Ingester(log)
            for number, poll in enumerate(polls):
                ingester.append_frames(SourceId("test"), {"readings": readings(poll)})
                if number in flushes:
                    projector = Projector(log, place.directory)
                    projector.catch_up()
                    assert projector.save()
            own = data.draw(st.sampled_from([START + timedelta(hours=h) for poll in polls for _, h, _ in poll]))
            with City.open(place.directory) as city:
                for at in (START + timedelta(hours=hour), own, own - timedelta(microseconds=1)):
                    assert cut(city, at, known) == naive(log, at, known)
                    assert cut(city, at, city.head) == naive(log, at, city.head)
                later = city.cut(START + timedelta(days=9))
                assert city.cut().frame("readings").rows() == later.frame("readings").rows()
