"""Decode speed of every declared format, rows a second, on generated payloads: `python -m benchmarks decoders`."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import polars as pl
from google.transit import gtfs_realtime_pb2 as gtfs

from benchmarks.decoder_loads import AIM, Load, further_loads
from benchmarks.figures import Figure, best_of
from events.feeds.decoded import Payload
from events.feeds.registry import FORMATS

REPEATS = 5
ARRIVAL = datetime(2026, 11, 22, tzinfo=UTC)
START_S = 1_790_000_000


def figures() -> list[Figure]:
    """Rows a second of wall time and of processor time; other work on the machine changes the second less."""
    return [figure for load in loads() for figure in measured(load)]


def loads() -> list[Load]:
    """Every case."""
    packs = [senml_pack(building, 500) for building in range(400)]
    single = [senml_pack(meter, 1) for meter in range(50_000)]
    table = archive_table(100_000)
    return [
        Load("senml, packs of 500", "senml", packs, "≥ 1,500,000"),
        Load("senml, single records", "senml", single, "≥ 150,000"),
        Load("youbike, 2026 documents", "youbike", [youbike_document(1_790)] * 5),
        Load("youbike-archive, Parquet", "youbike-archive", list(FORMATS["youbike-archive"].split(table))),
        Load("gbfs, station_status", "gbfs", [gbfs_document(1_790)] * 5, AIM),
        Load("gtfs-rt, vehicle positions", "gtfs-rt", [gtfs_feed(3_000)] * 3),
        *further_loads(),
    ]


def senml_pack(number: int, records: int) -> bytes:
    """A pack of electricity registers of one building's meters."""
    head = {"bn": f"urn:dev:ser:TPE{number:06d}", "bt": START_S, "bu": "kWh"}
    rows = [{"n": f"-{meter:03d}:1-0:1.8.0", "v": 1234.567 + meter} for meter in range(records)]
    return msgspec.json.encode([head | rows[0], *rows[1:]])


def youbike_document(stations: int) -> bytes:
    """A document in the field names of 2026."""
    told = {
        "sna": "YouBike2.0_捷運站", "sarea": "大安區", "mday": "2026-08-20 19:39:02", "ar": "復興南路二段235號前",
        "sareaen": "Daan Dist.", "snaen": "YouBike2.0_MRT Sta.", "aren": "Fuxing S. Rd.", "act": "1",
        "srcUpdateTime": "2026-08-20 19:41:52", "updateTime": "2026-08-20 19:41:52", "infoTime": "2026-08-20 19:39:02",
        "infoDate": "2026-08-20", "Quantity": 28, "available_rent_bikes": 24, "latitude": 25.02605,
        "longitude": 121.5436, "available_return_bikes": 4,
    }  # fmt: skip
    return msgspec.json.encode([{"sno": str(500_101_001 + n), **told} for n in range(stations)])


def archive_table(rows: int) -> bytes:
    """A Parquet table of reports, columns as text."""
    number = pl.int_range(rows, eager=True)
    times = pl.from_epoch(START_S + number, time_unit="s").dt.strftime("%Y-%m-%d %H:%M:%S")
    counts = {"total": pl.lit("28"), "available_rent_bikes": pl.lit("24"), "available_return_bikes": pl.lit("4")}
    table = pl.DataFrame({"sno": (500_101_001 + number % 1_500).cast(pl.String), "infoTime": times}).with_columns(
        **counts
    )
    buffer = io.BytesIO()
    table.write_parquet(buffer)
    return buffer.getvalue()


def gbfs_document(stations: int) -> bytes:
    """A station_status document of version 3.0."""
    told: dict[str, object] = dict.fromkeys(("is_installed", "is_renting", "is_returning"), True)
    told |= {"num_vehicles_available": 5, "num_docks_available": 9, "last_reported": "2026-08-20T19:39:02+08:00"}
    rows = [{"station_id": f"s{n}", **told} for n in range(stations)]
    head = {"last_updated": "2026-08-20T19:41:52+08:00", "ttl": 60, "version": "3.0"}
    return msgspec.json.encode({**head, "data": {"stations": rows}})


def gtfs_feed(vehicles: int) -> bytes:
    """A feed of vehicle positions."""
    feed = gtfs.FeedMessage(header=gtfs.FeedHeader(gtfs_realtime_version="2.0", timestamp=START_S))
    for number in range(vehicles):
        vehicle = feed.entity.add(id=str(number)).vehicle
        vehicle.vehicle.id, vehicle.trip.route_id, vehicle.timestamp = f"EAL-{number}", "307", START_S
        vehicle.position.latitude, vehicle.position.longitude, vehicle.position.speed = 25.04, 121.5, 8.0
    return bytes(feed.SerializeToString())


def measured(load: Load) -> list[Figure]:
    """The best of REPEATS runs by either clock; AssertionError when a row is refused."""
    payloads = [Payload(document, ARRIVAL) for document in load.documents]
    decode = FORMATS[load.format].decode
    decoded = decode(payloads)
    assert decoded.offered, f"{load.name}: no rows"
    assert decoded.refused.is_empty(), f"{load.name}: {decoded.refused['reason'][0]}"
    wall_s = best_of(REPEATS, lambda: decode(payloads))
    cpu_s = min(_processor_s(lambda: decode(payloads)) for _ in range(REPEATS))
    return [
        Figure(f"decode {load.name}", decoded.offered / wall_s, "rows/s", load.target),
        Figure(f"decode {load.name}, one core", decoded.offered / cpu_s, "rows/CPU s", load.target),
    ]


def _processor_s(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
