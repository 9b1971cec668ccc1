"""NEM12 interval files of Australian meters to readings: energy of each interval, dated by its end.

    200,<NMI>,…,<suffix>,…,<meter serial>,<unit>,<minutes>      what follows: which meter, which stream
    300,<YYYYMMDD>,<value>,…,<quality>,…                        one day, 1440 / minutes values
    400,<first>,<last>,<quality>,…                              qualities of intervals of a day of quality V

Points are `urn:dev:ser:<serial>:<obis>` (the NMI where no serial is given) with the OBIS code of an interval's energy:
suffix E 1-0:1.29.0 import, B 1-0:2.29.0 export, Q and K 3.29.0 and 4.29.0 reactive; a further stream of the meter (E2)
has its number at the end. These are no cumulative registers. Times are the market's, UTC+10 all year, so that no hour
is lost or doubled when clocks change. Quality A is measured, S and F substituted, E estimated; N is no data: no
reading, and none is counted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

import polars as pl

from events.errors import PayloadError
from events.feeds.cells import decoded_frame
from events.feeds.decoded import Decoded, Payload
from events.feeds.limits import check_lines, check_refused, check_rows
from events.feeds.messages import MESSAGE_BYTES, parts
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, quoted
from events.observations import TIME, Quality

MARKET = timezone(timedelta(hours=10))
"""Australian Eastern Standard Time, the time of every NEM12 file, without daylight saving."""

UNITS: dict[str, tuple[str, float]] = {
    "KWH": ("kWh", 1), "WH": ("Wh", 1), "MWH": ("kWh", 1e3), "KVARH": ("kvarh", 1), "VARH": ("varh", 1),
    "MVARH": ("kvarh", 1e3), "KVAH": ("kVAh", 1), "M3": ("m3", 1), "KL": ("m3", 1), "L": ("l", 1),
}  # fmt: skip
STREAMS = {"E": "1-0:1.29", "B": "1-0:2.29", "Q": "1-0:3.29", "K": "1-0:4.29"}
"""First letter of a suffix -> OBIS code of an interval's energy, without its last part."""

QUALITIES = {"A": Quality.MEASURED, "E": Quality.ESTIMATED, "S": Quality.SUBSTITUTED, "F": Quality.SUBSTITUTED}
NO_DATA, VARIABLE = "N", "V"
MINUTES = (1, 5, 10, 15, 30, 60)
FORMAT = "nem12"

DAYS = {
    "record": pl.UInt32(), "at": pl.UInt32(), "point_id": pl.String(), "unit": pl.String(), "factor": pl.Float64(),
    "minutes": pl.Int64(), "midnight": TIME, "text": pl.List(pl.String()), "quality": pl.List(pl.UInt8()),
}  # fmt: skip
"""A day a row: `midnight` is where it begins, `text` and `quality` (null: no data) are an element an interval."""


@dataclass(frozen=True)
class Stream:
    """A 200 record: point, unit, factor, minutes of an interval, the line."""

    point_id: str
    unit: str
    factor: float
    minutes: int
    line: bytes


@dataclass(frozen=True)
class Day:
    """A 300 record with the 400 records that follow it, under the 200 record before it."""

    head: bytes
    line: bytes
    qualities: list[bytes] = field(default_factory=list)

    @property
    def document(self) -> bytes:
        """A file of this day alone."""
        return b"\n".join([self.head, self.line, *self.qualities])


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Readings of the files' intervals; a day that cannot be taken is refused whole, its bad values one by one."""
    refused: list[Refused] = []
    days: list[Day] = []
    rows: list[tuple[object, ...]] = []
    for record, payload in enumerate(payloads):
        try:
            content = text_of(payload.data)
            check_rows(content.count(b"\n"), content.count(b","))
            found = _days(content)
        except PayloadError as error:
            refused.append(Refused(record, f"{FORMAT}: {error}", payload.data))
            continue
        for day in found:
            if isinstance(day, Refused):
                refused.append(Refused(record, f"{FORMAT}: {day.reason}", day.payload))
                continue
            try:
                rows.append((record, len(days), *_intervals(day)))
                days.append(day)
            except PayloadError as error:
                refused.append(Refused(record, f"{FORMAT}: {error}", day.document))
    return decoded_frame(FORMAT, _cells(rows), lambda at: days[at].document, refused)


