"""Utilities' tables of meter values, CSV or Parquet, to readings. Two shapes are told by their columns:

    long  meter, time, and one column a quantity with its unit in the name: `GENERAL_SUPPLY_KWH`, `power (kW)`
    long  meter, time, `value`, `unit` (and `obis` or `quantity`, `quality`)
    wide  meter, date, one column a time of day (`00:30`, `1:00` … `24:00`), `unit`

Points are `meter:<meter>:<column>` (`meter:<meter>:<obis>` where a code is given, `interval` for a wide table); a table
without a meter column is one meter's, `unnamed`. Names of columns are matched without case, spaces and signs. A unit is
never guessed: a wide table, or a `value`, needs its unit, in a column or in the name (`value_kwh`).

A time without a zone is Taipei's, or of the IANA zone in a column `time_zone`. Where a zone's clocks go back, the
second reading of a meter at the same local time is the second hour. Without `time_zone`, a repeated time is the hour
after, if that is free and the meter goes on after it (a file that writes summer time over standard time); else it is
refused, not lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import polars as pl
from polars.exceptions import PolarsError

from events.errors import PayloadError
from events.feeds.cells import checked, observed
from events.feeds.decoded import Decoded, Payload
from events.feeds.meters.meter_columns import long_form
from events.feeds.refusals import Refused, refused_frame
from events.feeds.tables import messages, text_table
from events.feeds.times.wall_clock import clocks
from events.observations import READINGS, STATES

FORMAT = "meter-table"
NO_PLACE = "a local time that comes twice and has no free hour after it, or that its time_zone does not have"

split = messages


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings of the tables' values; an empty value is no reading and is not counted."""
    readings = [pl.DataFrame(schema=READINGS.decoded)]
    refused: list[Refused] = []
    for record, payload in enumerate(payloads):
        try:
            table = text_table(payload.data)
            found = _checked(table.rows, record)
        except (PayloadError, PolarsError) as error:
            refused.append(Refused(record, f"{FORMAT}: {error}", payload.data))
            continue
        readings.append(observed(found)["readings"])
        refused += [Refused(record, f"{FORMAT}: more fields than the header names", line) for line in table.ragged]
        refused += _refusals(table.rows, found, record)
    frame = pl.concat(readings)
    frames = {"readings": frame, "states": pl.DataFrame(schema=STATES.decoded)}
    return Decoded(frames, refused_frame(refused), frame.height + len(refused))


def _checked(table: pl.DataFrame, record: int) -> pl.DataFrame:
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


def _refusals(table: pl.DataFrame, found: pl.DataFrame, record: int) -> list[Refused]:
    """Refusals of values, each with its row as a table of its own."""
    bad = found.filter(pl.col("reason").is_not_null()).select("row", "reason").sort("row").rows()
    refused: list[Refused] = []
    for row, told in groupby(bad, key=lambda pair: pair[0]):
        document = table[row].write_csv().encode()
        refused += [Refused(record, f"{FORMAT}: {reason}", document) for _, reason in told]
    return refused
