"""Static timetables: what a trip is planned to do, so that a feed which tells only times can tell delays too.

Two documents are read: a GTFS archive (.zip with trips.txt, stop_times.txt, agency.txt, in a folder or not, in whatever
encoding: only ids are read), and a TDX bus timetable (`Timetables` of each SubRouteUID, JSON). Times are seconds after
noon less twelve hours of the service day in the agency's zone, as GTFS defines them, so that 25:10:00 is ten past one
of the next day, and a day on which clocks change is no exception.
"""

from __future__ import annotations

import io
import zipfile
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import polars as pl
from polars.exceptions import PanicException, PolarsError

from events.clock import TAIPEI
from events.errors import PayloadError
from events.feeds.json_texts import value_of
from events.feeds.packed import text_of

ZIP = b"PK\x03\x04"
CALLS = {"trip_id": pl.String(), "sequence": pl.Int32(), "stop_id": pl.String(), "planned_s": pl.Int32()}
"""A trip's calls in order; `planned_s` (arrival, else departure) may be null where a timetable leaves it open."""

DEPARTURES = {"trip_id": pl.String(), "sequence": pl.Int32(), "planned_departure_s": pl.Int32()}
"""When a trip leaves a call (departure, else arrival)."""

TRIPS = {"trip_id": pl.String(), "route_id": pl.String(), "direction": pl.String()}
FREQUENCIES = {"trip_id": pl.String(), "exact_times": pl.Int8()}
"""Trips that frequencies.txt names: 1 where each run has a timetable, 0 where only the interval is promised."""

ROUTE_TYPES = {"route_id": pl.String(), "route_type": pl.Int32()}
_TIMED = {**CALLS, "planned_departure_s": pl.Int32()}

_CLOCK = r"^\s*(\d{1,3}):(\d\d)(?::(\d\d))?\s*$"
_DAY_S = 86_400


@dataclass(frozen=True)
class Timetable:
    """Frames CALLS, TRIPS, DEPARTURES, FREQUENCIES and ROUTE_TYPES, and the IANA zone that the times are in."""

    calls: pl.DataFrame
    trips: pl.DataFrame
    zone: str
    departures: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DEPARTURES))
    frequencies: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FREQUENCIES))
    routes: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ROUTE_TYPES))

    @cached_property
    def route_types(self) -> dict[str, int]:
        """GTFS `route_type` of routes by their id, and of trips by `trip:<id>`; empty where routes.txt tells none."""
        trips = self.trips.join(self.routes, on="route_id").select(
            pl.concat_str(pl.lit("trip:"), "trip_id"), "route_type"
        )
        return dict(self.routes.iter_rows()) | dict(trips.iter_rows())


def timetable_of(document: bytes) -> Timetable:
    """The timetable in a GTFS archive or a TDX document; PayloadError says what is missing."""
    return _gtfs(document) if document.startswith(ZIP) else _tdx(value_of(text_of(document)))


def _gtfs(document: bytes) -> Timetable:
    try:
        with zipfile.ZipFile(io.BytesIO(document)) as archive:
            tables = {name: _table(archive, name) for name in ("trips.txt", "stop_times.txt", "agency.txt")}
            further = {name: _table_or_none(archive, name) for name in ("frequencies.txt", "routes.txt")}
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise PayloadError(f"GTFS archive cannot be opened ({error})") from error
    stop_times, trips = tables["stop_times.txt"], tables["trips.txt"]
    for name, columns in {"stop_times.txt": ("trip_id", "stop_id", "stop_sequence"), "trips.txt": ("trip_id",)}.items():
        absent = [c for c in columns if c not in tables[name].columns]
        if absent:
            raise PayloadError(f"{name} has no column {', '.join(absent)}")
    calls = stop_times.select(
        "trip_id",
        pl.col("stop_sequence").cast(pl.Int32, strict=False).alias("sequence"),
        "stop_id",
        _seconds(stop_times.columns, "arrival_time", "departure_time").alias("planned_s"),
        _seconds(stop_times.columns, "departure_time", "arrival_time").alias("planned_departure_s"),
    )
    told = trips.select("trip_id", _or_none(trips, "route_id"), _or_none(trips, "direction_id").alias("direction"))
    return replace(
        _timetable(calls, told, _zone(tables["agency.txt"])),
        frequencies=_frequencies(further["frequencies.txt"]),
        routes=_route_types(further["routes.txt"]),
    )


def _table(archive: zipfile.ZipFile, name: str) -> pl.DataFrame:
    """A table of the archive as text; ids are ASCII in every encoding that is met, other letters may be lost."""
    found = next((member for member in archive.namelist() if member.rpartition("/")[2] == name), None)
    if found is None:
        raise PayloadError(f"GTFS archive without {name}")
    try:
        table = pl.read_csv(archive.read(found), infer_schema=False, encoding="utf8-lossy", truncate_ragged_lines=True)
    except (PolarsError, PanicException, zipfile.BadZipFile) as error:
        raise PayloadError(f"{name} cannot be read ({str(error).splitlines()[0]:.120})") from error
    clean = {c: c.removeprefix("\ufeff").strip().strip('"') for c in table.columns}
    return table.rename(clean).with_columns(pl.all().str.strip_chars())


