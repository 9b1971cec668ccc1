"""Bike documents of TDX, the national transport data exchange: availability and stations, as text columns of reports.

    availability  {"StationUID": "TPE500101001", "StationID", "ServiceStatus": 1, "AvailableRentBikes",
                   "AvailableReturnBikes", "AvailableRentBikesDetail": {"ElectricBikes"}, "SrcUpdateTime", "UpdateTime"}
    station       {"StationUID", "StationID", "StationName": {"Zh_tw", "En"}, "BikesCapacity",
                   "StationPosition": {"PositionLon", "PositionLat"}, "SrcUpdateTime", "UpdateTime"}

A Taipei station keeps the city's own number (`500101001`), so that both feeds speak of one station; others keep their
StationUID. TDX repeats no report time of the station: `SrcUpdateTime` is the nearest it tells.
"""

from __future__ import annotations

import polars as pl

from events.feeds.station_reports import REPORT

_TEXT = (
    "StationUID", "StationID", "ServiceStatus", "AvailableRentBikes", "AvailableReturnBikes", "BikesCapacity",
    "SrcUpdateTime", "UpdateTime",
)  # fmt: skip

TDX_ROW = pl.Struct(
    {
        **dict.fromkeys(_TEXT, pl.String),
        "AvailableRentBikesDetail": pl.Struct({"ElectricBikes": pl.String}),
        "StationName": pl.Struct({"Zh_tw": pl.String, "En": pl.String}),
        "StationPosition": pl.Struct({"PositionLon": pl.String, "PositionLat": pl.String}),
    }
)
"""What is read of either document."""

SERVING = "1"
"""ServiceStatus of a station that works (0 stopped, 2 paused)."""


def is_tdx(row: bytes) -> bool:
    """Whether a row is named in TDX's words."""
    return b'"StationUID"' in row


def tdx_reports(rows: pl.DataFrame) -> pl.DataFrame:
    """Text columns of the availability rows, with their `index`."""
    status = pl.col("ServiceStatus")
    serves = pl.when(status.is_in(["0", "1", "2"])).then((status == SERVING).cast(pl.Int8).cast(pl.String))
    flag = pl.coalesce(serves, status)
    return _named(
        rows.filter(~_describes()),
        vehicles=pl.col("AvailableRentBikes"),
        docks=pl.col("AvailableReturnBikes"),
        ebikes=pl.col("AvailableRentBikesDetail").struct.field("ElectricBikes"),
        renting=flag,
        returning=flag,
    )


def tdx_station_reports(rows: pl.DataFrame) -> pl.DataFrame:
    """Text columns of the station rows, with their `index`."""
    name, place = pl.col("StationName").struct, pl.col("StationPosition").struct
    return _named(
        rows.filter(_describes()),
        capacity=pl.col("BikesCapacity"),
        name=name.field("Zh_tw"),
        name_en=name.field("En"),
        longitude=place.field("PositionLon"),
        latitude=place.field("PositionLat"),
    )


def _describes() -> pl.Expr:
    name = pl.col("StationName").struct
    told = name.field("Zh_tw").is_not_null() | name.field("En").is_not_null() | pl.col("BikesCapacity").is_not_null()
    return pl.col("AvailableRentBikes").is_null() & pl.col("AvailableReturnBikes").is_null() & told


def _named(rows: pl.DataFrame, **columns: pl.Expr) -> pl.DataFrame:
    uid = pl.col("StationUID")
    columns["station_id"] = pl.when(uid.str.starts_with("TPE")).then(uid.str.slice(3)).otherwise(uid)
    columns["time"] = pl.coalesce("SrcUpdateTime", "UpdateTime")
    columns["feed_time"] = pl.coalesce("UpdateTime", "SrcUpdateTime")
    return rows.select("index", *(columns.get(c, pl.lit(None, pl.String)).alias(c) for c in REPORT))
