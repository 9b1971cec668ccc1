"""What a whole document no longer lists is ended where it lands: vehicles, arrivals, alerts, stations.

Decoders say what a document lists and what it is whole for (`events.feeds.listing`). Here that is held against what was
listed before, as the log tells (`events.memory`), so that a restart, or another ingester, concludes the same:

    positions   a row without a place
    arrivals    no estimate, no delay, state `not_listed`
    states      the text `not_listed`
    docks       a station without counts that neither rents nor takes back

Such a row is dated by the document, or by the thing's own last row where that is later. What is listed again although
its own clock lies before the end gets its last row once more, at the document's time. What is listed stays a state of
its own (`listed`, `not_listed`), written when it changes.

A document is whole for the kinds it tells of, and for those that were told of in one document with any of these before.
One that tells of nothing at all ends everything where the feed last told of its kinds together; where they came apart
(several feeds under one name) it concludes nothing. An older document that comes late concludes nothing; nor does one
of stations that lists none of those before: it is another system's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import polars as pl

from events.feeds.bikes.listed import STATIONS
from events.feeds.listing import (
    COMPLETE,
    LISTED,
    PREFIX,
    TORN,
    WHOLE,
    kinds_of,
    listed_of,
    whole_point,
)
from events.memory import Memory
from events.observations import FAMILIES, STATES, TIME, Family
from events.settle import rows_of

NOT_LISTED = "not_listed"

_ENDED: dict[str, dict[str, object]] = {
    "positions": {},
    "arrivals": {"state": NOT_LISTED},
    "states": {"text": NOT_LISTED},
    "docks": {"is_renting": False, "is_returning": False},
}
"""Values of a row that says that a thing is not listed any more; every other is null."""

Key = tuple[str, tuple[str, ...]]
"""Family and identity of a thing."""


def with_ends(frames: Mapping[str, pl.DataFrame], memory: Memory) -> dict[str, pl.DataFrame]:
    """`frames` with a row for every thing that a whole document among them no longer lists."""
    found = dict(frames)
    states = found.get("states")
    if states is None or not states.height:
        return found
    told = states["point_id"].str.starts_with(PREFIX)
    if not told.any():
        return found
    listing, found["states"] = states.filter(told), states.filter(~told)
    changes = _Changes(found, memory)
    for (feed,), rows in listing.with_columns(feed=_part(1)).group_by(["feed"], maintain_order=True):
        _Feed.remembered(str(feed), memory).take(rows, changes)
    return changes.applied()


def notes(frames: Mapping[str, pl.DataFrame]) -> int:
    """Rows of the frames that only remember what is listed: nothing that a feed offered, and not counted as landed."""
    states = frames.get("states")
    return 0 if states is None or not states.height else int(states["point_id"].str.starts_with(PREFIX).sum())


def _part(number: int) -> pl.Expr:
    return pl.col("point_id").str.split(":").list.get(number)


@dataclass
class _Changes:
    """What is added to a poll's frames."""

    frames: dict[str, pl.DataFrame]
    memory: Memory
    states: list[tuple[str, datetime, str]] = field(default_factory=list)
    rows: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    _ended_at: dict[Key, datetime] = field(default_factory=dict)

    def end(self, keys: Iterable[Key], time: datetime) -> None:
        """The things are not listed any more from `time` on."""
        for family, identities in _by_family(keys).items():
            kind = FAMILIES[family]
            dated = self._dated(kind, identities, time)
            if dated.height:
                self.rows.setdefault(family, []).append(_ended(kind, dated))
                self._ended_at |= {(family, row[:-1]): row[-1] for row in dated.iter_rows()}

    def again(self, keys: Iterable[Key], time: datetime) -> None:
        """The things are listed again; those whose own rows lie before their end get their last one at `time`."""
        for family, identities in _by_family(keys).items():
            kind, frame = FAMILIES[family], self.frames.get(family)
            if frame is None or not frame.height:
                continue
            ended = self._ends(kind, identities)
            rows = frame.join(ended, on=list(kind.entity), how="inner", maintain_order="left")
            last = rows.sort("time", maintain_order=True).unique(list(kind.entity), keep="last", maintain_order=True)
            behind = last.filter(pl.col("time") <= pl.col("ended"))
            if behind.height:
                moved = behind.with_columns(pl.max_horizontal(pl.lit(time, TIME), "ended").alias("time"))
                self.rows.setdefault(family, []).append(moved.select(frame.columns))

    def applied(self) -> dict[str, pl.DataFrame]:
        """The frames with what was added."""
        found = dict(self.frames)
        if self.states:
            points, times, texts = zip(*self.states, strict=True)
            told = pl.DataFrame({"point_id": points, "time": pl.Series(times, dtype=TIME), "text": texts})
            self.rows.setdefault("states", []).append(told)
        for family, rows in self.rows.items():
            found[family] = pl.concat([found[family], *rows], how="diagonal")
        return found

    def _dated(self, kind: Family, identities: list[tuple[str, ...]], time: datetime) -> pl.DataFrame:
        """Of the things that there are: identity and the time of their end."""
        wanted = _identities(kind, identities)
        known = self._known(kind, wanted)
        here = self.frames.get(kind.name)
        both = (
            known
            if here is None
            else pl.concat(
                [known, wanted.join(here, on=list(kind.entity), how="semi").with_columns(high=pl.lit(None, TIME))]
            )
        )
        last = both.group_by(list(kind.entity)).agg(pl.col("high").max()).sort(*kind.entity)
        return last.select(*kind.entity, pl.max_horizontal(pl.lit(time, TIME), "high").alias("time"))

    def _ends(self, kind: Family, identities: list[tuple[str, ...]]) -> pl.DataFrame:
        """When the things ended: here, or as the log has it."""
        here = [(*i, self._ended_at[kind.name, i]) for i in identities if (kind.name, i) in self._ended_at]
        known = self._known(kind, _identities(kind, [i for i in identities if (kind.name, i) not in self._ended_at]))
        ended = pl.DataFrame(here, schema={**kind.entity, "ended": TIME}, orient="row")
        return pl.concat([ended, known.rename({"high": "ended"})])

    def _known(self, kind: Family, wanted: pl.DataFrame) -> pl.DataFrame:
        """Identity and newest event time of those that the log knows."""
        high = self.memory.beliefs[kind.name].high_time
        names = self.memory.entities[kind.name].names().filter(pl.col("entity") < len(high))
        known = names.join(wanted, on=list(kind.entity), how="semi")
        times = pl.Series("high", high[known["entity"].to_numpy()]).cast(TIME)
        return known.select(*kind.entity).with_columns(times)


