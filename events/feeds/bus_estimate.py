"""Snapshots of the city's bus arrival estimates (`GetEstimateTime`) to arrivals.

    {"EssentialInfo": {"UpdateTime": "2024/09/08 14:47:30", …},
     "BusInfo": [{"RouteID": 10442, "StopID": 36407, "EstimateTime": "705", "GoBack": "0"}, …]}

EstimateTime is seconds; a negative one is a state (STATES), and any other negative is refused. `direction` is GoBack: 0
out, 1 back, 2 both, 3 the last bus has gone. `UpdateTime` is local Taipei time and dates every row.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from events.errors import PayloadError
from events.feeds.cells import parts
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_rows import fields_of, rows_of, text_columns
from events.feeds.json_texts import value_of
from events.feeds.local_time import utc_times
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, first_reason, quoted_text, refused_frame
from events.observations import ARRIVALS

STATES = {-1: "not_departed", -2: "not_stopping", -3: "last_bus_gone", -4: "no_service_today"}
"""Negative EstimateTime -> state; a row with seconds is `estimated`."""

LONGEST_S = 86_400
MESSAGE_BYTES = 300_000
_ROW = pl.Struct(dict.fromkeys(("RouteID", "StopID", "EstimateTime", "GoBack"), pl.String))


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Arrivals of the snapshots' rows; a row that cannot be taken is refused as a snapshot of its own."""
    frames = [pl.DataFrame(schema=ARRIVALS.decoded)]
    refused: list[Refused] = []
    for record, payload in enumerate(payloads):
        try:
            time, rows = _snapshot(text_of(payload.data))
        except PayloadError as error:
            refused.append(Refused(record, f"bus-estimate: {error}", payload.data))
            continue
        good, bad = _arrivals(time, rows, record)
        frames.append(good)
        refused += [Refused(record, f"bus-estimate: {why}", _document(time, [rows[at]])) for at, why in bad.items()]
    arrivals = pl.concat(frames)
    return Decoded({"arrivals": arrivals}, refused_frame(refused), arrivals.height + len(refused))


def split(document: bytes) -> Sequence[bytes]:
    """A snapshot as messages of about MESSAGE_BYTES, each with the snapshot's time."""
    try:
        time, rows = _snapshot(text_of(document))
    except PayloadError:
        return [document]
    return [_document(time, part) for part in parts(rows, MESSAGE_BYTES)]


def _snapshot(content: bytes) -> tuple[str, list[bytes]]:
    """Update time and rows; PayloadError when it is another document."""
    fields = fields_of(content)
    if "BusInfo" not in fields or "EssentialInfo" not in fields:
        have = ", ".join(list(fields)[:5]) or "nothing"
        raise PayloadError(f"an object with {have} where EssentialInfo and BusInfo are asked")
    head, rows = value_of(fields["EssentialInfo"]), rows_of(fields["BusInfo"])
    time = head.get("UpdateTime") if isinstance(head, dict) else None
    if not isinstance(time, str) or utc_times(pl.Series([time])).null_count():
        raise PayloadError(f"UpdateTime {time!r:.60} is no time")
    if not any(b'"EstimateTime"' in row for row in rows):
        raise PayloadError("no row with an EstimateTime: the twin reads GetEstimateTime")
    return time, rows


def _document(time: str, rows: list[bytes]) -> bytes:
    head = b'{"EssentialInfo":{"UpdateTime":"' + time.encode() + b'"},"BusInfo":['
    return head + b",".join(rows) + b"]}"


def _arrivals(time: str, rows: list[bytes], record: int) -> tuple[pl.DataFrame, dict[int, str]]:
    """Arrivals, and by row why the others are none."""
    read = text_columns(rows, _ROW)
    seconds = pl.col("EstimateTime").str.strip_chars().cast(pl.Int32, strict=False)
    typed = read.with_columns(seconds=seconds, state=seconds.replace_strict(STATES, default="estimated"))
    no_number = pl.concat_str(pl.lit("EstimateTime "), quoted_text("EstimateTime"), pl.lit(" is no number of seconds"))
    unknown = pl.concat_str(pl.lit("EstimateTime "), quoted_text("EstimateTime"), pl.lit(" is no state and no wait"))
    checks = [
        (pl.col(c).is_null() | (pl.col(c).str.strip_chars() == ""), f"a row without {c}")
        for c in ("RouteID", "StopID", "GoBack")
    ]
    states = pl.col("seconds").is_in(list(STATES))
    reason = first_reason(
        *checks,
        (pl.col("seconds").is_null(), no_number),
        (~states & ~pl.col("seconds").is_between(0, LONGEST_S), unknown),
    )
    checked = typed.with_columns(reason=reason, time=utc_times(pl.Series([time])).gather([0] * read.height))
    bad = dict(checked.filter(pl.col("reason").is_not_null()).select("index", "reason").iter_rows())
    unread = set(range(len(rows))).difference(read["index"].to_list())
    bad |= dict.fromkeys(sorted(unread), "a row is no object, or holds a list or an object")
    return _frame(checked.filter(pl.col("reason").is_null()), record), bad


def _frame(good: pl.DataFrame, record: int) -> pl.DataFrame:
    identity = {"route_id": "RouteID", "stop_id": "StopID", "direction": "GoBack"}
    return good.select(
        *(pl.col(column).str.strip_chars().alias(name) for name, column in identity.items()),
        "time",
        pl.when(pl.col("seconds") >= 0).then(pl.col("seconds")).alias("estimate_s"),
        pl.lit(None, pl.Int32).alias("delay_s"),
        pl.when(pl.col("seconds") >= 0).then(pl.lit("estimated")).otherwise("state").alias("state"),
        pl.lit(record, pl.UInt32).alias("record"),
    ).cast(dict(ARRIVALS.decoded))  # type: ignore[arg-type]
