"""Utilities' tables of meter values, CSV or Parquet, to readings. Two shapes are told by their columns:

    long  meter, time, and one column a quantity with its unit in the name: `GENERAL_SUPPLY_KWH`, 用電量(度)
    long  meter, time, `value`, `unit` (and `obis` or `quantity`, `quality`)
    wide  meter, date, one column a time of day (`00:30`, `1:00` … `24:00`, `23:30 - 24:00`), `unit`

Points are `meter:<meter>:<column>` (`meter:<meter>:<obis>` where a code is given, `interval` for a wide table); a table
without a meter is one meter's, `unnamed`. Names are those of `events.feeds.meters.headers`, in English and as Taiwan's
power, water and gas companies write them (電號, 水號, 資料時間, 用水度數 …); title lines above the header may tell the
meter and the unit. A unit is never guessed: a wide table, or a `value`, needs its unit, in a column, in a name
(`value_kwh`) or in a title line (單位：度). 度 is kWh of electricity, m3 of water and gas (`events.feeds.units`).

A time without a zone is Taipei's, or of the IANA zone in a column `time_zone`; a day without a time is its beginning,
an interval its end. Where a zone's clocks go back, the second reading of a meter at the same local time is the second
hour. Without `time_zone`, a repeated time is the hour after, if that is free and the meter goes on after it (a file
that writes summer time over standard time); else it is refused, not lost. A row of totals has no time: it is refused.

Untested with a real counterpart: no export of Taiwan's utilities was at hand, the layouts are of their public tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import polars as pl
from polars.exceptions import PolarsError

from events.errors import PayloadError
from events.feeds.cells import checked, observed
from events.feeds.decoded import Decoded, Payload
from events.feeds.limits import check_refused
from events.feeds.meters.headers import is_header
from events.feeds.meters.meter_columns import long_form
from events.feeds.refusals import Refused, refused_frame
from events.feeds.tables import Table, messages, text_table
from events.feeds.times.wall_clock import clocks
from events.observations import READINGS, STATES

FORMAT = "meter-table"
_NO_FIELD = str.maketrans('\r\n",', "    ")
NO_PLACE = "a local time that comes twice and has no free hour after it, or that its time_zone does not have"


def split(document: bytes) -> Sequence[bytes]:
    """A table as messages, each with its titles and header."""
    return messages(document, is_header)


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings of the tables' values; an empty value is no reading and is not counted."""
    readings = [pl.DataFrame(schema=READINGS.decoded)]
    refused: list[Refused] = []
    for record, payload in enumerate(payloads):
        try:
            table = text_table(payload.data, is_header)
            found = _checked(table, record)
            check_refused(len(table.ragged) + found["reason"].count(), "more than one reason")
        except (PayloadError, PolarsError) as error:
            refused.append(Refused(record, f"{FORMAT}: {error}", payload.data))
            continue
        readings.append(observed(found)["readings"])
        refused += [Refused(record, f"{FORMAT}: more fields than the header names", line) for line in table.ragged]
        refused += _refusals(table, found, record)
    frame = pl.concat(readings)
    frames = {"readings": frame, "states": pl.DataFrame(schema=STATES.decoded)}
    return Decoded(frames, refused_frame(refused), frame.height + len(refused))


def _checked(table: Table, record: int) -> pl.DataFrame:
    """The table's values as `cells.COLUMNS`, with `reason` and the `row` they stand in."""
    told = long_form(table)
    timed = told.with_columns(clocks(told))
    full = timed.with_columns(
        record=pl.lit(record, pl.UInt32),
        lowest=pl.lit(float("-inf")),
        highest=pl.lit(float("inf")),
    )
    lost = pl.when(pl.col("clock").is_null() & pl.col("local").is_not_null()).then(pl.lit(NO_PLACE))
    named = pl.coalesce(pl.col("fault"), lost)
    return checked(full).with_columns(pl.coalesce(named, "reason").alias("reason"))


def _refusals(table: Table, found: pl.DataFrame, record: int) -> list[Refused]:
    """Refusals of values, each with its row as a table of its own."""
    bad = found.filter(pl.col("reason").is_not_null()).select("row", "reason").sort("row").rows()
    refused: list[Refused] = []
    for row, told in groupby(bad, key=lambda pair: pair[0]):
        document = "\n".join([*_titles(table), table.rows[row].write_csv()]).encode()
        refused += [Refused(record, f"{FORMAT}: {reason}", document) for _, reason in told]
    return refused


def _titles(table: Table) -> list[str]:
    """The title lines' words in one line, so that a row alone is of the same meter and unit."""
    words = [title.translate(_NO_FIELD) for title in table.titles]
    return [",".join(words)] if words else []