@dataclass
class _Feed:
    """What a feed has listed: marks (kinds, time), and the things of each kind."""

    name: str
    marks: list[tuple[frozenset[str], datetime]]
    listed: dict[str, set[str]]
    gone: set[str]

    @classmethod
    def remembered(cls, name: str, memory: Memory) -> _Feed:
        """As the log tells."""
        beliefs = memory.beliefs["states"]
        names = memory.entities["states"].names().filter(
            pl.col("point_id").str.starts_with(f"{PREFIX}{name}:") & (pl.col("entity") < len(beliefs.high_time))
        )  # fmt: skip
        codes = names["entity"].to_numpy()
        stands = beliefs.high_digest[codes] == _digest(LISTED)
        times = pl.Series(beliefs.high_time[codes], dtype=pl.Int64).cast(TIME).to_list()
        found = cls(name, [], {}, set())
        for point, time, is_listed in zip(names["point_id"], times, stands.tolist(), strict=True):
            kind = point.split(":", 3)[2]
            if kind == WHOLE:
                found.marks.append((frozenset(kinds_of(point)), time))
            elif is_listed:
                found.listed.setdefault(kind, set()).add(point)
            else:
                found.gone.add(point)
        return found

    def take(self, rows: pl.DataFrame, changes: _Changes) -> None:
        """Draw what follows from the documents, the oldest first."""
        ordered = rows.sort("time", maintain_order=True)
        for (time,), part in ordered.group_by(["time"], maintain_order=True):
            whole = part.filter(_part(2) == WHOLE)["point_id"].unique(maintain_order=True)
            now: dict[str, set[str]] = {}
            for point in part.filter(_part(2) != WHOLE)["point_id"]:
                now.setdefault(point.split(":", 3)[2], set()).add(point)
            for mark in whole:
                self._conclude(kinds_of(mark), now, time, changes)

    def _conclude(self, told: list[str], now: dict[str, set[str]], time: datetime, changes: _Changes) -> None:
        kinds = self._concerned(told, time)
        if not kinds:
            return
        before: set[str] = set().union(*(self.listed.get(k, set()) for k in kinds))
        listed: set[str] = set().union(*(now.get(k, set()) for k in kinds))
        if before and listed and not before & listed and all(k.startswith(STATIONS) for k in kinds):
            return  # stations of another system under one name
        self.marks.append((kinds, time))
        changes.states.append((whole_point(self.name, kinds), time, COMPLETE))
        for kind in kinds:
            self.listed[kind] = now.get(kind, set())
        elsewhere = {_key(p) for k, points in self.listed.items() for p in points} if before - listed else set()
        ended, fresh = sorted(before - listed), sorted(listed - before)
        changes.states += [(point, time, NOT_LISTED) for point in ended]
        changes.states += [(point, time, LISTED) for point in fresh]
        changes.end([key for key in map(_key, ended) if key not in elsewhere], time)
        changes.again([_key(point) for point in fresh if point in self.gone], time)
        self.gone = (self.gone | set(ended)) - set(fresh)

    def _concerned(self, told: list[str], time: datetime) -> frozenset[str]:
        """The kinds of which a document of `time` that tells of these is whole, and the newest."""
        torn = {k.removesuffix(TORN) for k in told if k.endswith(TORN)}
        named = {k for k in told if not k.endswith(TORN)}
        newest: dict[str, tuple[datetime, frozenset[str]]] = {}
        for kinds, at in sorted(self.marks, key=lambda mark: mark[1]):
            newest |= dict.fromkeys(kinds, (at, kinds))
        if named or torn:
            together = {k for k, (_, kinds) in newest.items() if kinds & (named | torn)}
        else:
            together = set(newest) if len(set(newest.values())) == 1 else set()
        concerned = (named | together) - torn
        return frozenset(k for k in concerned if k not in newest or time > newest[k][0])


def _key(point: str) -> Key:
    thing = listed_of(point)
    return thing.family, thing.identity


def _by_family(keys: Iterable[Key]) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for family, identity in dict.fromkeys(keys):
        found.setdefault(family, []).append(identity)
    return found


def _identities(kind: Family, identities: list[tuple[str, ...]]) -> pl.DataFrame:
    return pl.DataFrame(identities, schema=dict(kind.entity), orient="row")


def _ended(kind: Family, dated: pl.DataFrame) -> pl.DataFrame:
    values = (pl.lit(_ENDED[kind.name].get(c), dtype).alias(c) for c, dtype in kind.values.items())
    return dated.with_columns(values)


def _digest(text: str) -> np.uint64:
    """The digest that beliefs have of a text."""
    row = pl.DataFrame({"entity": [0], "time": [0], "text": [text]}).cast({"entity": pl.UInt32, "time": TIME})
    return np.uint64(rows_of(STATES, row).digest[0])
