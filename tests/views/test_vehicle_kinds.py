"""Cars, scooters and bikes are no buses: in the headline, on the map, in the legend."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from events.feeds.registry import format_named
from events.ingest import Ingester
from events.observations import POSITIONS
from events.source import file_polls
from replay.city import City
from twin.place import init
from views import snapshot, theme
from views.i18n import words
from views.layers import traffic

AT = datetime(2026, 8, 20, 4, 0, tzinfo=UTC)


def documents() -> list[tuple[str, bytes]]:
    head = {"last_updated": "2026-08-20T12:00:00+08:00", "version": "3.0"}
    types = [{"vehicle_type_id": "c", "form_factor": "car", "propulsion_type": "electric"},
             {"vehicle_type_id": "s", "form_factor": "scooter_standing", "propulsion_type": "electric"}]  # fmt: skip
    vehicles = [{"vehicle_id": f"v{n}", "lat": 25.0, "lon": 121.5, "vehicle_type_id": t} for n, t in enumerate("ccsx")]
    bus = {"PlateNumb": "EAL-1", "RouteID": "307", "BusPosition": {"PositionLon": 121.5, "PositionLat": 25.0},
           "GPSTime": "2026-08-20T12:00:00+08:00"}  # fmt: skip
    return [
        ("gbfs", json.dumps(head | {"data": {"vehicle_types": types}}).encode()),
        ("gbfs", json.dumps(head | {"data": {"vehicles": vehicles}}).encode()),
        ("tdx-bus", json.dumps([bus]).encode()),
    ]


@pytest.fixture
def shown(tmp_path: Path) -> snapshot.Snapshot:
    place = init(tmp_path / "city")
    with place.log() as log:
        for form, document in documents():
            for poll in file_polls(format_named(form), document):
                Ingester(log, clock=lambda: AT + timedelta(minutes=1)).ingest(poll)
    with City.open(tmp_path / "city") as city:
        found = snapshot.snapshot(city, AT + timedelta(minutes=1), None)
    assert found is not None
    return found


def test_of_what_moves_the_buses_alone_are_buses(shown: snapshot.Snapshot) -> None:
    counts = dict(shown.vehicles.group_by("kind").len().iter_rows())
    assert counts == {"bus": 1, "car": 2, "scooter": 1, "unknown": 1}


def test_each_kind_has_its_colour_and_its_word_on_the_map(shown: snapshot.Snapshot) -> None:
    _, dots = traffic.vehicles(shown.vehicles, shown.trails, "en")
    told = {row["id"]: (row["tip"], row["colour"]) for row in dots.data}
    assert "Shared car" in told["v0"][0]
    assert "Bus 307" in told["EAL-1"][0]
    assert len({tuple(colour) for _, colour in told.values()}) == 4


def test_every_kind_has_words_in_both_languages() -> None:
    assert all(all(words()[f"vehicle_{kind}"]) for kind in theme.VEHICLES)


def test_rows_from_before_kinds_are_buses_where_they_have_a_route() -> None:
    rows = pl.DataFrame(
        {"route_id": ["307", None], "kind": [None, None]}, schema_overrides={"kind": POSITIONS.values["kind"]}
    )
    assert rows.select(snapshot._kind()).to_series().to_list() == ["bus", "unknown"]
