"""Whatever bytes are offered to whatever decoder: a frame or a reason, never an exception, and the counts add up."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import msgspec
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.feeds import json_rows
from events.feeds.decoded import Decoded
from events.feeds.registry import FORMATS
from tests.feeds.captured.sparkplug import PYSPARKPLUG, TAHU
from tests.feeds.offering import offer
from tests.feeds.telegrams import telegrams
from tests.feeds.test_cap import EARTHQUAKE
from tests.feeds.test_dlms_push import WHOLE as PUSH
from tests.feeds.test_green_button import SAMPLE as GREEN_BUTTON
from tests.feeds.test_health import report
from tests.feeds.test_lifts import LIFT
from tests.feeds.test_ngsi_ld import PARKING
from tests.feeds.test_ocpi import cdr, document, note
from tests.feeds.test_sparkplug import lines
from tests.feeds.test_timetable import alert_feed

UNRULY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

SPLICES = st.sampled_from(
    [
        b"", b"null", b"NaN", b"-1", b"1e999", b'"', b"[", b"]", b"}", b"},{", b"],[", b"\x00", b"\xb4\xfa", b"\\ud800",
        b"9" * 40, b"true", b'""', b"{}", b"[[]]", b"\xef\xbb\xbf", b"\x1f\x8b", b"PAR1", b",", b"\n", b"\r\n", b";",
        b"_", b"\xff",
    ]
)  # fmt: skip


@pytest.fixture(scope="module")
def captures(shared_data: Path) -> dict[str, list[bytes]]:
    """Small real documents by format."""
    immediate = gzip.decompress((shared_data / "youbike" / "youbike_immediate_2026_sample_01.json.gz").read_bytes())
    first = (shared_data / "youbike" / "v1_YouBikeTP_b.json").read_bytes()
    protobuf = shared_data / "gtfsrt"
    day = pl.read_parquet(shared_data / "youbike" / "slots_2024-09-10.parquet", n_rows=5)
    as_parquet = io.BytesIO()
    day.write_parquet(as_parquet)
    fixtures = shared_data / "gbfs" / "fixtures" / "testFixtures"
    old = msgspec.json.decode(first)
    return {
        "youbike": [
            b"[" + b",".join(json_rows.rows_of(immediate)[:3]) + b"]",
            msgspec.json.encode(old | {"retVal": dict(list(old["retVal"].items())[:3])}),
        ],
        "youbike-archive": [
            day.write_csv().encode(),
            as_parquet.getvalue(),
            gzip.compress(day.write_csv().encode(), mtime=0),
        ],
        "gbfs": [(fixtures / v / f"{n}.json").read_bytes() for v in ("v2.3", "v3.1-RC3") for n in STATION_DOCUMENTS],
        "gtfs-rt": [(protobuf / f"gtfs_{n}.pb").read_bytes() for n in ("vehicle_positions", "trip_update")]
        + [alert_feed()],
        "bus-estimate": [_first_stops(shared_data)],
        "tdx-bus": [(shared_data / "field" / "feeds" / "tdx_bus_a1.json").read_bytes(), ESTIMATES],
        "bus-network": [_first_facts(shared_data, n) for n in ("GetStopLocation", "GetRoute")],
        "parking": [_first_lots(shared_data), _first_lots(shared_data, "TCMSV_alldesc.json.gz"), SIGNS],
        "aqi": [_first_sites(shared_data)],
        "airbox": [_first_boxes(shared_data)],
        "sensorthings": [OBSERVATIONS],
        "ocpp": [(shared_data / "events" / "ocpp16_public_samples.txt").read_bytes(), CHARGING],
        "ocpi": [document(cdr(), note()), json.dumps([cdr("c2")]).encode()],
        "bacnet-lift": [LIFT, json.dumps([json.loads(LIFT)]).encode()],
        "health-station": [json.dumps([report()]).encode(), json.dumps(report(systolic=1)).encode()],
        "nem12": [b"\n".join((shared_data / "meters" / "nem12_HH2.csv").read_bytes().splitlines()[:4])],
        "meter-table": [
            pl.read_parquet(shared_data / "meters" / "sgsc_one_household.parquet", n_rows=4).write_csv().encode(),
            b"meter,date,unit,00:30,24:00\nM1,2026-01-01,kWh,0.1,0.2\n",
            b"meter,time,value,unit,time_zone\nM1,2025-10-26 02:30:00,1,kWh,Europe/Amsterdam\n",
        ],
        "dsmr": [telegrams(shared_data)["TELEGRAM_V5"], telegrams(shared_data)["TELEGRAM_V2_2"]],
        "cwa-earthquake": [_first_quakes(shared_data)],
        "cap": [EARTHQUAKE.encode(), (shared_data / "alerts" / "ncdr_feed_entry_2026-07-07.json").read_bytes()],
        "metro-timetable": [_first_trains(shared_data, n) for n in ("FirstLastTimetable", "Frequency", "Station")],
        "ngsi-ld": [json.dumps(PARKING).encode()],
        "cwa-weather": [_first_hours(shared_data)],
        "green-button": [GREEN_BUTTON.read_bytes()],
        "dlms-push": [PUSH, PUSH.hex().encode()],
        "sparkplug": [lines(PYSPARKPLUG, "NBIRTH", "DBIRTH", "NDATA", "NDEATH"), lines(TAHU, "NBIRTH", "NDATA")],
        "senml": [(shared_data / "events" / "senml" / f"ex{n}.json").read_bytes() for n in range(1, 14)],
    }


OBSERVATIONS = msgspec.json.encode(
    [
        {
            "phenomenonTime": "2026-08-20T11:41:52Z",
            "result": result,
            "Datastream": {"@iot.id": 5, "unitOfMeasurement": {"symbol": "μg/m3"}},
        }
        for result in (12.5, "blocked", True)
    ]
)
CHARGING = msgspec.json.encode(
    [
        2, "7", "TransactionEvent",
        {
            "eventType": "Updated", "timestamp": "2026-08-20T11:41:52Z", "seqNo": 4,
            "triggerReason": "MeterValuePeriodic",
            "transactionInfo": {"transactionId": "t1", "chargingState": "Charging"},
            "evse": {"id": 1, "connectorId": 2},
            "meterValue": [{"timestamp": "2026-08-20T11:41:52Z", "sampledValue": [{"value": 1, "measurand": "SoC"}]}],
        },
    ]
)  # fmt: skip


def _first_stops(shared_data: Path) -> bytes:
    snapshot = gzip.decompress((shared_data / "bus" / "estimate_2024-09-08T144600.json.gz").read_bytes())
    document = msgspec.json.decode(snapshot)
    return msgspec.json.encode(document | {"BusInfo": document["BusInfo"][:4]})


def _first_facts(shared_data: Path, name: str) -> bytes:
    document = msgspec.json.decode(gzip.decompress((shared_data / "bus" / f"{name}.json.gz").read_bytes()))
    return msgspec.json.encode(document | {"BusInfo": document["BusInfo"][:3]})


ESTIMATES = msgspec.json.encode(
    {
        "UpdateTime": "2024-03-12T08:00:15+08:00",
        "Estimates": [
            {"StopID": "36407", "StopName": {"Zh_tw": "捷運站"}, "RouteID": "10132", "Direction": 0, **told}
            for told in ({"EstimateTime": 120, "StopStatus": 0}, {"StopStatus": 3})
        ],
    }
)


SIGNS = (
    '<?xml version="1.0" encoding="Big5"?><a><ExchangeTime>2025/06/27 10:43:38</ExchangeTime>'
    "<CmsData><CmsID>P6</CmsID><ContentPark>滿</ContentPark></CmsData></a>"
).encode("cp950")


def _first_quakes(shared_data: Path) -> bytes:
    reports = gzip.decompress((shared_data / "alerts" / "cwa_earthquakes_2026-04-13_2026-07-06.json.gz").read_bytes())
    return msgspec.json.encode(msgspec.json.decode(reports)[:3])


def _first_trains(shared_data: Path, name: str) -> bytes:
    return msgspec.json.encode(msgspec.json.decode((shared_data / "transit" / f"TRTC_{name}.json").read_bytes())[:3])


def _first_hours(shared_data: Path) -> bytes:
    table = shared_data / "weather" / "cwa_466920_hourly_2020-06_2021-05.parquet"
    return pl.read_parquet(table, n_rows=4).write_csv().encode()


def _first_lots(shared_data: Path, name: str = "TCMSV_allavailable.json") -> bytes:
    content = (shared_data / "parking" / "2025-06" / name).read_bytes()
    document = msgspec.json.decode(gzip.decompress(content) if name.endswith(".gz") else content)
    data = document["data"]
    return msgspec.json.encode({"data": data | {"park": data["park"][:6]}})


def _first_sites(shared_data: Path) -> bytes:
    rows = pl.read_parquet(shared_data / "air" / "taiwan_aqi_48h.parquet", n_rows=3).to_dicts()
    return msgspec.json.encode({"records": rows})


def _first_boxes(shared_data: Path) -> bytes:
    document = msgspec.json.decode((shared_data / "air" / "airbox_200.json").read_bytes())
    return msgspec.json.encode(document | {"feeds": document["feeds"][:3]})


WHICH = st.integers(0, 3)
STATION_DOCUMENTS = ("station_status", "station_information")


@st.composite
def wounds(draw: st.DrawFn) -> list[tuple[float, float, bytes]]:
    """Cuts to make in a document: where (as a share of its length), how much, and what to put there."""
    where, size = st.floats(0, 1), st.sampled_from([0.0, 0.001, 0.01, 0.1, 1.0])
    return draw(st.lists(st.tuples(where, size, SPLICES | st.binary(max_size=4)), min_size=1, max_size=4))


def wounded(document: bytes, cuts: list[tuple[float, float, bytes]]) -> bytes:
    for where, size, splice in cuts:
        start = int(where * len(document))
        document = document[:start] + splice + document[start + int(size * len(document)) :]
    return document


def one_of(documents: list[bytes], which: int) -> bytes:
    """What is drawn must not depend on the documents at hand, so that a failure can be replayed."""
    return documents[which % len(documents)]


@UNRULY
@pytest.mark.parametrize("name", list(FORMATS))
@given(which=WHICH, cuts=wounds())
def test_a_wounded_document_is_read_or_refused_and_its_neighbours_do_not_notice(
    name: str, captures: dict[str, list[bytes]], which: int, cuts: list[tuple[float, float, bytes]]
) -> None:
    form = FORMATS[name]
    healthy = captures[name][0]
    document = wounded(one_of(captures[name], which), cuts)
    decoded = offer(form.decode, healthy, document, healthy)
    alone = offer(form.decode, healthy)
    assert alone.offered + sum(frame.height for frame in alone.frames.values()) > 0  # facts of places are not offered
    for record in (0, 2):
        assert told_by(decoded, record) == told_by(alone, 0)
    assert decoded.refused.filter(pl.col("record") != 1).height == 2 * alone.refused.height
    offer(form.decode, *form.split(document))


def told_by(decoded: Decoded, record: int) -> dict[str, list[tuple[object, ...]]]:
    return {n: f.filter(pl.col("record") == record).drop("record").rows() for n, f in decoded.frames.items()}


@UNRULY
@pytest.mark.parametrize("name", list(FORMATS))
@given(noise=st.lists(st.binary(max_size=60), max_size=4))
def test_noise_is_refused(name: str, noise: list[bytes]) -> None:
    decoded = offer(FORMATS[name].decode, *noise)
    assert decoded.refused.height >= len(noise)


@UNRULY
@pytest.mark.parametrize("name", list(FORMATS))
@given(which=WHICH)
def test_a_document_cut_into_messages_loses_nothing(name: str, captures: dict[str, list[bytes]], which: int) -> None:
    form, document = FORMATS[name], one_of(captures[name], which)
    whole, parts = offer(form.decode, document), offer(form.decode, *form.split(document))
    assert parts.offered == whole.offered


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_poll_without_payloads_decodes_to_nothing(name: str) -> None:
    decoded = offer(FORMATS[name].decode)
    assert decoded.offered == 0
    assert decoded.frames


@pytest.mark.parametrize("name", list(FORMATS))
def test_what_was_refused_is_refused_again_so_that_a_retry_invents_nothing(
    name: str, captures: dict[str, list[bytes]]
) -> None:
    form, refused = FORMATS[name], list[int]()

    @UNRULY
    @given(which=WHICH, cuts=wounds())
    def law(which: int, cuts: list[tuple[float, float, bytes]]) -> None:
        decoded = offer(form.decode, wounded(one_of(captures[name], which), cuts))
        refused.append(decoded.refused.height)
        for payload in decoded.refused["payload"].head(3):
            assert offer(form.decode, form.whole(payload)).refused.height > 0

    law()
    some = sum(map(bool, refused))
    assert some * 20 > len(refused), f"{some} of {len(refused)} wounded documents had something refused"
