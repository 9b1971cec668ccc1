"""The law of erasure: whenever it comes, every cut holds the same numbers, and none of them under the household's name.

Households leave and are erased between random polls; the numbers and totals of every instant so far are compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.ids import SourceId
from events.ingest import Ingester
from events.log import Log
from events.observations import READINGS
from replay.city import City
from tests.aggregates.models import home_meters, housing
from tests.aggregates.samples import SITE
from tests.scenarios.fake_city import DONGMING, MONDAY
from twin.aggregates.devices import Device
from twin.erasure import Households
from twin.erasure_files import rewrite
from twin.place import Place, init
from twin.points import devices_of
from twin.service import Service

HOMES = 3
METERS: list[Device] = [d for d in devices_of(home_meters("a", HOMES)) if d.dwelling_id and d.kind != "gas_meter"]
STEP = timedelta(hours=1)

rows = st.lists(
    st.tuples(st.integers(0, len(METERS) - 1), st.integers(0, 3), st.integers(0, 5).map(float)), min_size=1, max_size=6
)
steps = st.lists(st.tuples(rows, st.sampled_from(["", "moved-in", "erase"]), st.integers(0, HOMES - 1)), max_size=5)


class Clock:
    """Goes on by a step with every poll; a poll's readings are of its own step or a little later."""

    def __init__(self) -> None:
        self.now = MONDAY

    def __call__(self) -> datetime:
        return self.now


def poll(number: int, drawn: list[tuple[int, int, float]]) -> pl.DataFrame:
    begin = MONDAY + number * STEP
    found = [
        (METERS[m].point_ids[0], "kWh" if METERS[m].kind[0] == "e" else "m3", begin + minute * STEP / 8, value, 0, 0)
        for m, minute, value in drawn
    ]
    return pl.DataFrame(found, schema=READINGS.decoded, orient="row")


@contextmanager
def empty_city(directory: Path, clock: Clock) -> Iterator[tuple[Place, Log]]:
    place = init(directory)
    with place.log() as log:
        service = Service(log, place.archive, clock)
        service.register_communities([SITE], time=MONDAY - timedelta(days=30))
        service.publish_model(housing("a", home_meters("a", HOMES)), DONGMING, "a", MONDAY - timedelta(days=30))
        yield place, log


def answers(place: Place, polls: int) -> list[tuple[list[tuple[object, ...]], list[tuple[object, ...]]]]:
    """Numbers of every reading that was landed, and totals by building and medium, at the end of every step."""
    with City.open(place.directory) as city:
        found = []
        for number in range(polls):
            cut = city.cut(MONDAY + (number + 1) * STEP - STEP / 2)
            frame = cut.frame("readings")
            joined = cut.devices().join(frame, on="point_id")
            sums = joined.group_by("community_id", "building_id", "medium").agg(pl.col("value").sum(), pl.len())
            found.append((sorted(frame.select("time", "value").rows()), sorted(sums.rows())))
        return found


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_the_numbers_of_every_cut_are_what_they_were_before_anybody_left(
    drawn: list[tuple[list[tuple[int, int, float]], str, int]],
) -> None:
    clock = Clock()
    with TemporaryDirectory() as folder, empty_city(Path(folder) / "city", clock) as (place, log):
        writer = Ingester(log, clock=clock)
        for number, (some, what, home) in enumerate(drawn):
            clock.now = MONDAY + number * STEP
            writer.append_frames(SourceId("meters"), {"readings": poll(number, some)})
            clock.now += STEP / 2
            before = answers(place, number + 1)
            dwelling = f"a-home-{home}"
            households = Households(log, clock)
            if what == "moved-in":
                households.moved_in("a", dwelling)
            elif what == "erase":
                rewrite(log, place.directory, households.erase("a", dwelling).words)
                with City.open(place.directory) as city:
                    assert not names_told(city, dwelling)
            assert answers(place, number + 1) == before


def names_told(city: City, dwelling: str) -> set[str]:
    """Names of the dwelling that any cut still tells, as of any instant."""
    names = {p for d in METERS if d.dwelling_id == dwelling for p in d.point_ids}
    told = [city.cut(known=k).frame("readings")["point_id"].to_list() for k in range(city.head + 1)]
    return names & {point for points in told for point in points}
