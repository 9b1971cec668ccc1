"""Buses of TDX, the national transport data exchange: positions (A1) and arrival estimates (N1).

    A1  [{"PlateNumb", "RouteID", "RouteName": {"Zh_tw", "En"}, "BusPosition": {"PositionLon", "PositionLat"},
          "Speed" (km/h), "Azimuth", "DutyStatus", "BusStatus", "GPSTime", …}]
    N1  [{"StopID", "StopName", "RouteID", "RouteName", "Direction", "EstimateTime" (s), "StopStatus", "UpdateTime", …}]

bare, or wrapped as the only array of an object. A1 becomes positions and the states `vehicle:<plate>:duty_status` and
`:bus_status`, N1 arrivals. Routes and stops keep the ids that the city's own feed has, so that both speak of one; their
names become facts (`bus-route:<id>`, `bus-stop:<id>`). An estimate counts where the stop is served or the bus has not
departed yet; of several rows of a route, stop and direction the soonest counts, and only that is offered.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import polars as pl

from events.errors import PayloadError
from events.feeds.buses.kinds import BUS
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_rows import fields_of, rows_of, text_columns
from events.feeds.local_time import utc_times
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, first_reason, quoted_text, refused_frame
from events.feeds.station_reports import degrees
from events.observations import ARRIVALS, POSITIONS, STATES, STATIONS

FORMAT = "tdx-bus"
STRANGE = "a row is no object, or holds a list or an object where a text or a number is asked"

STOP_STATES = {
    "0": "estimated", "1": "not_departed", "2": "not_stopping", "3": "last_bus_gone", "4": "no_service_today",
}  # fmt: skip
"""StopStatus -> state of an arrival; served without an estimate is `no_data`."""

DUTY_STATES = {"0": "normal", "1": "started", "2": "ended"}
BUS_STATES = {
    "0": "normal", "1": "accident", "2": "breakdown", "3": "traffic_jam", "4": "emergency", "5": "refuelling",
    "90": "unknown", "91": "direction_unknown", "98": "off_route", "99": "not_in_service", "100": "full",
    "101": "chartered", "255": "not_defined",
}  # fmt: skip
"""DutyStatus and BusStatus -> text of the state; another code stays as it is written."""

FASTEST_KM_H = 200
LONGEST_S = 86_400

_CLOCKS = (b'UpdateTime"', b'"GPSTime"', b'"DataTime"', b'"SrcRecTime"', b'TransTime"')
_NAME = pl.Struct({"Zh_tw": pl.String, "En": pl.String})
_ROW = pl.Struct(
    {
        **dict.fromkeys(
            (
                "PlateNumb", "RouteUID", "RouteID", "StopUID", "StopID", "Direction", "Speed", "Azimuth", "DutyStatus",
                "BusStatus", "EstimateTime", "StopStatus", "GPSTime", "DataTime", "SrcRecTime", "SrcTransTime",
                "SrcUpdateTime", "UpdateTime",
            ),
            pl.String,
        ),
        "BusPosition": pl.Struct({"PositionLon": pl.String, "PositionLat": pl.String}),
        "RouteName": _NAME,
        "StopName": _NAME,
    }
)  # fmt: skip


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Positions, states, arrivals and facts of the rows; a row that cannot be taken is refused as it is."""
    rows: list[bytes] = []
    records: list[int] = []
    refused: list[Refused] = []
    for record, payload in enumerate(payloads):
        try:
            found = document_rows(text_of(payload.data))
        except PayloadError as error:
            refused.append(Refused(record, f"{FORMAT}: {error}", payload.data))
            continue
        rows += found
        records += [record] * len(found)
    read = _read(rows, records)
    bad = dict(read.filter(pl.col("reason").is_not_null()).select("index", "reason").iter_rows())
    bad |= dict.fromkeys(sorted(set(range(len(rows))).difference(read["index"].to_list())), STRANGE)
    refused += [Refused(records[at], f"{FORMAT}: {why}", rows[at]) for at, why in bad.items()]
    good = read.filter(pl.col("reason").is_null())
    here, waits = good.filter("placed"), good.filter(~pl.col("placed"))
    frames = {
        "positions": _positions(here),
        "states": _states(here),
        "arrivals": _arrivals(waits),
        "stations": _facts(good),
    }
    counted = sum(frame.height for name, frame in frames.items() if name != "stations")
    return Decoded(frames, refused_frame(refused), counted + len(refused))


