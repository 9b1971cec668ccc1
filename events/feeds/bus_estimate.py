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
from events.feeds.messages import MESSAGE_BYTES
from events.feeds.packed import text_of
from events.feeds.refusals import Refused, first_reason, quoted_text, refused_frame
from events.feeds.snapshots import BUCKETS, WHOLE, bucket_of, mark
from events.observations import ARRIVALS
from events.observations import STATES as STATE_FAMILY

STATES = {-1: "not_departed", -2: "not_stopping", -3: "last_bus_gone", -4: "no_service_today"}
"""Negative EstimateTime -> state; a row with seconds is `estimated`."""

LONGEST_S = 86_400
STRANGE = "a row is no object, or holds a list or an object"
_SECONDS = pl.col("EstimateTime").str.strip_chars().cast(pl.Int32, strict=False)
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
    snapshots: list[tuple[int, _Snapshot]] = []
    refused: list[Refused] = []
    for record, payload in enumerate(payloads):
        try:
            snapshots.append((record, _snapshot(text_of(payload.data))))
        except PayloadError as error:
            refused.append(Refused(record, f"bus-estimate: {error}", payload.data))
    arrivals, bad = _arrivals(snapshots)
    for number, at, why in bad:
        record, found = snapshots[number]
        refused.append(Refused(record, f"bus-estimate: {why}", found.document([found.rows[at]])))
    states = _marks(snapshots, bad)
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


def _marks(snapshots: list[tuple[int, _Snapshot]], bad: list[tuple[int, int, str]]) -> pl.DataFrame:
    """A state for every bucket of the scopes; not for those with a refused row, which was listed all the same."""
    torn = [set(_buckets([s.rows[at] for number, at, _ in bad if number == n])) for n, (_, s) in enumerate(snapshots)]
    rows = [
        (mark("bus-estimate", bucket), found.time, record)
        for (record, found), broken in zip(snapshots, torn, strict=True)
        if -1 not in broken
        for bucket in found.scope
        if bucket not in broken
    ]
    marks = pl.DataFrame(
        rows, schema={"point_id": pl.String(), "clock": pl.String(), "record": pl.UInt32()}, orient="row"
    )
    told = marks.with_columns(utc_times(marks["clock"]).alias("time"), text=pl.lit(WHOLE))
    return told.select(list(STATE_FAMILY.decoded))


def _arrivals(snapshots: list[tuple[int, _Snapshot]]) -> tuple[pl.DataFrame, list[tuple[int, int, str]]]:
    """Arrivals, and which rows of which snapshot are none, and why."""
    read = text_columns([row for _, s in snapshots for row in s.rows], _ROW)
    sizes = [len(s.rows) for _, s in snapshots]
    heads = pl.DataFrame(
        {
            "number": pl.int_range(len(sizes), dtype=pl.UInt32, eager=True),
            "record": pl.Series([record for record, _ in snapshots], dtype=pl.UInt32),
            "time": utc_times(pl.Series([s.time for _, s in snapshots], dtype=pl.String)),
            "first": pl.Series(sizes, dtype=pl.Int64).cum_sum() - pl.Series(sizes, dtype=pl.Int64),
            "size": pl.Series(sizes, dtype=pl.Int64),
        }
    )
    owners = heads.select(pl.exclude("size").repeat_by("size").explode()).filter(pl.col("number").is_not_null())
    every = owners.with_row_index("index").join(read, on="index", how="left", maintain_order="left")
    unread = pl.Series("unread", [True] * every.height, dtype=pl.Boolean).scatter(read["index"], values=False)
    found = every.with_columns(unread, reason=_reason()).with_columns(
        reason=pl.when("unread").then(pl.lit(STRANGE)).otherwise("reason")
    )
    bad = found.filter(pl.col("reason").is_not_null()).select("number", pl.col("index") - pl.col("first"), "reason")
    return _frame(found.filter(pl.col("reason").is_null())), bad.rows()


def _reason() -> pl.Expr:
    """Why a row is no arrival, null where it is one."""
    told = quoted_text("EstimateTime")
    no_number = pl.concat_str(pl.lit("EstimateTime "), told, pl.lit(" is no number of seconds"))
    unknown = pl.concat_str(pl.lit("EstimateTime "), told, pl.lit(" is no state and no wait"))
    checks = [
        (pl.col(c).is_null() | (pl.col(c).str.strip_chars() == ""), f"a row without {c}")
        for c in ("RouteID", "StopID", "GoBack")
    ]
    known = _SECONDS.is_in(list(STATES)) | _SECONDS.is_between(0, LONGEST_S)
    return first_reason(*checks, (_SECONDS.is_null(), no_number), (~known, unknown))


def _frame(good: pl.DataFrame) -> pl.DataFrame:
    identity = {"route_id": "RouteID", "stop_id": "StopID", "direction": "GoBack"}
    return good.select(
        *(pl.col(column).str.strip_chars().alias(name) for name, column in identity.items()),
        "time",
        pl.when(_SECONDS >= 0).then(_SECONDS).alias("estimate_s"),
        pl.lit(None, pl.Int32).alias("delay_s"),
        _SECONDS.replace_strict(STATES, default="estimated", return_dtype=pl.String).alias("state"),
        "record",
    ).cast(dict(ARRIVALS.decoded))  # type: ignore[arg-type]
