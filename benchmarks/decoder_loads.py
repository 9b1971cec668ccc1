"""Generated documents of every format for the table of decode speeds: shaped as the real ones, none of them copied."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import polars as pl
from google.transit import gtfs_realtime_pb2 as gtfs

START = datetime(2026, 8, 20, 11, 0, tzinfo=UTC)
START_S = round(START.timestamp())
AIM = "≥ 200,000"


@dataclass(frozen=True)
class Load:
    """One measured case: a format, documents as a source brings them, and what is aimed at, in rows a second."""

    name: str
    format: str
    documents: list[bytes]
    target: str = ""


def further_loads() -> Iterator[Load]:
    """Every format beside SenML, the bikes' documents and vehicle positions."""
    yield Load("gtfs-rt, trip updates", "gtfs-rt", [trip_updates(500, 20)] * 2)
    yield Load("bus-estimate, a snapshot", "bus-estimate", [estimates(29_000)], AIM)
    yield Load("parking, availability", "parking", [car_parks(700)] * 5, AIM)
    yield Load("parking, descriptions", "parking", [car_park_facts(1_700)] * 2)
    yield Load("aqi, JSON", "aqi", [stations_of_air(85)] * 20, AIM)
    yield Load("airbox", "airbox", [air_boxes(4_000)], AIM)
    yield Load("sensorthings", "sensorthings", [observations(5_000)] * 2)
    yield Load("ocpp, MeterValues of 2.0.1", "ocpp", [charging_calls(2_000)])
    yield Load("ocpi, charge detail records", "ocpi", [charge_records(2_000)])
    yield Load("bacnet-lift", "bacnet-lift", [lifts(1_000)])
    yield Load("health-station", "health-station", [health_stations(1_000)])
    yield Load("nem12, half hours", "nem12", [interval_file(1_000)], AIM)
    yield Load("meter-table, long", "meter-table", [meter_table(50_000)], AIM)
    yield Load("dsmr, telegrams", "dsmr", [telegrams(500)])


def trip_updates(trips: int, stops: int) -> bytes:
    """A feed of trip updates."""
    feed = gtfs.FeedMessage(header=gtfs.FeedHeader(gtfs_realtime_version="2.0", timestamp=START_S))
    for number in range(trips):
        update = feed.entity.add(id=str(number)).trip_update
        update.trip.trip_id, update.trip.route_id = f"t{number}", f"r{number}"
        for stop in range(stops):
            update.stop_time_update.add(stop_id=f"s{stop}").arrival.time = START_S + 60 * stop
    return bytes(feed.SerializeToString())


