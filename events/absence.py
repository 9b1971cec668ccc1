"""Absence is information: what a whole snapshot no longer lists is said to be not listed; no number is invented.

A decoder of snapshots (`events.feeds.bus_estimate`) marks every part of a feed that it has seen whole with a state
`<feed>:snapshot:<bucket>` at the snapshot's time. Where such a mark follows an earlier one of the same bucket, every
arrival that stood in the earlier snapshot and stands no more in the later gets a row of its own at the later's time:
no estimate, no delay, state `not_listed`. An older snapshot that comes late concludes nothing.

What the earlier snapshot listed is asked of the beliefs (`events.beliefs`), so that nothing new has to be remembered: a
restart, or another ingester, concludes the same.

Feeds whose rows are dated by the things themselves (vehicles, trip updates, alerts, stations) say what they list in
another way: `events.listings`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import polars as pl

from events.clock import micros
from events.feeds.snapshots import MARK, bucket_of, mark_of
from events.listings import NOT_LISTED, with_ends
from events.memory import Memory
from events.observations import ARRIVALS, TIME
from events.settle import rows_of

IDENTITY = list(ARRIVALS.entity)


def with_absences(frames: Mapping[str, pl.DataFrame], memory: Memory) -> dict[str, pl.DataFrame]:
    """`frames` with a row for everything that a complete document among them no longer lists."""
    found = with_ends(frames, memory)
    if "states" not in found or "arrivals" not in found:
        return found
    marks = found["states"].filter(pl.col("point_id").str.contains(MARK)).select("point_id", "time").unique()
    gone = list(_absences(marks.sort("point_id", "time"), found["arrivals"], memory)) if marks.height else []
    if gone:
        found["arrivals"] = pl.concat([found["arrivals"], *gone], how="diagonal")
    return found


def _absences(marks: pl.DataFrame, arrivals: pl.DataFrame, memory: Memory) -> Iterator[pl.DataFrame]:
    bucketed = arrivals.with_columns(_bucket(arrivals).alias("bucket"))
    for (mark,), rows in marks.group_by(["point_id"], maintain_order=True):
        bucket = mark_of(str(mark))
        here = bucketed.filter(pl.col("bucket") == bucket)
        before = _last_marked(str(mark), memory)
        listed = None if before is None else _believed(before, bucket, memory)
        for time in rows["time"]:
            if before is not None and time <= before:
                continue
            now_listed = here.filter(pl.col("time") == time).select(IDENTITY)
            if listed is not None:
                yield _not_listed(listed.join(now_listed, on=IDENTITY, how="anti"), time)
            before, listed = time, now_listed


def _last_marked(mark: str, memory: Memory) -> datetime | None:
    """When the bucket was last seen whole, None when it never was."""
    known = memory.entities["states"].names().filter(pl.col("point_id") == mark)
    times = memory.beliefs["states"].high_time
    if not known.height or known["entity"][0] >= len(times):
        return None
    moment: datetime = pl.Series([int(times[known["entity"][0]])]).cast(TIME).item()
    return moment


def _believed(time: datetime, bucket: int, memory: Memory) -> pl.DataFrame:
    """Identities whose newest row is of that instant, and does not say that they are not listed."""
    beliefs, names = memory.beliefs["arrivals"], memory.entities["arrivals"].names()
    absent = rows_of(ARRIVALS, _not_listed(pl.DataFrame({c: [""] for c in IDENTITY}), time).with_columns(entity=0))
    count = min(names.height, len(beliefs.high_time))
    codes = names["entity"].to_numpy()[:count]
    stands = (beliefs.high_time[codes] == micros(time)) & (beliefs.high_digest[codes] != absent.digest[0])
    known = names[:count].filter(pl.Series(stands))
    return known.filter(_bucket(known) == bucket).select(IDENTITY)


def _not_listed(identities: pl.DataFrame, time: datetime) -> pl.DataFrame:
    return identities.select(
        *IDENTITY,
        pl.lit(time, TIME).alias("time"),
        pl.lit(None, pl.Int32).alias("estimate_s"),
        pl.lit(None, pl.Int32).alias("delay_s"),
        pl.lit(NOT_LISTED).alias("state"),
    )


def _bucket(arrivals: pl.DataFrame) -> pl.Series:
    routes = arrivals["route_id"].unique()
    return arrivals["route_id"].replace_strict(
        routes, pl.Series([bucket_of(r) for r in routes], dtype=pl.Int32), return_dtype=pl.Int32
    )
