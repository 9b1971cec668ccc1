"""What is believed so far of every entity at every instant, as digests: so that a row which tells nothing new is seen.

A row is a duplicate when the values last landed for its (entity, time) are equal to its own. Rows later than anything
known of their entity are new without a look; only late rows are looked for in the log. Where few batches can hold them
(a file of one meter, sent again), these are read, each once a poll; else the index of their day, which is kept for a
few days.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from events.extents import Ints, Keys, size
from events.runs import Mask, ends

Hashes = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.uint32]

DAY_US = 86_400_000_000
DAYS_KEPT = 16
"""Days whose index stays in memory; the least used goes first."""

FEW_BATCHES = 64
"""Batches that are read for late rows at every poll, rather than the index of whole days once."""

_NEVER = np.iinfo(np.int64).min
_ENTITY_SHIFT = np.uint64(37)  # a day has fewer than 2**37 microseconds


@dataclass(frozen=True)
class Rows:
    """Columns of one family's rows, sorted by (entity, time): codes, UTC microseconds, digests of the values."""

    entity: Codes
    time: Ints
    digest: Hashes

    def only(self, keep: Mask) -> Rows:
        """The rows where `keep` holds."""
        return Rows(self.entity[keep], self.time[keep], self.digest[keep])


class Landed(Protocol):
    """The family's rows in the log."""

    def of_days(self, days: Ints) -> Ints:
        """Stretches of the log (`events.extents`) that hold every row of these days (since 1970, UTC)."""

    def of(self, entities: Keys, days: Ints) -> Ints:
        """Stretches that hold every row of the entities in these days."""

    def rows(self, stretches: Ints, first_day: int, last_day: int) -> Iterator[Rows]:
        """The batches in the stretches that have rows in these days, in log order."""


@dataclass
class DayIndex:
    """Digest by (entity, time) for one day: sorted runs, the newest last."""

    runs: list[tuple[Hashes, Hashes]] = field(default_factory=list)

    def add(self, rows: Rows) -> None:
        """Take rows that landed later than all before."""
        keys = _keys(rows)
        order = np.argsort(keys, kind="stable")
        keys, digests = keys[order], rows.digest[order]
        last = ends(keys)
        self.runs.append((keys[last], digests[last]))
        if len(self.runs) > 8:
            self._merge()

    def known(self, rows: Rows) -> Mask:
        """Which rows repeat what was last landed for their (entity, time)."""
        keys = _keys(rows)
        undecided, repeats = np.ones(len(keys), np.bool_), np.zeros(len(keys), np.bool_)
        for run_keys, run_digests in reversed(self.runs):
            if not len(run_keys):
                continue
            at = np.minimum(np.searchsorted(run_keys, keys), len(run_keys) - 1)
            hit = undecided & (run_keys[at] == keys)
            repeats |= hit & (run_digests[at] == rows.digest)
            undecided &= ~hit
        return np.asarray(repeats)

    def _merge(self) -> None:
        runs, self.runs = self.runs, []
        keys = np.concatenate([k for k, _ in runs])
        digests = np.concatenate([d for _, d in runs])
        order = np.argsort(keys, kind="stable")
        keys, digests = keys[order], digests[order]
        last = ends(keys)
        self.runs = [(keys[last], digests[last])]