def estimates(rows: int) -> bytes:
    """A snapshot of bus estimates."""
    told = [
        {"RouteID": 10_000 + n // 60, "StopID": 30_000 + n, "EstimateTime": str(n % 1_800 - 4), "GoBack": "0"}
        for n in range(rows)
        if n % 1_800 > 3
    ]
    return msgspec.json.encode({"EssentialInfo": {"UpdateTime": "2026/08/20 19:41:52"}, "BusInfo": told})


def car_parks(lots: int) -> bytes:
    """A document of free spaces."""
    names = ("availablemotor", "availablebus", "availablehandicap", "availablepregnancy", "availableheavymotor")
    park = [{"id": f"TPE{n:04d}", "availablecar": n % 300, **dict.fromkeys(names, 3)} for n in range(lots)]
    return msgspec.json.encode({"data": {"UPDATETIME": "Thu Aug 20 19:41:52 CST 2026", "park": park}})


def car_park_facts(lots: int) -> bytes:
    """A document of descriptions."""
    fact = {"name": "公有停車場", "area": "大安區", "tw97x": "305000.5", "tw97y": "2769000.5", "totalcar": 120}
    park = [{"id": f"TPE{n:04d}", **fact, "totalmotor": 40, "ChargingStation": "4"} for n in range(lots)]
    return msgspec.json.encode({"data": {"UPDATETIME": "Thu Aug 20 19:41:52 CST 2026", "park": park}})


def stations_of_air(sites: int) -> bytes:
    """A document of the ministry's stations."""
    names = ("aqi", "pm2_5", "pm2_5_avg", "pm10", "pm10_avg", "o3", "o3_8hr", "co", "co_8hr", "so2", "no2", "nox", "no")
    told = dict.fromkeys(names, "17") | {"status": "良好", "wind_speed": "2.1", "publish_time": "2026/08/20 19:00:00"}
    return msgspec.json.encode({"records": [{"site_id": str(n), "site_name": "站", **told} for n in range(sites)]})


def air_boxes(devices: int) -> bytes:
    """A document of micro-sensors."""
    values = {"s_d0": 42.0, "s_d1": 51.0, "s_d2": 25.0, "s_t0": 24.6, "s_h0": 84.0, "c_d0": 61.21}
    told = values | {"app": "AirBox", "gps_lat": 25.03, "gps_lon": 121.5, "timestamp": "2026-08-20T11:41:52Z"}
    return msgspec.json.encode({"feeds": [{"device_id": f"08BEAC{n:06X}", **told} for n in range(devices)]})


def observations(count: int) -> bytes:
    """An array of SensorThings observations."""
    stream = {"unitOfMeasurement": {"symbol": "ug/m3"}}
    told = {"phenomenonTime": "2026-08-20T11:41:52Z", "result": 12.5}
    return msgspec.json.encode([{**told, "Datastream": {"@iot.id": n, **stream}} for n in range(count)])


def charging_calls(calls: int) -> bytes:
    """A log of calls, one a line, three values each."""
    values = [{"value": v, "measurand": m} for m, v in (("SoC", 80.0), ("Voltage", 230.0), ("Current.Import", 16.0))]
    body = {"evseId": 1, "meterValue": [{"timestamp": "2026-08-20T11:41:52Z", "sampledValue": values}]}
    line = msgspec.json.encode([2, "1", "MeterValues", body]).decode()
    return "\n".join(f"cp{n} : {line}" for n in range(calls)).encode()


def charge_records(count: int) -> bytes:
    """An array of charge detail records."""
    told: dict[str, Any] = {
        "country_code": "TW", "party_id": "ABC", "end_date_time": "2026-08-20T11:41:52Z", "currency": "TWD",
        "cdr_location": {"id": "L", "evse_uid": "E"}, "total_cost": {"before_taxes": 99.5}, "total_energy": 15.3,
        "total_time": 1.7, "last_updated": "2026-08-20T12:00:00Z",
    }  # fmt: skip
    return msgspec.json.encode([{**told, "id": f"c{n}"} for n in range(count)])


def lifts(count: int) -> bytes:
    """An array of lifts, six properties each."""
    told = {
        "car-position": 5,
        "car-moving-direction": "up",
        "car-mode": 1,
        "fault-signals": [],
        "passenger-alarm": False,
    }
    head = {"timestamp": "2026-08-20T11:41:52Z", "car-door-status": ["closed"]}
    return msgspec.json.encode([{"lift-id": f"A{n}", **head, **told} for n in range(count)])


def health_stations(count: int) -> bytes:
    """An array of reports."""
    told = {"timestamp": "2026-08-20T11:41:52Z", "device_state": "ok", "measurement_count": 31, "out_of_range_count": 4}
    return msgspec.json.encode([{"station_id": f"HS-{n}", **told} for n in range(count)])


def interval_file(days: int) -> bytes:
    """A NEM12 file of a meter's half hours."""
    first = datetime(2020, 1, 1, tzinfo=UTC)
    values = ",".join(f"{n / 100:.3f}" for n in range(48))
    lines = [f"300,{first + timedelta(days=n):%Y%m%d},{values},A,,,20260820000000," for n in range(days)]
    return "\n".join(["100,NEM12,202608200000,A,B", "200,NMI1,E1,E1,E1,,SER1,KWH,30,", *lines, "900"]).encode()


def meter_table(rows: int) -> bytes:
    """A long table of half hours, five hundred meters."""
    number = pl.int_range(rows, eager=True)
    times = pl.from_epoch(START_S + number // 500 * 1_800, time_unit="s").dt.strftime("%Y-%m-%d %H:%M:%S")
    table = pl.DataFrame({"meter": (number % 500).cast(pl.String), "time": times, "supply_kwh": number / 100})
    buffer = io.BytesIO()
    table.write_csv(buffer)
    return buffer.getvalue()


def telegrams(count: int) -> bytes:
    """P1 telegrams, one after the other."""
    return b"".join(_telegram(n) for n in range(count))


def _telegram(number: int) -> bytes:
    at = START + timedelta(seconds=10 * number)
    rows = (
        f"0-0:1.0.0({at:%y%m%d%H%M%S}W)", "0-0:96.1.1(4B384547303034303436333935353037)",
        f"1-0:1.8.1({number:010.3f}*kWh)", "1-0:1.8.2(000002.000*kWh)", "1-0:2.8.1(000003.000*kWh)",
        "1-0:1.7.0(00.111*kW)",
    )  # fmt: skip
    body = "/TWN5 TWIN\r\n\r\n" + "\r\n".join(rows) + "\r\n!"
    return f"{body}{_crc16(body.encode()):04X}\r\n".encode()


def _crc16(data: bytes) -> int:
    """CRC-16/ARC of a telegram, as DSMR 4 asks for."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc
