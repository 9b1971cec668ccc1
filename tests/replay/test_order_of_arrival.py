"""Rows of distinct event times give the same answer in any order of arrival: facts of slowly changing families too."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events import batch, compaction
from events.batch import BATCH
from events.errors import CorruptEventError
from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.observations import DOCKS, FAMILIES, STATIONS, Family
from replay.city import City
from twin.place import init
from twin.projector import Projector
from twin.verify import verify

START = datetime(2026, 3, 1, tzinfo=UTC)
SOURCE = SourceId("test")

CHOSEN = [DOCKS, *(f for f in FAMILIES.values() if f.slowly_changing)]
"""Every slowly changing family, and one that is not."""

Row = tuple[int, int, int]
"""Entity, hour, and a number that stands for all values."""

histories = st.dictionaries(
    st.tuples(st.integers(0, 2), st.integers(0, 60)), st.integers(0, 1), min_size=1, max_size=14
).map(lambda told: [(entity, hour, value) for (entity, hour), value in told.items()])


def frame_of(family: Family, rows: list[Row]) -> pl.DataFrame:
    """Decoded rows of any family: texts, numbers and flags made of one number."""
    values = [_value(dtype, [v for _, _, v in rows]).alias(name) for name, dtype in family.values.items()]
    keys = [pl.Series(name, [f"{e}" for e, _, _ in rows]) for name in family.entity]
    time = pl.Series("time", [START + timedelta(hours=h) for _, h, _ in rows], family.decoded["time"])
    return pl.DataFrame([*keys, time, *values, pl.Series("record", range(len(rows)), pl.UInt32)])


def _value(dtype: pl.DataType, numbers: list[int]) -> pl.Series:
    made: list[Any] = [f"t{n}" for n in numbers] if dtype == pl.String else [n + 25 for n in numbers]
    return pl.Series(made if dtype != pl.Boolean else [n == 1 for n in numbers], dtype=dtype)


def oracle(rows: list[Row], at: int) -> dict[str, tuple[datetime, int]]:
    """By a plain loop: of every entity the last time and number."""
    found: dict[str, tuple[datetime, int]] = {}
    for entity, hour, value in sorted(rows, key=lambda row: row[1]):
        if hour <= at:
            found[str(entity)] = (START + timedelta(hours=hour), value)
    return found


@pytest.mark.parametrize("family", CHOSEN, ids=lambda f: f.name)
@settings(max_examples=20, deadline=None)
@given(rows=histories, data=st.data())
def test_the_order_of_arrival_changes_no_answer(family: Family, rows: list[Row], data: st.DataObject) -> None:
    """Whatever is polled, restarted, flushed or compacted between."""
    arrival = data.draw(st.permutations(rows))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(rows)))) | {len(rows)})
    with tempfile.TemporaryDirectory() as name, patch.object(compaction, "FEWEST", 1):
        place = init(Path(name) / "city")
        with place.log() as log:
            ingester = Ingester(log, checkpoint=place.memory)
            for first, last in zip([0, *cuts], cuts, strict=False):
                ingester.append_frames(SOURCE, {family.name: frame_of(family, arrival[first:last])})
                match data.draw(st.sampled_from(["go on", "restart", "flush", "compact"])):
                    case "restart":
                        ingester.save()
                        ingester = Ingester(log, checkpoint=place.memory)
                    case "flush":
                        projector = Projector(log, place.directory)
                        projector.catch_up()
                        assert projector.save()
                    case "compact":
                        compaction.compact(log)
            assert not verify(log).problems
            hours = sorted({h for _, h, _ in rows} | {data.draw(st.integers(0, 61))})
            with City.open(place.directory) as city:
                for hour in (*hours, None):
                    at = None if hour is None else START + timedelta(hours=hour)
                    found = city.cut(at).frame(family.name)
                    wanted = oracle(rows, 99 if hour is None else hour)
                    expected = frame_of(family, [(int(e), 0, v) for e, (_, v) in sorted(wanted.items())])
                    columns = [*family.entity, *family.values]
                    assert found.select(columns).rows() == expected.select(columns).rows()
                    assert found["time"].to_list() == [time for _, (time, _) in sorted(wanted.items())]


def station(hour: int, name: str) -> pl.DataFrame:
    values = ("s", START + timedelta(hours=hour), name, None, "大安區", 121.5, 25.0, 20, 0)
    return pl.DataFrame([values], schema=STATIONS.decoded, orient="row")


def test_a_late_document_renames_a_station_for_its_own_time_alone(tmp_path: Path) -> None:
    place = init(tmp_path / "city")
    with place.log() as log:
        for hour, name in ((0, "捷運公館站"), (10, "捷運公館站"), (5, "維修中")):
            Ingester(log).append_frames(SOURCE, {"stations": station(hour, name)})
    with City.open(place.directory) as city:
        named = [city.cut(START + timedelta(hours=h)).frame("stations")["name"].item() for h in (1, 6, 11)]
        assert named == ["捷運公館站", "維修中", "捷運公館站"]
        assert city.cut().frame("stations")["name"].item() == "捷運公館站"


def test_a_fact_told_a_hundred_times_is_written_once_and_read_in_full(tmp_path: Path) -> None:
    place = init(tmp_path / "city")
    with place.log() as log:
        ingester = Ingester(log)
        landed = [ingester.append_frames(SOURCE, {"stations": station(h, "捷運公館站")}).rows for h in range(100)]
        assert sum(rows["stations"] for rows in landed) == 1
        states = [event.state for event in log.stored(tags=[BATCH])]
        assert [batch.header_of(s).referring for s in states] == [0, *[1] * 99]
        assert sum(batch.stored_frame(s)["name"].count() for s in states) == 1
        for event in log.read(tags=[BATCH]):
            assert batch.decode(event.state, STATIONS.stored)["name"].to_list() == ["捷運公館站"]
        projector = Projector(log, place.directory)
        projector.catch_up()
        assert projector.ledger.observations == {"stations": 1}


def test_a_row_that_refers_to_nothing_is_told_and_not_guessed(tmp_path: Path) -> None:
    with Log.open(tmp_path / "log.sqlite") as log:
        ingester = Ingester(log)
        for hour in range(2):
            ingester.append_frames(SOURCE, {"stations": station(hour, "a")})
        (_, referring) = log.stored(tags=[BATCH])
        rows = batch.stored_frame(referring.state).with_columns(pl.lit(1, pl.Int64).alias("same_as"))
        wrong = batch.encode(batch.header_of(referring.state), rows)
        with pytest.raises(CorruptEventError, match="no batch at position 1"):
            log._filler(wrong).filled(9, wrong)
        with pytest.raises(CorruptEventError, match="position 9: digest"):
            log._filler(wrong).filled(9, wrong[:-1] + bytes([wrong[-1] ^ 1]))
