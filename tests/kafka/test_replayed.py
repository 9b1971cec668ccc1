"""History played onto a real broker: another city that listens comes to know the same."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from deploy.kafka.broker import Broker
from events.observations import DOCKS
from replay.city import City
from tests.kafka.conftest import twin
from twin.place import Place, init

pytestmark = pytest.mark.kafka


@pytest.mark.parametrize(
    ("family", "source", "first", "last"),
    [
        ("docks", "youbike-archive:youbike/slots_2024-09-10.parquet", "2024-09-10T08:00:00+08:00", None),
        ("readings", "senml:events/senml/ex4.json", "2011-10-31T00:00:00Z", "2011-11-01T00:00:00Z"),
    ],
)
def test_what_is_consumed_is_what_was_replayed(
    kafka: Broker,
    place: Place,
    shared_data: Path,
    tmp_path: Path,
    family: str,
    source: str,
    first: str,
    last: str | None,
) -> None:
    form, _, name = source.partition(":")
    twin("ingest", "--files", f"{form}:{shared_data / name}", "--city", place.directory)
    until = last or "2024-09-10T08:05:00+08:00"
    words = ("--from", first, "--to", until, "--speed", 0, "--family", family, "--kafka", kafka.address)
    sent = twin("replay", *words, "--city", place.directory)
    other = init(tmp_path / "other")
    twin("ingest", "--kafka", kafka.address, "--city", other.directory, "--until-idle")
    assert sent["rows"] > 0
    heard, told = rows(other, family, first, until), rows(place, family, first, until)
    assert heard.height == sent["rows"]
    assert heard.equals(told)


def rows(place: Place, family: str, first: str, last: str) -> pl.DataFrame:
    """A city's rows without log positions, and without capacity, which no status document carries."""
    from events.clock import parse_time

    with City.open(place.directory) as city:
        found = city.rows(family, parse_time(first), parse_time(last))
    return found.drop("position", *(["capacity"] if family == DOCKS.name else []))
