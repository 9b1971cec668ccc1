"""Late rows are looked for where they can lie, each batch once; the memory of that does not grow by the batch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events import batch, beliefs
from events.extents import Extents, intersected, size, united
from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.observations import READINGS

START = datetime(2025, 1, 1, tzinfo=UTC)
SOURCE = SourceId("file:years")
HOURS = 24 * 40

stretches = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), max_size=12).map(
    lambda pairs: (
        united(*(np.array(side, np.int64) for side in zip(*((f, f + n) for f, n in pairs), strict=True)))
        if pairs
        else united(np.zeros(0, np.int64), np.zeros(0, np.int64))
    )
)


def positions(found: np.ndarray) -> set[int]:
    return {p for first, last in found.tolist() for p in range(first, last + 1)}


@given(some=stretches, others=stretches)
def test_stretches_are_sets_of_positions(some: np.ndarray, others: np.ndarray) -> None:
    assert positions(intersected(some, others)) == positions(some) & positions(others)
    assert size(some) == len(positions(some))
    assert all(a[1] + 1 < b[0] for a, b in zip(some.tolist(), some.tolist()[1:], strict=False))


@given(
    batches=st.lists(st.tuples(st.integers(1, 40), st.sets(st.integers(0, 5), min_size=1)), max_size=60),
    asked=st.sets(st.integers(0, 8), min_size=1),
)
def test_no_position_of_a_key_is_left_out_and_its_stretches_stay_few(
    batches: list[tuple[int, set[int]]], asked: set[int]
) -> None:
    extents, position, held = Extents(), 0, set()
    for step, keys in batches:
        position += step
        extents.note(np.array(sorted(keys)), position)
        held |= {position} if keys & asked else set()
    saved = Extents.unpacked(*extents.packed())
    for one in (extents, saved):
        assert held <= positions(one.of(np.array(sorted(asked))))
    assert extents.count.max(initial=0) <= 4
    assert len(extents.of(np.array([0]))) <= 4


def year(meters: list[int], turn: int = 0) -> pl.DataFrame:
    """Hourly readings; `turn` changes one value of every day."""
    told = pl.DataFrame({"m": np.repeat(meters, HOURS), "h": np.tile(np.arange(HOURS), len(meters))})
    return told.select(
        pl.format("m{}", "m").alias("point_id"),
        pl.lit("kWh").alias("unit"),
        (pl.lit(START) + pl.duration(hours="h")).cast(READINGS.decoded["time"]).alias("time"),
        (pl.col("h") * 0.25 + pl.when(pl.col("h") % 24 == 7).then(turn).otherwise(0)).alias("value"),
        pl.lit(0, pl.UInt8).alias("quality"),
        pl.lit(0, pl.UInt32).alias("record"),
    )


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with Log.open(tmp_path / "log.sqlite") as opened:
        yield opened


def writer(log: Log, memory: Path | None = None) -> Ingester:
    return Ingester(log, checkpoint=memory)


def test_a_corrected_file_of_one_meter_reads_that_meters_batches_once(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = writer(log, tmp_path / "memory.npz")
    for meter in range(20):
        one.append_frames(SOURCE, {"readings": year([meter])})
    one.save()
    read: list[int] = []
    whole = batch.decode

    def counted(state: bytes, schema: dict[str, pl.DataType], columns: list[str] | None = None) -> pl.DataFrame:
        read.append(len(state))
        return whole(state, schema, columns)

    monkeypatch.setattr(batch, "decode", counted)
    for turn, again in enumerate((one, writer(log, tmp_path / "memory.npz")), start=1):
        read.clear()
        landed = again.append_frames(SOURCE, {"readings": year([3], turn)})
        assert (landed.rows["readings"], landed.duplicates) == (HOURS // 24, HOURS - HOURS // 24)
        assert len(read) <= turn + 1, "the first load, the corrections since, and what the restart caught up with"


def test_a_file_of_many_meters_that_comes_again_tells_nothing_new(log: Log) -> None:
    one = writer(log)
    for first in (0, 5):
        one.append_frames(SOURCE, {"readings": year(list(range(first, first + 5)))})
    again = writer(log).append_frames(SOURCE, {"readings": year(list(range(10)))})
    assert (again.rows["readings"], again.duplicates) == (0, 10 * HOURS)


def test_the_memory_file_does_not_grow_with_batches(log: Log, tmp_path: Path) -> None:
    path, sizes = tmp_path / "memory.npz", list[int]()
    one = writer(log, path)
    for number in range(300):
        at = START + timedelta(seconds=number)
        rows = (
            year([0, 1])
            .filter(pl.col("time") == START)
            .with_columns(pl.lit(at).cast(READINGS.decoded["time"]).alias("time"))
        )
        one.append_frames(SOURCE, {"readings": rows})
        one.save()
        sizes.append(path.stat().st_size)
    assert sizes[-1] == sizes[10]


def test_a_memory_file_of_another_form_is_made_anew(log: Log, tmp_path: Path) -> None:
    path = tmp_path / "memory.npz"
    writer(log).append_frames(SOURCE, {"readings": year([0])})
    np.savez(path, format=np.array("memory.v1 polars"), position=np.array(1))
    again = writer(log, path).append_frames(SOURCE, {"readings": year([0])})
    assert (again.rows["readings"], again.duplicates) == (0, HOURS)


rows = st.tuples(st.sampled_from("abc"), st.integers(0, 30 * 24), st.integers(0, 2))


@settings(max_examples=60, deadline=None)
@given(
    polls=st.lists(st.lists(rows, min_size=1, max_size=12), min_size=1, max_size=10),
    few=st.sampled_from([0, 1, 64]),
    kept=st.sampled_from([0, 2, 16]),
    restarts=st.sets(st.integers(0, 9)),
)
def test_whatever_is_read_for_late_rows_a_repeat_is_a_repeat(
    polls: list[list[tuple[str, int, int]]],
    few: int,
    kept: int,
    restarts: set[int],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """By the index of days, by the batches alone, or both: what lands is what changes a plain dictionary."""
    folder = tmp_path_factory.mktemp("late")
    with pytest.MonkeyPatch.context() as patch, Log.open(folder / "log.sqlite") as log:
        patch.setattr(beliefs, "FEW_BATCHES", few)
        patch.setattr(beliefs, "DAYS_KEPT", kept)
        one, believed = writer(log, folder / "memory.npz"), dict[tuple[str, int], int]()
        for number, some in enumerate(polls):
            if number in restarts:
                one.save()
                one = writer(log, folder / "memory.npz")
            changes = 0
            for point, hour, value in some:
                changes += believed.get((point, hour)) != value
                believed[point, hour] = value
            landed = one.append_frames(SOURCE, {"readings": frame_of(some)})
            assert (landed.rows["readings"], landed.duplicates) == (changes, len(some) - changes)


def frame_of(some: list[tuple[str, int, int]]) -> pl.DataFrame:
    told = [(p, "kWh", START + timedelta(hours=h), float(v), 0, 0) for p, h, v in some]
    return pl.DataFrame(told, schema=READINGS.decoded, orient="row")