def split(document: bytes) -> Sequence[bytes]:
    """A document as arrays of its rows of about MESSAGE_BYTES; a short or broken one stays whole."""
    try:
        content = text_of(document)
        if len(content) <= MESSAGE_BYTES:
            return [content]
        return [b"[" + b",".join(part) + b"]" for part in parts(document_rows(content), MESSAGE_BYTES)]
    except PayloadError:
        return [document]


def whole(row: bytes) -> bytes:
    """A refused row as a document of its own."""
    try:
        return b"[" + row + b"]" if _is_row(fields_of(row)) else row
    except PayloadError:
        return row


def document_rows(content: bytes) -> list[bytes]:
    """The rows of a document, bare or wrapped; PayloadError for any other, and for one without rows.

    A wrapped row that is not dated is dated by the document.
    """
    if content.lstrip()[:1] == b"[":
        rows = rows_of(content)
    else:
        fields = fields_of(content)
        if _is_row(fields):
            return [content]
        lists = [value for value in fields.values() if value.lstrip()[:1] == b"["]
        if len(lists) != 1:
            have = ", ".join(list(fields)[:5]) or "nothing"
            raise PayloadError(f"an object with {have} where an array of buses or of stops' estimates is asked")
        rows = rows_of(lists[0])
        told = {n: msgspec.Raw(fields[n]) for n in ("SrcUpdateTime", "UpdateTime") if n in fields}
        head = msgspec.json.encode(told)[:-1]
        rows = [_dated(row, head) for row in rows] if told else rows
    if not rows:
        raise PayloadError("a document without rows")
    return rows


def _dated(row: bytes, head: bytes) -> bytes:
    """The row, with the document's times where it has none."""
    if any(clock in row for clock in _CLOCKS) or row.lstrip()[:1] != b"{" or row[1:].strip()[:1] == b"}":
        return row
    return head + b"," + row.lstrip()[1:]


def _is_row(fields: dict[str, bytes]) -> bool:
    return "PlateNumb" in fields or "StopStatus" in fields


def _read(rows: list[bytes], records: list[int]) -> pl.DataFrame:
    """Text columns of the rows with `time`, `placed` (A1 or N1) and `reason`."""
    texts = text_columns(rows, _ROW)
    place, owner = pl.col("BusPosition").struct, pl.Series("record", records, dtype=pl.UInt32)
    told = texts.with_columns(
        owner.gather(texts["index"]),
        plate=pl.col("PlateNumb").str.strip_chars(),
        route=pl.coalesce("RouteID", "RouteUID").str.strip_chars(),
        stop=pl.coalesce("StopID", "StopUID").str.strip_chars(),
        lon=place.field("PositionLon"),
        lat=place.field("PositionLat"),
        placed=pl.col("BusPosition").is_not_null(),
        here=pl.coalesce("GPSTime", "SrcRecTime", "SrcTransTime", "SrcUpdateTime", "UpdateTime"),
        seen=pl.coalesce("DataTime", "SrcUpdateTime", "UpdateTime"),
    ).with_columns(clock=pl.when("placed").then("here").otherwise("seen"))
    typed = told.with_columns(
        utc_times(told["clock"]).alias("time"),
        longitude=degrees("lon", 180),
        latitude=degrees("lat", 90),
        wait=pl.col("EstimateTime").str.strip_chars().cast(pl.Float64, strict=False),
        status=pl.col("StopStatus").str.strip_chars(),
    )
    return typed.with_columns(reason=_reason())


def _reason() -> pl.Expr:
    """Why a row cannot be taken, null where it can."""
    placed = pl.col("placed")
    plate, route, stop = (pl.col(c).fill_null("") for c in ("plate", "route", "stop"))
    waits = ~placed
    bus = pl.concat_str(pl.lit("bus "), plate)
    nowhere = (pl.col("longitude") == 0) & (pl.col("latitude") == 0)
    return first_reason(
        (waits & pl.col("status").is_null() & pl.col("wait").is_null(),
         "neither a BusPosition (A1) nor a StopStatus or EstimateTime (N1): the twin reads those two"),
        (placed & plate.is_in(["", "-1"]), "a bus without a PlateNumb"),
        (placed & (pl.col("longitude").is_null() | pl.col("latitude").is_null()),
         pl.concat_str(bus, pl.lit(": no PositionLon and PositionLat"))),
        (placed & nowhere, pl.concat_str(bus, pl.lit(": longitude 0, latitude 0: a receiver without a fix"))),
        (waits & (route == ""), "an estimate without a RouteID"),
        (waits & (stop == ""), "an estimate without a StopID"),
        (waits & pl.col("status").is_not_null() & ~pl.col("status").is_in(list(STOP_STATES)),
         pl.concat_str(pl.lit("StopStatus "), quoted_text("StopStatus"), pl.lit(" is none of 0 to 4"))),
        (waits & pl.col("EstimateTime").is_not_null() & pl.col("wait").is_null(),
         pl.concat_str(pl.lit("EstimateTime "), quoted_text("EstimateTime"), pl.lit(" is no number of seconds"))),
        (pl.col("clock").is_null(), "a row without a time"),
        (pl.col("time").is_null(), pl.concat_str(quoted_text("clock"), pl.lit(" is no time"))),
    )  # fmt: skip