class Beliefs:
    """One family's high-water marks and the day indexes of late rows."""

    def __init__(self, high_time: Ints | None = None, high_digest: Hashes | None = None) -> None:
        self.high_time: Ints = np.zeros(0, np.int64) if high_time is None else high_time
        self.high_digest: Hashes = np.zeros(0, np.uint64) if high_digest is None else high_digest
        self._days: OrderedDict[int, DayIndex] = OrderedDict()

    def repeats(self, rows: Rows, landed: Landed) -> Mask:
        """Which rows tell nothing new."""
        self._grow(rows)
        high = self.high_time[rows.entity]
        repeated = (rows.time == high) & (rows.digest == self.high_digest[rows.entity])
        late = rows.time < high
        if late.any():
            repeated[late] = self._late_repeats(rows.only(late), landed)
        return np.asarray(repeated)

    def accept(self, rows: Rows) -> None:
        """Take rows that landed."""
        self._grow(rows)
        newest = rows.only(ends(rows.entity))
        ahead = newest.only(newest.time >= self.high_time[newest.entity])
        self.high_time[ahead.entity], self.high_digest[ahead.entity] = ahead.time, ahead.digest
        if self._days:
            days = rows.time // DAY_US
            for day in self._days.keys() & set(np.unique(days).tolist()):
                self._days[day].add(rows.only(days == day))

    def _late_repeats(self, rows: Rows, landed: Landed) -> Mask:
        days = rows.time // DAY_US
        missing = np.array([day for day in np.unique(days).tolist() if day not in self._days], np.int64)
        if len(missing):
            near = landed.of(np.unique(rows.entity), missing)
            if len(missing) > DAYS_KEPT or size(near) <= FEW_BATCHES:
                away = np.isin(days, missing)
                repeated = np.zeros(len(days), np.bool_)
                repeated[away] = _repeats(rows.only(away), landed.rows(near, int(missing[0]), int(missing[-1])))
                if not away.all():
                    repeated[~away] = self._known(rows.only(~away))
                return repeated
            self._read_days(missing, landed)
        repeated = self._known(rows)
        while len(self._days) > DAYS_KEPT:
            self._days.popitem(last=False)
        return repeated

    def _known(self, rows: Rows) -> Mask:
        """Which rows of days whose index is here repeat."""
        days = rows.time // DAY_US
        repeated = np.zeros(len(days), np.bool_)
        for day in np.unique(days).tolist():
            here = days == day
            repeated[here] = self._days[day].known(rows.only(here))
            self._days.move_to_end(day)
        return repeated

    def _read_days(self, days: Ints, landed: Landed) -> None:
        """The indexes of these days (few), each batch read once."""
        found = {day: DayIndex() for day in days.tolist()}
        for rows in landed.rows(landed.of_days(days), int(days[0]), int(days[-1])):
            own = rows.time // DAY_US
            for day, index in found.items():
                here = own == day
                if here.any():
                    index.add(rows.only(here))
        self._days |= found

    def _grow(self, rows: Rows) -> None:
        need = int(rows.entity.max()) + 1 if len(rows.entity) else 0
        more = need - len(self.high_time)
        if more > 0:
            more += need // 2
            self.high_time = np.append(self.high_time, np.full(more, _NEVER))
            self.high_digest = np.append(self.high_digest, np.zeros(more, np.uint64))


def _repeats(late: Rows, batches: Iterator[Rows]) -> Mask:
    """Which of `late` equal what `batches` (in log order) last had of their (entity, time)."""
    entities, times = np.unique(late.entity), np.unique(late.time)
    asked = np.searchsorted(entities, late.entity) * len(times) + np.searchsorted(times, late.time)
    keys = np.unique(asked)
    found, digest = np.zeros(len(keys), np.bool_), np.zeros(len(keys), np.uint64)
    for rows in batches:
        at_entity = np.minimum(np.searchsorted(entities, rows.entity), len(entities) - 1)
        at_time = np.minimum(np.searchsorted(times, rows.time), len(times) - 1)
        key = at_entity * len(times) + at_time
        at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
        hit = (entities[at_entity] == rows.entity) & (times[at_time] == rows.time) & (keys[at] == key)
        found[at[hit]] = True
        digest[at[hit]] = rows.digest[hit]  # of repeated indices, the last assignment stays
    own = np.searchsorted(keys, asked)
    return np.asarray(found[own] & (digest[own] == late.digest))


def _keys(rows: Rows) -> Hashes:
    """One exact integer for (entity, time of day): entities stay below 2**27."""
    return (rows.entity.astype(np.uint64) << _ENTITY_SHIFT) | (rows.time % DAY_US).astype(np.uint64)
