"""Tables of station reports that collectors of YouBike documents keep, one report a row, in any order.

Column names are the city's or a collector's own; case, spaces and underscores in them do not matter. The report's
time is local Taipei time unless it states a zone. Nothing is read from a file's name or its row order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from events.errors import PayloadError
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_texts import value_of
from events.feeds.refusals import Refused, refused_frame
from events.feeds.station_reports import REPORT, docks, typed
from events.feeds.tables import messages, text_table
from events.observations import STATIONS

NAMES: dict[str, tuple[str, ...]] = {
    "station_id": ("sno", "stationid", "stationno", "stationcode", "stationuid", "站點代號", "場站代號"),
    "time": (
        "infotime", "mday", "lastreported", "reporttime", "reportedat", "datetime", "timestamp", "time",
        "srcupdatetime", "updatetime", "資料更新時間", "更新時間",
    ),
    "capacity": ("quantity", "total", "tot", "bikescapacity", "capacity", "總停車格", "場站總停車格"),
    "vehicles": (
        "availablerentbikes", "availablebikes", "sbi", "numbikesavailable", "numvehiclesavailable", "rent", "bikes",
        "可借車位數", "場站目前車輛數量",
    ),
    "docks": (
        "availablereturnbikes", "availablespaces", "bemp", "numdocksavailable", "return", "docks",
        "可還空位數", "空位數量",
    ),
    "renting": ("act", "servicestatus", "isrenting"),
    "returning": ("act", "servicestatus", "isreturning"),
}  # fmt: skip
"""Column of a report -> the names it goes by, the best first, as `_plain` writes them."""

FORMAT = "youbike-archive"
REQUIRED = ("vehicles", "docks")

split = messages


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Docks of the tables' reports; a row that cannot be taken is refused with the row, as JSON, as payload."""
    refused: list[Refused] = []
    tables: list[pl.DataFrame] = []
    reports = [pl.DataFrame(schema={**dict.fromkeys(REPORT, pl.String), "record": pl.UInt32})]
    for record, payload in enumerate(payloads):
        try:
            table = text_table(payload.data)
            reports.append(_reports(table.rows, record))
            tables.append(table.rows)
            refused += [Refused(record, f"{FORMAT}: more fields than the header names", line) for line in table.ragged]
        except PayloadError as error:
            refused.append(Refused(record, f"{FORMAT}: {error}", payload.data))
    checked = typed(pl.concat(reports), REQUIRED)
    offered = checked.height + len(refused)
    refused += _bad_rows(tables, checked)
    good = checked.filter(pl.col("reason").is_null())
    frames = {"docks": docks(good), "stations": pl.DataFrame(schema=STATIONS.decoded)}
    return Decoded(frames, refused_frame(refused), offered)


def whole(row: bytes) -> bytes:
    """A refused row, which is kept as JSON, as a table of its own."""
    try:
        fields = value_of(row)
    except PayloadError:
        return row
    if not isinstance(fields, dict):
        return row
    return pl.DataFrame({name: [None if v is None else str(v)] for name, v in fields.items()}).write_csv().encode()


def _reports(table: pl.DataFrame, record: int) -> pl.DataFrame:
    """The table's columns under the names of a report; PayloadError when a needed one is missing."""
    by_name = {_plain(column): column for column in reversed(table.columns)}
    chosen = {c: next((by_name[n] for n in names if n in by_name), None) for c, names in NAMES.items()}
    for needed in ("station_id", "time", *REQUIRED):
        if chosen[needed] is None:
            have = ", ".join(table.columns[:8])
            raise PayloadError(f"a table without a column for {needed} (such as {NAMES[needed][0]}): it has {have}")
    named = (pl.col(column) if (column := chosen.get(c)) else pl.lit(None, pl.String) for c in REPORT)
    columns = [expression.alias(c) for c, expression in zip(REPORT, named, strict=True)]
    return table.select(columns).with_columns(_tdx_number(), record=pl.lit(record, pl.UInt32))


def _tdx_number() -> pl.Expr:
    """A Taipei station's TDX identity as the city's own number."""
    return pl.col("station_id").str.replace(r"^\s*TPE(\d+)\s*$", "$1")


def _plain(column: str) -> str:
    return re.sub(r"[\s_\-.]+", "", column).casefold()


def _bad_rows(tables: list[pl.DataFrame], checked: pl.DataFrame) -> list[Refused]:
    bad: list[Refused] = []
    start = 0
    for table in tables:
        verdicts = checked[start : start + table.height].select("record", "reason")
        start += table.height
        faulty = verdicts["reason"].is_not_null()
        if faulty.any():
            lines = table.filter(faulty).write_ndjson().splitlines()
            told = zip(verdicts.filter(faulty).iter_rows(), lines, strict=True)
            bad += [Refused(record, f"{FORMAT}: {reason}", line.encode()) for (record, reason), line in told]
    return bad
