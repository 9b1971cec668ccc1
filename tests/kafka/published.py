"""What the tests publish, and whether a city holds exactly that."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import polars as pl

from replay.city import City
from tests.kafka.conftest import Raw
from twin.place import Place
from twin.verify import verify

METERS = 20
START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
QUARTER_S = 900


def reading(meter: int, turn: int) -> bytes:
    """One register of one meter at one quarter of an hour, as a SenML pack."""
    at = START + QUARTER_S * turn
    return f'[{{"n":"{point(meter)}","u":"kWh","t":{at},"v":{value(meter, turn)}}}]'.encode()


def packs(turns: Iterable[int]) -> list[Raw]:
    """All meters at each quarter of an hour, a message a quarter."""
    return [(b"[" + b",".join(reading(meter, turn)[1:-1] for meter in range(METERS)) + b"]", []) for turn in turns]


def point(meter: int) -> str:
    """A meter's register."""
    return f"urn:dev:ser:E{meter:04d}:1-0:1.8.0"


def value(meter: int, turn: int) -> float:
    """What the register shows."""
    return turn + meter / 1000


def assert_holds_exactly(place: Place, turns: Iterable[int], quarantined: int = 0) -> None:
    """The log is whole, and every reading of `packs(turns)` is in it once, with its value; nothing else is."""
    with place.log() as log, City.open(place.directory) as city:
        assert verify(log).problems == ()
        found = city.series(
            "readings",
            [point(meter) for meter in range(METERS)],
            datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2027, 1, 1, tzinfo=UTC),
        )
        ledger = city.ledger
    rows = sorted((p, int(t.timestamp()), v) for p, t, v in found.select("point_id", "time", "value").iter_rows())
    wanted = sorted((point(m), START + QUARTER_S * t, value(m, t)) for t in turns for m in range(METERS))
    assert rows == wanted
    assert ledger.observations["readings"] == len(wanted)
    assert ledger.quarantined == quarantined


def duplicates(place: Place) -> int:
    """Rows that told nothing new, as the log counts them."""
    with City.open(place.directory) as city:
        return sum(source.duplicates for source in city.ledger.sources.values())


def landed(city: City) -> int:
    """Readings in the city now."""
    city.refresh()
    return city.ledger.observations.get("readings", 0)


def digest(frame: pl.DataFrame) -> int:
    """One number of a frame's rows in order."""
    return int(frame.hash_rows(seed=1).sum())
