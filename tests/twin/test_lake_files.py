"""The lake in the hands of other tools: the documented questions give the city's own answers."""

from __future__ import annotations

import re
import runpy
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from events.errors import TwinError
from events.observations import READINGS
from replay.city import City
from replay.windows import aggregated
from tests.house.checkout import CHECKOUT
from tests.twin.test_projections import SOURCE, readings
from twin.lake import open_lake
from twin.lake_publish import publish
from twin.lake_status import held, strays
from twin.place import Place, init
from twin.projector import Projector

NOON, KNOWN = datetime(2026, 3, 2, 12, tzinfo=UTC), 25
FIRST, LAST = datetime(2026, 3, 1, 6, tzinfo=UTC), datetime(2026, 3, 3, 6, tzinfo=UTC)
DOCS = (CHECKOUT / "docs" / "lake.md").read_text("utf-8")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A city of thirty batches with late and corrected readings, flushed now and then."""
    from events.ingest import Ingester

    made = init(tmp_path / "city")
    with made.log() as log:
        writer = Ingester(log)
        for seed in range(30):
            writer.append_frames(SOURCE, {"readings": readings(seed)})
            if seed % 4 == 3 or seed == 29:
                projector = Projector(log, made.directory)
                projector.catch_up()
                assert projector.save()
    return made


def documented(name: str, place: Place) -> str:
    """A block of docs/lake.md, on this city's lake."""
    found = re.search(rf"```{name}\n(.*?)```", DOCS, re.S)
    assert found is not None, f"docs/lake.md has no block {name!r}"
    return found[1].replace("city/lake", str(place.lake))


def answered(place: Place, name: str) -> pl.DataFrame:
    """DuckDB's answer to a documented question."""
    with duckdb.connect() as base:
        base.execute("SET TimeZone = 'UTC'")
        base.execute(documented("sql", place))
        answer = pl.from_arrow(base.sql(documented(f"sql {name}", place)).to_arrow_table())
        assert isinstance(answer, pl.DataFrame)
        return answer


def test_duckdb_answers_a_cut_as_the_city_does(place: Place) -> None:
    with City.open(place.directory) as city:
        assert_frame_equal(answered(place, "cut"), city.cut(NOON, KNOWN).frame("readings"), check_dtypes=False)


def test_duckdb_answers_a_series_as_the_city_does(place: Place) -> None:
    with City.open(place.directory) as city:
        ours = city.series("readings", ["p3"], FIRST, LAST, KNOWN)
        assert ours.height
        assert_frame_equal(answered(place, "series"), ours, check_dtypes=False)


def test_duckdb_answers_an_hourly_aggregate_as_the_city_does(place: Place) -> None:
    with City.open(place.directory) as city:
        low, high = city.span() or (FIRST, LAST)
        ours = aggregated(city.rows("readings", low, high), ["point_id", "unit"], "value", "hour")
        columns = ["point_id", "unit", "start", "count", "min", "max"]
        assert_frame_equal(answered(place, "hourly"), ours.select(columns), check_dtypes=False)


def test_the_manifest_says_what_is_covered(place: Place) -> None:
    with City.open(place.directory) as city:
        assert answered(place, "covered")["position"].to_list() == [city.lake.position]


def test_the_documented_polars_query_answers_a_cut(place: Place) -> None:
    (place.directory / "question.py").write_text(documented("python", place))
    names = runpy.run_path(str(place.directory / "question.py"))
    with City.open(place.directory) as city:
        ours = city.cut(NOON, KNOWN).frame("readings")
        assert_frame_equal(names["cut"].select(ours.columns), ours)


def test_every_file_tells_its_family_kind_layout_and_positions(place: Place) -> None:
    import pyarrow.parquet as pq

    manifest = open_lake(place.lake).manifest
    last = 0
    for file in manifest.files():
        told = {k.decode(): v.decode() for k, v in pq.read_metadata(place.lake / file).metadata.items()}
        rows = pl.read_parquet(place.lake / file)
        assert (told["twin.family"], told["twin.layout"]) == ("readings", str(manifest.version))
        assert file.startswith(f"readings/{told['twin.kind']}-")
        assert [int(told[f"twin.{end}_position"]) for end in ("first", "last")] == [
            rows["position"].min(),
            rows["position"].max(),
        ]
        last = max(last, int(told["twin.position"]))
    assert last == manifest.position


def test_a_published_lake_is_the_same_lake_and_a_second_time_copies_what_is_new(place: Place, tmp_path: Path) -> None:
    target = tmp_path / "bucket"
    first = publish(place.lake, target)
    assert first.copied == len(open_lake(place.lake).manifest.files())
    again = publish(place.lake, target)
    assert (again.copied, again.kept, again.position) == (0, first.copied, first.position)
    ours, theirs = open_lake(place.lake), open_lake(target)
    for quarter in ours.quarters(READINGS):
        assert_frame_equal(theirs.quarter_rows(READINGS, quarter.number), ours.quarter_rows(READINGS, quarter.number))


def test_what_only_the_manifest_before_last_named_is_taken_away(place: Place, tmp_path: Path) -> None:
    from events.ingest import Ingester

    target = tmp_path / "bucket"
    for seed in range(40, 61):
        publish(place.lake, target)
        with place.log() as log:
            Ingester(log).append_frames(SOURCE, {"readings": readings(seed)})
            projector = Projector(log, place.directory)
            projector.catch_up()
            assert projector.save()
    before = {target / file for file in open_lake(target).manifest.files()}
    done = publish(place.lake, target)
    there = {p for p in target.glob("readings/*.parquet") if p.name != "entities.parquet"}
    assert done.removed > 0
    assert there, "files are there to be looked at"
    assert there <= before | {target / file for file in open_lake(target).manifest.files()}


def test_where_there_is_no_lake_nothing_is_published(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="no lake here"):
        publish(tmp_path / "nowhere", tmp_path / "bucket")


def test_the_status_counts_rows_bytes_and_strays(place: Place) -> None:
    (place.lake / "readings" / "part-999999999999-0.parquet").write_bytes(b"the rest of a flush")
    position, (family,) = held(place.lake)
    files = open_lake(place.lake).manifest.files()
    with City.open(place.directory) as city:
        assert position == city.head
        assert family.rows == city.ledger.observations["readings"]
        assert (family.first, family.last) == city.span()
    assert family.bytes == sum((place.lake / file).stat().st_size for file in files)
    assert "part-999999999999-0.parquet" in {path.name for path in strays(place.lake)}
