"""Incidents of a whole are those of its parts, for every rule: no answer depends on the window asked."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from events.ids import SourceId
from events.ingest import Ingester
from events.kafka.records import gap_poll
from replay.city import City
from replay.incidents import WORDS, incidents
from tests.aggregates.models import home_meters, housing
from tests.aggregates.samples import SITE
from tests.events.test_ingest import poll
from tests.replay.test_incidents import minutes, reading, station, told
from twin.place import Place, init
from twin.points import devices_of
from twin.service import Service

HOURS = 48
STATIONS, HOMES = 4, 8
FAULTY = ("Available", "Available", "Available", "Faulted", "Charging", "entrapment")
_US = timedelta(microseconds=1)


def history(place: Place, seed: int) -> None:
    """Two days of stations by two sources, meters, chargers, corrections and refusals, drawn from `seed`."""
    draw = random.Random(seed)
    points = [d.point_ids[0] for d in devices_of(home_meters("a", HOMES)) if d.point_ids]
    with place.log() as log:
        service = Service(log, place.archive, lambda: minutes(-900))
        service.register_communities([SITE], time=minutes(-900))
        service.publish_model(housing("a", home_meters("a", HOMES)), str(SITE["community_id"]), "a", minutes(-900))
    late = sorted(round(60 * draw.uniform(0, HOURS)) for _ in range(10))
    for n, at in enumerate(late):
        told(place, "docks", [station(at, 3, name="c")], recorded=minutes(at + 1), source=f"t:{n}")
    for source in ("file:youbike", "feed:gbfs:x"):
        rows = [_report(draw, s) for s in range(STATIONS) for _ in range(draw.randint(0, 60))]
        told(place, "docks", rows, recorded=minutes(60 * HOURS), source=source)
    quiet = (draw.uniform(0, 40), draw.uniform(40, 48))
    rows = [
        reading(15 * n, float(n) - (50 if draw.random() < 0.02 else 0), p)
        for p in points
        for n in range(4 * HOURS)
        if draw.random() < 0.97 and not quiet[0] < n / 4 < quiet[1]
    ]
    rows += [reading(15 * n, float(n), "lone") for n in range(4 * HOURS) if not 40 < n < 70]
    told(place, "readings", rows, recorded=minutes(60 * HOURS), source="t:meters")
    states = [
        {
            "point_id": f"ev{draw.randint(0, 2)}",
            "time": minutes(60 * draw.uniform(0, HOURS)),
            "text": draw.choice(FAULTY),
        }
        for _ in range(20)
    ]
    told(place, "states", states, recorded=minutes(60 * HOURS), source="t:states")
    for n, at in enumerate(late):
        told(place, "docks", [station(at, 4, name="c")], recorded=minutes(60 * HOURS + n), source=f"t:{n}")
    for n in range(5):
        then = minutes(60 * HOURS + 100 + 7 * n)
        with place.log() as log:
            ingester = Ingester(log, clock=lambda then=then: then)  # type: ignore[misc]
            ingester.ingest(poll([f"no reading {n} {m}" for m in range(60)], 60 * n + 59))
            ingester.ingest(gap_poll(SourceId(f"kafka:city.senml:{n}:1a2b3c4d"), range(10, 20 + n)))


def _report(draw: random.Random, number: int) -> dict[str, object]:
    empty = draw.random() < 0.5
    return station(round(60 * draw.uniform(0, HOURS)), 0 if empty else 3, draw.choice((0, 5)), f"s{number}")


END_MIN = 60 * HOURS + 300
edges = st.lists(st.integers(-60, END_MIN - 1), min_size=1, max_size=6, unique=True).map(sorted)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> list[Place]:
    """Two histories."""
    made = [init(tmp_path_factory.mktemp("history") / "city") for _ in range(2)]
    for seed, place in zip((0, 2), made, strict=True):
        history(place, seed)
    return made


def test_every_kind_of_incident_is_in_the_histories(places: list[Place]) -> None:
    kinds: set[str] = set()
    for place in places:
        with City.open(place.directory) as city:
            kinds |= set(incidents(city, minutes(-60), minutes(END_MIN))["kind"])
    assert kinds == set(WORDS)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 1), cuts=edges)
def test_the_incidents_of_a_whole_are_those_of_its_parts(which: int, cuts: list[int], places: list[Place]) -> None:
    bounds = [-60, *cuts, END_MIN]
    with City.open(places[which].directory) as city:
        whole = incidents(city, minutes(-60), minutes(END_MIN))
        parts = [
            incidents(city, minutes(low), minutes(high) - (_US if high != END_MIN else timedelta()))
            for low, high in pairwise(bounds)
        ]
    order = ["time", "kind", "entity", "positions"]
    assert_frame_equal(pl.concat(parts).sort(order), whole.sort(order))


def test_five_days_asked_by_three_hours_and_whole_are_the_same(tmp_path: Path) -> None:
    """Given a meter silent for days, then the day it fell silent tells of it, and its end, whatever is asked."""
    place = init(tmp_path / "city")
    told(place, "readings", [reading(15 * n, float(n)) for n in (*range(8), *range(480, 490))])
    with City.open(place.directory) as city:
        whole = incidents(city, minutes(0), minutes(60 * 125))
        parts = [incidents(city, minutes(60 * h), minutes(60 * (h + 3)) - _US) for h in range(0, 126, 3)]
    assert whole.filter(kind="meter_silent").select("time", "until").rows() == [(minutes(150), minutes(7200))]
    assert_frame_equal(pl.concat(parts).sort("time", "kind"), whole.sort("time", "kind"))
