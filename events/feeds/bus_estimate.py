"""Snapshots of the city's bus arrival estimates (`GetEstimateTime`) to arrivals.

    {"EssentialInfo": {"UpdateTime": "2024/09/08 14:47:30", …},
     "BusInfo": [{"RouteID": 10442, "StopID": 36407, "EstimateTime": "705", "GoBack": "0"}, …]}

EstimateTime is seconds; a negative one is a state (STATES), and any other negative is refused. `direction` is GoBack: 0
out, 1 back, 2 both, 3 the last bus has gone. `UpdateTime` is local Taipei time and dates every row.

A snapshot lists what there is, so that a row which is missing says something too (`events.absence`). A document is
taken as whole unless its head says of which buckets it is (`"Scope": [0, 7]`, `events.feeds.snapshots`), as the
messages of `split` do. Each bucket that was read without a refusal is marked in `states`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import polars as pl

from events.errors import PayloadError
from events.feeds.decoded import Decoded, Payload
from events.feeds.json_rows import fields_of, rows_of, text_columns
from events.feeds.json_texts import value_of
from events.feeds.local_time import utc_times
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, first_reason, quoted_text, refused_frame
from events.feeds.snapshots import BUCKETS, WHOLE, bucket_of, mark
from events.observations import ARRIVALS
from events.observations import STATES as STATE_FAMILY

STATES = {-1: "not_departed", -2: "not_stopping", -3: "last_bus_gone", -4: "no_service_today"}
"""Negative EstimateTime -> state; a row with seconds is `estimated`."""

LONGEST_S = 86_400
MESSAGE_BYTES = 300_000
_ROW = pl.Struct(dict.fromkeys(("RouteID", "StopID", "EstimateTime", "GoBack"), pl.String))


@dataclass(frozen=True)
class _Snapshot:
    """Update time, the buckets that the rows are all of, and the rows as JSON."""

    time: str
    scope: tuple[int, ...]
    rows: list[bytes]

    def document(self, rows: Sequence[bytes], scope: Sequence[int] = ()) -> bytes:
        """`rows` as a snapshot that is complete for the buckets `scope`."""
        head = {"UpdateTime": self.time, "Scope": list(scope)}
        body = msgspec.Raw(b"[" + b",".join(rows) + b"]")
        return msgspec.json.encode({"EssentialInfo": head, "BusInfo": body})


def decode(payloads: Sequence[Payload]) -> Decoded:
    """Arrivals of the snapshots' rows; a row that cannot be taken is refused as a snapshot of its own."""
    frames = [pl.DataFrame(schema=ARRIVALS.decoded)]
    marks = [pl.DataFrame(schema=STATE_FAMILY.decoded)]
    refused: list[Refused] = []
    for record, payload in enumerate(payloads):
        try:
            found = _snapshot(text_of(payload.data))
        except PayloadError as error:
            refused.append(Refused(record, f"bus-estimate: {error}", payload.data))
            continue
        good, bad = _arrivals(found.time, found.rows, record)
        frames.append(good)
        marks.append(_marks(found, bad, record))
        refused += [
            Refused(record, f"bus-estimate: {why}", found.document([found.rows[at]])) for at, why in bad.items()
        ]
    arrivals, states = pl.concat(frames), pl.concat(marks)
    offered = arrivals.height + states.height + len(refused)
    return Decoded({"arrivals": arrivals, "states": states}, refused_frame(refused), offered)


def split(document: bytes) -> Sequence[bytes]:
    """A snapshot as messages of about MESSAGE_BYTES, each of whole buckets and saying of which."""
    try:
        found = _snapshot(text_of(document))
    except PayloadError:
        return [document]
    by_bucket: dict[int, list[bytes]] = {bucket: [] for bucket in found.scope}
    strangers: list[bytes] = []
    for row, bucket in zip(found.rows, _buckets(found.rows), strict=True):
        by_bucket.get(bucket, strangers).append(row)
    messages = [found.document([r for b in part for r in by_bucket[b]], part) for part in _packed(by_bucket)]
    return messages + ([found.document(strangers)] if strangers else [])


def _packed(by_bucket: dict[int, list[bytes]]) -> Iterator[list[int]]:
    """Buckets side by side as long as they stay below MESSAGE_BYTES."""
    part: list[int] = []
    size = 0
    for bucket, rows in by_bucket.items():
        length = sum(map(len, rows))
        if part and size + length > MESSAGE_BYTES:
            yield part
            part, size = [], 0
        part.append(bucket)
        size += length
    if part:
        yield part


def _snapshot(content: bytes) -> _Snapshot:
    """PayloadError when it is another document."""
    fields = fields_of(content)
    if "BusInfo" not in fields or "EssentialInfo" not in fields:
        have = ", ".join(list(fields)[:5]) or "nothing"
        raise PayloadError(f"an object with {have} where EssentialInfo and BusInfo are asked")
    told, rows = value_of(fields["EssentialInfo"]), rows_of(fields["BusInfo"])
    head = told if isinstance(told, dict) else {}
    time, scope = head.get("UpdateTime"), head.get("Scope", list(range(BUCKETS)))
    if not isinstance(time, str) or utc_times(pl.Series([time])).null_count():
        raise PayloadError(f"UpdateTime {time!r:.60} is no time")
    if not isinstance(scope, list) or not all(type(b) is int and 0 <= b < BUCKETS for b in scope):
        raise PayloadError(f"Scope {scope!r:.60} is no list of buckets from 0 to {BUCKETS - 1}")
    if "Scope" not in head and not any(b'"EstimateTime"' in row for row in rows):
        raise PayloadError("no row with an EstimateTime: the twin reads GetEstimateTime")
    return _Snapshot(time, tuple(sorted(set(scope))), rows)


def _buckets(rows: list[bytes]) -> list[int]:
    """The bucket of every row's route, -1 where it tells none."""
    read = text_columns(rows, pl.Struct({"RouteID": pl.String}))
    found = [-1] * len(rows)
    for at, route in read.select("index", pl.col("RouteID").str.strip_chars()).drop_nulls().iter_rows():
        found[at] = bucket_of(route)
    return found


def _marks(found: _Snapshot, bad: dict[int, str], record: int) -> pl.DataFrame:
    """A state for every bucket of the scope; not for those with a refused row, which was listed all the same."""
    torn = set(_buckets([found.rows[at] for at in bad]))
    whole = [] if -1 in torn else [mark("bus-estimate", b) for b in found.scope if b not in torn]
    time = utc_times(pl.Series([found.time], dtype=pl.String))
    return pl.DataFrame({"point_id": pl.Series(whole, dtype=pl.String)}).select(
        "point_id",
        pl.lit(time.item()).alias("time").cast(STATE_FAMILY.decoded["time"]),
        pl.lit(WHOLE).alias("text"),
        pl.lit(record, pl.UInt32).alias("record"),
    )


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