def _cells(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    """Days as `cells.COLUMNS`, an interval a row, with `at` (the day) and `time` (the interval's end)."""
    every = pl.DataFrame(rows, schema=DAYS, orient="row").explode("text", "quality")
    number = (pl.int_range(pl.len()) + 1).over("at")
    ends = every.with_columns(pl.col("midnight") + pl.duration(minutes=number * pl.col("minutes")))
    return ends.filter(pl.col("quality").is_not_null()).select(
        "record",
        "at",
        "point_id",
        "unit",
        pl.col("midnight").cast(TIME).alias("time"),
        pl.lit("").alias("clock"),
        pl.col("text").str.strip_chars(),
        pl.lit(0.0).alias("lowest"),
        pl.lit(1e9).alias("highest"),
        "factor",
        "quality",
    )


def split(document: bytes) -> Sequence[bytes]:
    """A file as messages of about MESSAGE_BYTES, each day under its 200 record."""
    try:
        days = _days(text_of(document))
    except PayloadError:
        return [document]
    if any(isinstance(day, Refused) for day in days) or len(document) <= MESSAGE_BYTES:
        return [document]
    return [b"\n".join(part) for part in parts([d.document for d in days if isinstance(d, Day)], MESSAGE_BYTES)]


def _days(content: bytes) -> list[Day | Refused]:
    """The days of a file in order; PayloadError when it is no NEM12 file, lines that belong nowhere refused."""
    check_lines(content)
    found: list[Day | Refused] = []
    head: bytes | None = None
    lost = 0
    for line in content.splitlines():
        kind = line.split(b",", 1)[0].strip()
        if kind == b"200":
            head = line
        elif kind == b"300" and head is not None:
            found.append(Day(head, line))
        elif kind == b"400" and found and isinstance(found[-1], Day):
            found[-1].qualities.append(line)
        elif line.strip(b", \t") and kind not in (b"100", b"500", b"900"):
            lost += 1
            reason = f"line {quoted(line[:40].decode(errors='replace'))} has no place in a NEM12 file"
            check_refused(lost, reason)
            found.append(Refused(0, reason, line))
    if not any(isinstance(day, Day) for day in found):
        raise PayloadError("no NEM12 file: a 200 record with 300 records after it is asked")
    return found


def _intervals(day: Day) -> tuple[object, ...]:
    """The further columns of DAYS: a day's values and qualities as lists."""
    stream = _stream(day.head)
    fields = day.line.decode().split(",")
    count = 1440 // stream.minutes
    if len(fields) < count + 3:
        raise PayloadError(f"a day of {len(fields) - 2} fields where {count} values and a quality are asked")
    midnight = _day(fields[1].strip())
    qualities = _qualities(fields[count + 2].strip(), day.qualities, count)
    return (
        stream.point_id, stream.unit, stream.factor, stream.minutes, midnight, fields[2 : count + 2], qualities,
    )  # fmt: skip


def _stream(line: bytes) -> Stream:
    fields = [f.strip() for f in line.decode().split(",")]
    if len(fields) < 9:
        raise PayloadError(f"a 200 record of {len(fields)} fields where 9 are asked")
    nmi, suffix, serial, unit, minutes = fields[1], fields[4] or fields[3], fields[6], fields[7].upper(), fields[8]
    if not (serial or nmi):
        raise PayloadError("a 200 record without a meter serial and without an NMI")
    if unit not in UNITS:
        raise PayloadError(f"unit {quoted(fields[7])} is not one of {', '.join(UNITS)}")
    if minutes not in {str(m) for m in MINUTES}:
        raise PayloadError(f"intervals of {quoted(minutes)} minutes")
    written = re.fullmatch(r"([EBQK])(\d?)", suffix)
    if written is None:
        raise PayloadError(f"stream {quoted(suffix)} is none of E, B, Q, K with a number")
    last = "0" if written[2] in ("", "1") else written[2]
    base, factor = UNITS[unit]
    return Stream(f"urn:dev:ser:{serial or nmi}:{STREAMS[written[1]]}.{last}", base, factor, int(minutes), line)


def _day(text: str) -> datetime:
    try:
        if not re.fullmatch(r"\d{8}", text):
            raise ValueError(text)
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=MARKET)
    except ValueError as error:
        raise PayloadError(f"{quoted(text)} is no day YYYYMMDD") from error


def _qualities(told: str, lines: Sequence[bytes], count: int) -> list[Quality | None]:
    """Quality of every interval of a day, None where there is no data."""
    if told[:1] != VARIABLE:
        return [_quality(told)] * count
    by_interval: dict[int, Quality | None] = {}
    for line in lines:
        fields = [f.strip() for f in line.decode().split(",")]
        try:
            first, last = int(fields[1]), int(fields[2])
            quality = _quality(fields[3])
        except (ValueError, IndexError) as error:
            raise PayloadError(f"400 record {quoted(line.decode())}: first, last and quality are asked") from error
        by_interval.update(dict.fromkeys(range(max(1, first), min(count, last) + 1), quality))
    if len(by_interval) != count:
        raise PayloadError(f"a day of variable quality whose 400 records tell {len(by_interval)} of {count} intervals")
    return [by_interval[at] for at in range(1, count + 1)]


def _quality(told: str) -> Quality | None:
    letter = told[:1].upper()
    if letter == NO_DATA:
        return None
    if letter not in QUALITIES:
        raise PayloadError(f"quality {quoted(told)} is none of A, E, F, S, N, V")
    return QUALITIES[letter]
