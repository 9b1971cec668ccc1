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
from dataclasses import dataclass
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

TRIPS = {"trip_id": pl.String(), "route_id": pl.String(), "direction": pl.String()}
_CLOCK = r"^\s*(\d{1,3}):(\d\d)(?::(\d\d))?\s*$"
_DAY_S = 86_400


@dataclass(frozen=True)
class Timetable:
    """Frames CALLS and TRIPS, and the IANA zone that the times are in."""

    calls: pl.DataFrame
    trips: pl.DataFrame
    zone: str


def timetable_of(document: bytes) -> Timetable:
    """The timetable in a GTFS archive or a TDX document; PayloadError says what is missing."""
    return _gtfs(document) if document.startswith(ZIP) else _tdx(value_of(text_of(document)))


def _gtfs(document: bytes) -> Timetable:
    try:
        with zipfile.ZipFile(io.BytesIO(document)) as archive:
            tables = {name: _table(archive, name) for name in ("trips.txt", "stop_times.txt", "agency.txt")}
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
        _seconds(stop_times.columns),
    )
    told = trips.select("trip_id", _or_none(trips, "route_id"), _or_none(trips, "direction_id").alias("direction"))
    return _timetable(calls, told, _zone(tables["agency.txt"]))


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


def _zone(agency: pl.DataFrame) -> str:
    told = agency["agency_timezone"].drop_nulls().to_list() if "agency_timezone" in agency.columns else []
    if not told or told[0] not in zoneinfo.available_timezones():
        raise PayloadError(f"agency.txt: agency_timezone {told[:1]} is no IANA time zone, such as Asia/Taipei")
    return str(told[0])


def _seconds(columns: list[str]) -> pl.Expr:
    known = [_of_clock(pl.col(c)) for c in ("arrival_time", "departure_time") if c in columns]
    return pl.coalesce([*known, pl.lit(None, pl.Int32)]).alias("planned_s")


def _of_clock(text: pl.Expr) -> pl.Expr:
    hours, minutes = (text.str.extract(_CLOCK, part).cast(pl.Int32) for part in (1, 2))
    return hours * 3600 + minutes * 60 + text.str.extract(_CLOCK, 3).cast(pl.Int32).fill_null(0)


def _or_none(table: pl.DataFrame, column: str) -> pl.Expr:
    return pl.col(column) if column in table.columns else pl.lit(None, pl.String).alias(column)


def _tdx(found: Any) -> Timetable:
    """Bus timetables of TDX; trips are `<SubRouteUID>_<Direction>_<TripID>`, ids the city's own, times Taipei's."""
    calls: list[tuple[str, int, str, str]] = []
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
    frame = pl.DataFrame(calls, schema={**CALLS, "planned_s": pl.String()}, orient="row")
    timed = frame.with_columns(_of_clock(pl.col("planned_s")).alias("planned_s")).sort("trip_id", "sequence")
    late = (pl.col("planned_s").diff() < 0).fill_null(value=False).cast(pl.Int32).cum_sum().over("trip_id")
    return _timetable(
        timed.with_columns(planned_s=pl.col("planned_s") + late * _DAY_S),
        pl.DataFrame(trips, schema=TRIPS, orient="row"),
        TAIPEI.key,
    )


def _tdx_calls(stops: Any) -> Iterator[tuple[int, str, str]]:
    for at, stop in enumerate(stops if isinstance(stops, list) else [], start=1):
        if isinstance(stop, dict):
            sequence = stop.get("StopSequence")
            time = stop.get("ArrivalTime") or stop.get("DepartureTime") or ""
            stop_id = str(stop.get("StopID") or stop.get("StopUID") or "")
            yield sequence if isinstance(sequence, int) and 0 <= sequence < 2**31 else at, stop_id, str(time)


def _timetable(calls: pl.DataFrame, trips: pl.DataFrame, zone: str) -> Timetable:
    sound = calls.cast(dict(CALLS)).drop_nulls(["trip_id", "sequence", "stop_id"])  # type: ignore[arg-type]
    once = trips.cast(dict(TRIPS)).drop_nulls("trip_id").unique("trip_id", keep="first", maintain_order=True)  # type: ignore[arg-type]
    unique = sound.unique(["trip_id", "sequence"], keep="first", maintain_order=True)
    return Timetable(unique.sort("trip_id", "sequence"), once, zone)
