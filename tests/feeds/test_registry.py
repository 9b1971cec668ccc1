"""Formats are found by name, and messages by type, topic or content type, in that order."""

from __future__ import annotations

import pytest

from events.errors import UnknownFormatError
from events.feeds.registry import FORMATS, format_named, format_of


def test_the_declared_formats_are_the_contract() -> None:
    assert list(FORMATS) == [
        "youbike", "youbike-archive", "gbfs", "gtfs-rt", "senml", "bus-estimate", "tdx-bus", "bus-network", "parking",
        "aqi", "airbox", "sensorthings", "ocpp", "ocpi", "bacnet-lift", "health-station", "nem12", "meter-table",
        "cwa-earthquake", "cap", "cwa-weather", "metro-timetable", "ngsi-ld",
        "dsmr", "green-button", "dlms-push", "sparkplug",
    ]  # fmt: skip
    assert all(f.name == name and f.topic == f"city.{name}" for name, f in FORMATS.items())
    assert len({f.ce_type for f in FORMATS.values()}) == len(FORMATS)


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_format_is_found_by_its_name_type_and_topic(name: str) -> None:
    form = format_named(name)
    assert format_of("anything", form.ce_type) is form
    assert format_of(form.topic, "com.vendor.some.type") is form
    assert format_of(form.topic) is form


def test_the_type_outweighs_the_topic_and_the_topic_the_content_type() -> None:
    assert format_of("city.gbfs", FORMATS["senml"].ce_type, "text/csv") is FORMATS["senml"]
    assert format_of("city.gbfs", None, "text/csv") is FORMATS["gbfs"]
    assert format_of("meters", None, "application/senml+json; charset=utf-8") is FORMATS["senml"]


def test_a_message_of_no_format_has_none() -> None:
    assert format_of("weather", "com.vendor.type", "application/json") is None


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(UnknownFormatError, match="no format 'xml'; there are youbike, youbike-archive"):
        format_named("xml")
