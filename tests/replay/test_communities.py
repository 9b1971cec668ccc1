"""Two communities on one clock; what a revised model changes in the register says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from events.errors import UsageError
from replay.city import City
from replay.communities import side_by_side
from replay.diff import diff
from tests.aggregates.laws import day
from tests.aggregates.models import home_meters, housing
from tests.aggregates.samples import SITE
from tests.replay.test_incidents import station, told
from tests.scenarios.fake_city import DONGMING
from twin.place import Place, init
from twin.service import Service

OTHER = "0c1f2a3b4c5d6e7f"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Two communities; one has a building whose model is revised on the fifth day."""
    made = init(tmp_path / "city")
    with made.log() as log:
        service = Service(log, made.archive, lambda: day(9))
        service.register_communities([SITE, SITE | {"community_id": OTHER, "residents": 1892}], time=day(0))
        service.publish_model(housing("a", home_meters("a", 12)), DONGMING, "a", day(1))
        service.publish_model(housing("a", home_meters("a", 14)), DONGMING, "a", day(5))
    told(made, "docks", [station(0, 1)])
    return made


def test_two_communities_are_compared_quantity_by_quantity(place: Place) -> None:
    with City.open(place.directory) as city:
        both = {row["quantity"]: row for row in side_by_side(city.cut(day(2)), DONGMING, OTHER).to_dicts()}
        later = side_by_side(city.cut(day(6)), DONGMING, DONGMING)
    assert both["residents"] == {
        "quantity": "residents", "unit": "count", "a": 946.0, "b": 1892.0, "difference": 946.0, "relative": 1.0,
    }  # fmt: skip
    assert (both["registers.water"]["a"], both["registers.water"]["b"]) == (13.0, None)
    assert (both["buildings"]["a"], both["buildings"]["b"], both["buildings"]["relative"]) == (1.0, 0.0, -1.0)
    assert later.filter(quantity="registers.water")["a"].item() == 15.0
    assert set(later["difference"].drop_nulls()) == {0.0}


def test_a_community_that_was_not_there_yet_is_wrong_usage(place: Place) -> None:
    with City.open(place.directory) as city, pytest.raises(UsageError, match="no community"):
        side_by_side(city.cut(day(-1)), DONGMING, OTHER)


def test_what_a_revised_model_changed_says_so(place: Place) -> None:
    with City.open(place.directory) as city:
        before, after = city.cut(day(2)), city.cut(day(6))
        devices, buildings = diff(before, after, "devices"), diff(before, after, "buildings")
        back = diff(after, before, "devices")
        sites = diff(city.cut(day(-1)), after, "communities")
    assert (devices.height, set(devices["reason"]), set(devices["change"])) == (6, {"revised model"}, {"added"})
    assert buildings.select("change", "reason").rows() == [("changed", "revised model")]
    assert set(back["reason"]) == {None}
    assert set(sites["reason"]) == {"newer"}
