"""Declared sensor types: a new sensor is a file, and a file that is off says which key, and what is allowed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.errors import DeclarationError
from events.feeds.declared_types.declaration import declaration_of
from events.feeds.declared_types.declaration_files import registry_of
from events.feeds.declared_types.declared import format_declared
from events.feeds.decoded import Decoded, Format
from events.feeds.registry import FORMATS, format_named, format_of
from events.ids import SourceId
from events.kafka.port import Fetched, Partition
from events.kafka.records import poll_of
from tests.feeds.offering import ARRIVAL, UNHURRIED, offer, reasons
from tests.feeds.test_timetable import archive, seconds, update

NOISE = """
name = "noise"
format = "json"
topic = "lab.noise"
rows = "data.items"
sensor = "device.id"
time = "at"
[[value]]
path = "levels[0].laeq"
quantity = "laeq"
unit = "dB"
lowest = 20
highest = 140
missing = ["", -99]
[[value]]
path = "$.data.mode"
quantity = "mode"
unit = "state"
"""
AT = datetime(2026, 8, 20, 3, 41, 52, tzinfo=UTC)


def noise(*laeq: Any, at: str = "2026-08-20 11:41:52", device: Any = "n1") -> bytes:
    items = [{"device": {"id": device}, "at": at, "levels": [{"laeq": level}]} for level in laeq]
    return json.dumps({"data": {"mode": "day", "items": items}}).encode()


def declared(text: str) -> Format:
    return format_declared(declaration_of(text, "x.toml", FORMATS), FORMATS)


def flat(time: str, **keys: str) -> str:
    more = "".join(f'{key} = "{value}"\n' for key, value in keys.items())
    head = f'name = "flat"\nformat = "csv"\nsensor = "id"\ntime = "{time}"\n{more}'
    return head + '[[value]]\npath = "watts"\nquantity = "power"\nunit = "kW"\nfactor = 0.001\n'


def rows(decoded: Decoded) -> list[Any]:
    return decoded.frames["readings"].select("point_id", "unit", "time", "value").rows()


def test_a_declared_sensor_is_read_where_its_file_says() -> None:
    decoded = offer(declared(NOISE).decode, noise(61.5, -99, ""))
    assert rows(decoded) == [("noise:n1:laeq", "dB", AT, 61.5)]
    assert decoded.frames["states"].select("point_id", "text").unique().rows() == [("noise:n1:mode", "day")]
    assert decoded.refused.is_empty()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (noise(150), "150.0, not within 20.0 to 140.0 dB"),
        (noise("loud"), "'loud' is no number"),
        (noise(60, at="yesterday"), "'yesterday' is no time"),
        (noise(60, device=None), "device.id is None"),
        (noise([60]), "levels[0].laeq is [60]"),
        (b'{"data": {"mode": "day"}}', "nothing at data.items"),
        (b"<xml/>", "JSON"),
    ],
)
def test_a_row_that_is_not_as_declared_is_refused_alone_and_again(document: bytes, reason: str) -> None:
    form = declared(NOISE)
    decoded = offer(form.decode, noise(60), document)
    assert [w for w in reasons(decoded) if reason in w]
    assert (60.0 in decoded.frames["readings"]["value"]) is True
    again = offer(form.decode, *decoded.refused["payload"])
    assert again.frames["readings"].is_empty()
    assert set(reasons(again)) == set(reasons(decoded))


@pytest.mark.parametrize(
    ("keys", "written", "moment"),
    [
        ({}, "2026/08/20 11:41:52", AT),
        ({}, "2026-08-20T03:41:52Z", AT),
        ({"time_format": "epoch_s"}, str(round(AT.timestamp())), AT),
        ({"time_format": "epoch_ms"}, str(round(AT.timestamp() * 1000)), AT),
        ({"time_format": "%d.%m.%Y %H:%M:%S"}, "20.08.2026 11:41:52", AT),
        ({"time_format": "%d.%m.%Y %H:%M:%S%z"}, "20.08.2026 05:41:52+0200", AT),
        ({"timezone": "Europe/Paris"}, "2026-08-20 05:41:52", AT),
        ({"timezone": "Europe/Paris"}, "2026-08-20T03:41:52+00:00", AT),
    ],
)
def test_times_are_read_in_the_declared_form_and_zone(keys: dict[str, str], written: str, moment: datetime) -> None:
    decoded = offer(declared(flat("at", **keys)).decode, f"id,at,watts\nm1,{written},1500\n".encode())
    assert rows(decoded) == [("flat:m1:power", "kW", moment, 1.5)]


def test_a_time_of_another_form_is_refused() -> None:
    decoded = offer(declared(flat("at", time_format="%d.%m.%Y")).decode, b"id,at,watts\nm1,2026-08-20,1500\n")
    assert "'2026-08-20 as %d.%m.%Y' is no time" in reasons(decoded)[0]


def test_without_a_declared_time_the_arrival_counts() -> None:
    text = flat("at").replace('time = "at"\n', "")
    assert rows(offer(declared(text).decode, b"id,watts\nm1,2\n"))[0][2] == ARRIVAL


def test_an_array_is_cut_into_messages_that_lose_nothing() -> None:
    form = declared('name = "a"\nformat = "json"\nsensor = "s"\n[[value]]\npath = "v"\nquantity = "q"\nunit = "W"\n')
    document = json.dumps([{"s": f"m{n}", "v": n, "pad": "x" * 1000} for n in range(1000)]).encode()
    parts = form.split(document)
    assert len(parts) > 1
    assert offer(form.decode, *parts).frames["readings"].height == 1000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("unit =", "unti ="), r"noise.toml: value 1: key 'unti' is not known; there are path, quantity"),
        (('"dB"', '"decibel"'), r"value 1: unit is 'decibel'; allowed: a SenML unit"),
        (('format = "json"', 'format = "xml"'), r"noise.toml: format is 'xml'; allowed: one of json, csv, youbike"),
        (('name = "noise"', 'name = "Noise!"'), r"name is 'Noise!'; allowed: small letters"),
        (('name = "noise"\n', ""), r"name is missing; a text is asked"),
        (('time = "at"', 'time = "at"\ntimezone = "Taipei"'), r"timezone is 'Taipei'; allowed: an IANA time zone"),
        (('time = "at"', 'time = "at"\ntime_format = "iso8601"'), r"time_format is 'iso8601'; allowed: iso"),
        (("lowest = 20", "lowest = 200"), r"lowest is 200; allowed: not above highest, which is 140"),
        (("levels[0].laeq", "levels[0.laeq"), r"path is 'levels\[0.laeq' breaks at"),
        (("data.items", "data[0].items"), r"rows is 'data\[0\].items'; allowed: names with dots"),
        (('quantity = "mode"', 'quantity = "laeq"'), r"allowed: every quantity once"),
        (("[[value]]", "[[values]]"), r"key 'values' is not known"),
        (('topic = "lab.noise"', 'topic = "lab noise"'), r"topic is 'lab noise'"),
        (("lowest = 20", "lowest = "), r"noise.toml: no TOML"),
        (('format = "json"', 'format = "senml"'), r"rows is 'data.items'; allowed: nothing: format senml says itself"),
    ],
)
def test_a_declaration_that_is_off_says_where_and_what_is_allowed(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    (tmp_path / "noise.toml").write_text(NOISE.replace(*change))
    with pytest.raises(DeclarationError, match=said):
        registry_of(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (NOISE.replace('"noise"', '"youbike"'), "there is a format of that name"),
        (NOISE.replace("lab.noise", "city.youbike"), "topic 'city.youbike' is that of youbike"),
    ],
)
def test_a_declaration_takes_no_name_and_no_topic_that_is_taken(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "noise.toml").write_text(text)
    with pytest.raises(DeclarationError, match=said):
        registry_of(tmp_path)


def test_a_declared_format_is_found_by_name_type_and_topic_beside_the_others(tmp_path: Path) -> None:
    (tmp_path / "noise.toml").write_text(NOISE)
    (tmp_path / "lab.toml").write_text('name = "lab"\nformat = "senml"\ntopic = "lab.packs"\n')
    registry = registry_of(tmp_path, tmp_path / "absent")
    form = format_named("noise", registry)
    assert format_of("lab.noise", None, "application/json", registry) is form
    assert format_of("x", form.ce_type, None, registry) is form
    assert format_of("city.youbike", None, None, registry) is FORMATS["youbike"]
    assert format_of("lab.noise") is None
    pack = b'[{"bn":"urn:dev:ow:1:","n":"t","u":"Cel","v":21.5,"bt":1.7e9}]'
    assert offer(format_named("lab", registry).decode, pack).frames["readings"]["value"].to_list() == [21.5]


def test_a_timetable_stands_beside_the_declaration_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "gtfs.zip").write_bytes(archive("t1,08:00:00,08:00:00,s1,1\n"))
    (tmp_path / "trains.toml").write_text('name = "trains"\nformat = "gtfs-rt"\ntimetable = "gtfs.zip"\n')
    feed, told = update(seconds(2026, 8, 20, 8, 0))
    told.stop_time_update.add(stop_id="s1").arrival.time = seconds(2026, 8, 20, 8, 2)
    form = format_named("trains", registry_of(tmp_path))
    assert offer(form.decode, feed.SerializeToString()).frames["arrivals"]["delay_s"].to_list() == [120]
    (tmp_path / "gtfs.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(DeclarationError, match=r"trains.toml: timetable 'gtfs.zip': GTFS archive cannot be opened"):
        registry_of(tmp_path)


@UNHURRIED
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["data", "items", "mode", "device", "id", "at", "levels", "laeq"]), inner)
        ),
        max_leaves=12,
    )
)
def test_whatever_json_comes_is_read_or_refused(document: Any) -> None:
    offer(declared(NOISE).decode, noise(60), json.dumps(document).encode())


@pytest.mark.parametrize("headers", [[], [("content-type", b"application/json"), ("ce_type", b"lab.own")]])
def test_a_record_on_a_declared_topic_is_a_record_of_its_format(
    tmp_path: Path, headers: list[tuple[str, bytes]]
) -> None:
    (tmp_path / "noise.toml").write_text(NOISE)
    registry = registry_of(tmp_path)
    fetched = Fetched(Partition("lab.noise", 0), [7], [1_790_000_000_000], [noise(60)], [headers])
    poll = poll_of(SourceId("kafka:lab.noise:0"), fetched, registry=registry)
    assert [form.name for form in poll.payloads] == ["noise"]
    assert offer(next(iter(poll.payloads)).decode, noise(60)).frames["readings"].height == 1
    assert "lab.noise" in registry.by_topic


def test_without_its_declaration_the_record_is_refused(tmp_path: Path) -> None:
    fetched = Fetched(Partition("lab.noise", 0), [7], [1_790_000_000_000], [noise(60)], [[]])
    poll = poll_of(SourceId("kafka:lab.noise:0"), fetched, registry=registry_of(tmp_path))
    assert not poll.payloads
    assert [refusal.offset for refusal in poll.unreadable] == [7]


TRACKER = """
name = "tracker"
format = "json"
rows = "uplinks"
sensor = "dev"
time = "at"
[position]
longitude = "gps.lon"
latitude = "gps.lat"
route_id = "$.route"
speed = { path = "kmh", factor = 0.2777777778, missing = ["", "-"] }
[[value]]
path = "battery"
quantity = "battery"
unit = "%"
[[pass_over]]
path = "event"
is = ["join", "status"]
[[pass_over]]
path = "$.uplinks"
present = false
"""


def tracks(*uplinks: dict[str, Any]) -> bytes:
    return json.dumps({"route": "307", "uplinks": list(uplinks)}).encode()


def uplink(**changes: Any) -> dict[str, Any]:
    told = {"dev": "v1", "at": "2026-08-20 11:41:52", "gps": {"lon": 121.5, "lat": 25.04}, "kmh": 36, "battery": 80}
    return told | changes


def test_a_declared_tracker_gives_positions_beside_its_readings_and_passes_over_what_it_names() -> None:
    joins: list[dict[str, Any]] = [{"dev": "v9", "event": "join"}, {"dev": "v1", "event": "status", "at": 7}]
    decoded = offer(declared(TRACKER).decode, tracks(uplink(), *joins), b'{"hello": 1}')
    (position,) = decoded.frames["positions"].select("vehicle_id", "route_id", "time", "longitude", "latitude").rows()
    assert position == ("tracker:v1", "307", AT, 121.5, 25.04)
    assert decoded.frames["positions"]["speed"].to_list() == [pytest.approx(10)]
    assert rows(decoded) == [("tracker:v1:battery", "/100", AT, 80.0)]
    assert decoded.refused.is_empty()


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"gps": {"lon": 121.5}}, "tracker:v1: position without longitude and latitude"),
        ({"gps": {"lon": 0, "lat": 0}}, "position at 0, 0"),
        ({"gps": {"lon": 1215, "lat": 25}}, "longitude: gps.lon is '1215', no number within -180 to 180"),
        ({"kmh": "fast"}, "speed: kmh is 'fast'"),
        ({"battery": [80]}, "tracker:v1:battery: battery is [80]: a text or a number is asked"),
        ({"dev": None}, "dev is None"),
        ({"at": "12/08/2026 11:41"}, "'12/08/2026 11:41' is no time"),
    ],
)
def test_the_odd_row_of_a_declared_type_says_whose_it_is_and_why_and_the_others_land(
    odd: dict[str, Any], reason: str
) -> None:
    form = declared(TRACKER)
    decoded = offer(form.decode, tracks(uplink(), uplink(**odd), uplink(dev="v2")))
    assert decoded.frames["positions"].filter(pl.col("vehicle_id") == "tracker:v2").height == 1
    assert any(reason in why for why in reasons(decoded))
    again = offer(form.decode, *decoded.refused["payload"])
    assert set(reasons(again)) == set(reasons(decoded))


def test_declared_arrivals_docks_and_stations_are_rows_of_their_families() -> None:
    stops = declared(
        'name = "stops"\nformat = "csv"\ntime = "at"\n'
        '[arrival]\nroute_id = "route"\nstop_id = "stop"\nestimate_s = { path = "min", factor = 60, missing = ["-"] }\n'
        'state = "what"\n'
    )
    table = "title\nroute,stop,min,what,at\n307,s1,2.5,,2026-08-20 11:41:52\n307,s2,-,last_gone,113/08/20 11:41:52\n"
    arrivals = offer(stops.decode, table.encode()).frames["arrivals"]
    assert arrivals.select("route_id", "stop_id", "direction", "estimate_s", "state").rows() == [
        ("307", "s1", "", 150, None),
        ("307", "s2", "", None, "last_gone"),
    ]
    bikes = declared(
        'name = "bikes"\nformat = "json"\nsensor = "id"\n[dock]\nnum_vehicles_available = "free"\nis_renting = "open"\n'
        '[station]\nname = "name"\nlongitude = "x"\nlatitude = "y"\n'
    )
    row = {"id": 7, "free": 3, "open": "yes", "name": "Shelter", "x": "121.5", "y": "25.0"}
    decoded = offer(bikes.decode, json.dumps([row, row | {"id": 8, "free": -1}]).encode())
    docks = decoded.frames["docks"].select("station_id", "num_vehicles_available", "capacity", "is_renting").rows()
    assert docks == [("bikes:7", 3, None, True)]
    assert decoded.frames["stations"].select("station_id", "name", "longitude").row(0) == ("bikes:7", "Shelter", 121.5)
    assert reasons(decoded) == ["bikes: bikes:8: num_vehicles_available: free is '-1', below nothing"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('latitude = "gps.lat"\n', ""), r"position: position is None; allowed: longitude and latitude"),
        (('route_id = "$.route"', 'route = "$.route"'), r"key 'route' is not known; there are route_id, longitude"),
        (("factor = 0.2777777778", "factor = 0"), r"speed: factor is 0; allowed: any number but 0"),
        (('is = ["join", "status"]', ""), r"pass_over 1: is is None; allowed: a list of texts here, or present"),
        (("present = false", 'present = "no"'), r"present is 'no'; allowed: true or false"),
    ],
)
def test_a_declared_family_that_is_off_says_where(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    (tmp_path / "tracker.toml").write_text(TRACKER.replace(*change))
    with pytest.raises(DeclarationError, match=said):
        registry_of(tmp_path)