def _table_or_none(archive: zipfile.ZipFile, name: str) -> pl.DataFrame:
    """A table that an archive need not have; empty when it has none."""
    held = any(member.rpartition("/")[2] == name for member in archive.namelist())
    return _table(archive, name) if held else pl.DataFrame()


def _frequencies(table: pl.DataFrame) -> pl.DataFrame:
    """`exact_times` of the trips that run at intervals, 0 where it is not told."""
    if "trip_id" not in table.columns:
        return pl.DataFrame(schema=FREQUENCIES)
    exact = _or_none(table, "exact_times").alias("exact_times").cast(pl.Int8, strict=False).fill_null(0)
    return table.select("trip_id", exact).unique("trip_id", keep="first", maintain_order=True)


def _route_types(table: pl.DataFrame) -> pl.DataFrame:
    if not {"route_id", "route_type"} <= set(table.columns):
        return pl.DataFrame(schema=ROUTE_TYPES)
    kinds = table.select("route_id", pl.col("route_type").cast(pl.Int32, strict=False)).drop_nulls()
    return kinds.unique("route_id", keep="first", maintain_order=True)


def _zone(agency: pl.DataFrame) -> str:
    told = agency["agency_timezone"].drop_nulls().to_list() if "agency_timezone" in agency.columns else []
    if not told or told[0] not in zoneinfo.available_timezones():
        raise PayloadError(f"agency.txt: agency_timezone {told[:1]} is no IANA time zone, such as Asia/Taipei")
    return str(told[0])


def _seconds(columns: list[str], *asked: str) -> pl.Expr:
    known = [seconds_of_clock(pl.col(c)) for c in asked if c in columns]
    return pl.coalesce([*known, pl.lit(None, pl.Int32)])


def seconds_of_clock(text: pl.Expr) -> pl.Expr:
    """Seconds of a time such as 25:10:00, null where the text is none."""
    hours, minutes = (text.str.extract(_CLOCK, part).cast(pl.Int32) for part in (1, 2))
    return hours * 3600 + minutes * 60 + text.str.extract(_CLOCK, 3).cast(pl.Int32).fill_null(0)


def _or_none(table: pl.DataFrame, column: str) -> pl.Expr:
    return pl.col(column) if column in table.columns else pl.lit(None, pl.String).alias(column)


def _tdx(found: Any) -> Timetable:
    """Bus timetables of TDX; trips are `<SubRouteUID>_<Direction>_<TripID>`, ids the city's own, times Taipei's."""
    calls: list[tuple[str, int, str, str, str]] = []
    trips: list[tuple[str, str, str]] = []
    for line in found if isinstance(found, list) else [found]:
        if not isinstance(line, dict) or not isinstance(line.get("Timetables"), list):
            continue
        route, direction = str(line.get("RouteID") or line.get("RouteUID") or ""), str(line.get("Direction", ""))
        for at, trip in enumerate(t for t in line["Timetables"] if isinstance(t, dict)):
            name = f"{line.get('SubRouteUID') or route}_{direction}_{trip.get('TripID') or at}"
            trips.append((name, route, direction))
            calls += ((name, *call) for call in _tdx_calls(trip.get("StopTimes")))
    if not calls:
        raise PayloadError("no Timetables with StopTimes in it: a TDX bus timetable or a GTFS archive is asked")
    clocks = ("planned_s", "planned_departure_s")
    frame = pl.DataFrame(calls, schema={**_TIMED, **dict.fromkeys(clocks, pl.String())}, orient="row")
    timed = frame.with_columns(seconds_of_clock(pl.col(c)).alias(c) for c in clocks).sort("trip_id", "sequence")
    late = (pl.col("planned_s").diff() < 0).fill_null(value=False).cast(pl.Int32).cum_sum().over("trip_id")
    waits = (pl.col("planned_departure_s") < pl.col("planned_s")).cast(pl.Int32)
    return _timetable(
        timed.with_columns(
            planned_s=pl.col("planned_s") + late * _DAY_S,
            planned_departure_s=pl.col("planned_departure_s") + (late + waits) * _DAY_S,
        ),
        pl.DataFrame(trips, schema=TRIPS, orient="row"),
        TAIPEI.key,
    )


def _tdx_calls(stops: Any) -> Iterator[tuple[int, str, str, str]]:
    for at, stop in enumerate(stops if isinstance(stops, list) else [], start=1):
        if isinstance(stop, dict):
            sequence = stop.get("StopSequence")
            arrives, leaves = (str(stop.get(n) or "") for n in ("ArrivalTime", "DepartureTime"))
            stop_id = str(stop.get("StopID") or stop.get("StopUID") or "")
            yield (
                sequence if isinstance(sequence, int) and 0 <= sequence < 2**31 else at,
                stop_id,
                arrives or leaves,
                leaves or arrives,
            )


def _timetable(calls: pl.DataFrame, trips: pl.DataFrame, zone: str) -> Timetable:
    sound = calls.cast(dict(_TIMED)).drop_nulls(["trip_id", "sequence", "stop_id"])  # type: ignore[arg-type]
    once = trips.cast(dict(TRIPS)).drop_nulls("trip_id").unique("trip_id", keep="first", maintain_order=True)  # type: ignore[arg-type]
    unique = sound.unique(["trip_id", "sequence"], keep="first", maintain_order=True).sort("trip_id", "sequence")
    return Timetable(unique.select(list(CALLS)), once, zone, unique.select(list(DEPARTURES)))
