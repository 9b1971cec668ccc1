"""Commands through the one door, on the real log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from events.errors import DomainError
from events.log import Log
from tests.aggregates.laws import RECORDED, day
from tests.aggregates.models import home_meters, housing
from tests.aggregates.samples import ANSWER, QUESTION, SITE
from twin.aggregates.devices import Device
from twin.service import Service
from twin.sites import read_sites

DONGMING = SITE["community_id"]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with Log.open(tmp_path / "log.sqlite") as log:
        yield Service(log, tmp_path / "archive", lambda: RECORDED)


def test_the_citys_79_sites_are_registered_once(service: Service, shared_data: Path) -> None:
    sites = read_sites(shared_data / "housing" / "taipei_social_housing_sites.tsv")
    assert len(service.register_communities(sites, time=day(0))) == 79
    assert service.register_communities(sites, time=day(0)) == []
    assert service.register_communities(sites) == []


def test_a_row_of_a_table_will_do_for_a_site(service: Service) -> None:
    row = {"id": "x", "name": "東明", "district": "南港區", "address": "南港路", "longitude": 121.6, "latitude": 25.05}
    service.register_communities([row], source="a list")
    assert service.register().at().communities.select("community_id", "source").row(0) == ("x", "a list")


def test_a_model_of_an_unregistered_community_is_refused(service: Service) -> None:
    with pytest.raises(DomainError, match="no community 'nowhere' is registered; load the sites first"):
        service.publish_model(housing("a", []), "nowhere", "a")


def test_a_model_brings_its_building_and_all_its_meters_in_one_transaction(service: Service) -> None:
    service.register_communities([SITE], time=day(0))
    positions = service.publish_model(housing("a", home_meters("a", 100)), DONGMING, "a", day(1), name="東明 A")
    frames = service.register().at()
    assert len(positions) == 2
    assert frames.buildings.select("building_id", "name", "crs", "devices").row(0) == ("a", "東明 A", "EPSG:3826", 303)
    assert frames.devices.height == 303
    electricity = frames.devices.filter(device_id="a-1-electricity_meter").row(0, named=True)
    assert (electricity["point_id"], electricity["unit"]) == ("urn:dev:ser:E-a-1:1-0:1.8.0", "kWh")


def test_a_building_without_a_name_is_called_as_its_file_without_the_folder(service: Service) -> None:
    service.register_communities([SITE])
    service.publish_model(housing("/srv/models/東明甲", []), DONGMING, "a")
    assert service.register().at().buildings["name"].to_list() == ["東明甲"]


def test_publishing_a_model_may_be_retried(service: Service) -> None:
    service.register_communities([SITE])
    model = housing("a", home_meters("a", 10))
    service.publish_model(model, DONGMING, "a", day(1))
    assert service.publish_model(model, DONGMING, "a", day(1)) == []
    assert service.publish_model(model, DONGMING, "a", day(9)) == []


def test_a_meter_of_another_building_is_refused_and_nothing_is_written(service: Service) -> None:
    service.register_communities([SITE])
    service.publish_model(housing("a", home_meters("a", 10)), DONGMING, "a")
    with pytest.raises(DomainError, match="building b: serial E-a-0 is the meter a-0-electricity_meter of building a"):
        service.publish_model(housing("b", home_meters("a", 10)), DONGMING, "b")
    assert service.register().at().buildings["building_id"].to_list() == ["a"]


def test_a_serial_that_a_model_gives_twice_names_only_the_first_meter(service: Service) -> None:
    service.register_communities([SITE])
    twins = [{"device_id": i, "kind": "gas_meter", "serial": "G1"} for i in ("m1", "m2")]
    service.publish_model(housing("a", twins), DONGMING, "a")
    devices = service.register().at().devices
    assert devices.select("device_id", "serial", "point_id").rows() == [
        ("m1", "G1", "urn:dev:ser:G1:7-0:3.0.0"),
        ("m2", None, None),
    ]


def test_devices_that_no_model_shows_are_bound_and_retired(service: Service) -> None:
    service.register_communities([SITE])
    service.bind_devices("a", DONGMING, [Device("s1", "sensor")], day(1))
    service.retire_devices("a", ["s1"], "broken", day(5))
    register = service.register()
    assert [register.at(day(d)).devices.height for d in (0, 1, 4, 5)] == [0, 1, 1, 0]


def test_a_scenario_and_its_answer_are_kept_once(service: Service) -> None:
    for _ in range(2):
        service.define_scenario(QUESTION)
        service.complete_run(ANSWER)
    scenarios = service.register().at().scenarios
    assert scenarios.select("scenario_id", "digest", "run_at").rows() == [("0123456789abcdef", "b" * 64, RECORDED)]
    assert service.register().position == 2