def _positions(rows: pl.DataFrame) -> pl.DataFrame:
    speed, azimuth = (pl.col(c).str.strip_chars().cast(pl.Float64, strict=False) for c in ("Speed", "Azimuth"))
    return rows.select(
        pl.col("plate").alias("vehicle_id"),
        "time",
        pl.when(pl.col("route") != "").then("route").alias("route_id"),
        "longitude",
        "latitude",
        pl.when(azimuth.is_between(0, 360)).then(azimuth).alias("bearing"),
        pl.when(speed.is_between(0, FASTEST_KM_H)).then(speed / 3.6).alias("speed"),
        pl.lit(BUS).alias("kind"),
        "record",
    ).cast(dict(POSITIONS.decoded))  # type: ignore[arg-type]


def _states(rows: pl.DataFrame) -> pl.DataFrame:
    told = [
        rows.select(
            pl.concat_str(pl.lit("vehicle:"), "plate", pl.lit(f":{name}")).alias("point_id"),
            "time",
            pl.col(code).str.strip_chars().replace(words).alias("text"),
            "record",
        ).filter(pl.col("text").is_not_null() & (pl.col("text") != ""))
        for name, code, words in (
            ("duty_status", "DutyStatus", DUTY_STATES),
            ("bus_status", "BusStatus", BUS_STATES),
        )
    ]
    return pl.concat(told).cast(dict(STATES.decoded))  # type: ignore[arg-type]


def _arrivals(rows: pl.DataFrame) -> pl.DataFrame:
    served = pl.col("status").fill_null("0").is_in(["0", "1"])
    told = rows.with_columns(
        pl.when(served & pl.col("wait").is_between(0, LONGEST_S)).then(pl.col("wait").round()).alias("estimate_s")
    ).select(
        pl.col("route").alias("route_id"),
        pl.col("stop").alias("stop_id"),
        pl.col("Direction").str.strip_chars().fill_null("").alias("direction"),
        "time",
        "estimate_s",
        pl.lit(None, pl.Int32).alias("delay_s"),
        pl.when((pl.col("status").fill_null("0") == "0") & pl.col("estimate_s").is_null())
        .then(pl.lit("no_data"))
        .otherwise(pl.col("status").fill_null("0").replace(STOP_STATES))
        .alias("state"),
        "record",
    )
    runs = ~pl.col("state").is_in(["estimated", "not_departed"])
    key = ["record", *ARRIVALS.entity, "time"]
    order = told.with_row_index("at").sort(pl.col("estimate_s").is_null(), runs, "estimate_s", "at")
    soonest = order.unique(key, keep="first", maintain_order=True).sort("at")
    return soonest.select(list(ARRIVALS.decoded)).cast(dict(ARRIVALS.decoded))  # type: ignore[arg-type]


def _facts(rows: pl.DataFrame) -> pl.DataFrame:
    """Names of routes and stops, each once a document."""
    frames = [
        rows.select(
            pl.concat_str(pl.lit(prefix), column).alias("station_id"),
            "time",
            pl.col(name).struct.field("Zh_tw").alias("name"),
            pl.col(name).struct.field("En").alias("name_en"),
            "record",
        ).filter(pl.col("name").is_not_null() & pl.col("station_id").is_not_null())
        for prefix, column, name in (("bus-route:", "route", "RouteName"), ("bus-stop:", "stop", "StopName"))
    ]
    told = pl.concat(frames).unique(["station_id", "record"], keep="first", maintain_order=True)
    return pl.concat(
        [pl.DataFrame(schema=STATIONS.decoded), told.cast({"time": STATIONS.decoded["time"]})], how="diagonal"
    )
