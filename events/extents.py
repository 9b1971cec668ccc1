"""Where in the log the rows of a family lie: for every entity and every day a few stretches of positions.

A stretch may hold positions that are of others (whoever reads looks at each batch), but no position of the entity or
day lies outside of its stretches. What is kept grows with entities and days, never with batches.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.integer]

WIDTH = 4
"""Stretches of one key: a first load, corrections, and what comes day by day. Beyond that the two nearest join."""

GAP = 8
"""Positions between two stretches that are not worth telling apart: other families, names, other partitions."""

NONE: Ints = np.zeros((0, 2), np.int64)
"""No stretch. Stretches are rows of first and last position, in order, none touching the next."""


class Extents:
    """Stretches by key; keys are small integers, and positions are noted in rising order."""

    def __init__(self) -> None:
        self.count: npt.NDArray[np.uint8] = np.zeros(0, np.uint8)
        self.first: Ints = np.zeros((0, WIDTH), np.int64)
        self.last: Ints = np.zeros((0, WIDTH), np.int64)

    def note(self, keys: Keys, position: int) -> None:
        """Rows of `keys` (each once) lie at `position`."""
        if not len(keys):
            return
        self._grow(int(keys.max()) + 1)
        count = self.count[keys].astype(np.int64)
        newest = self.last[keys, np.maximum(count - 1, 0)]
        near = (count > 0) & (position - newest <= GAP)
        self.last[keys[near], count[near] - 1] = position
        fresh = keys[~near]
        full = fresh[self.count[fresh] == WIDTH]
        if len(full):
            self._join_nearest(full)
        at = self.count[fresh]
        self.first[fresh, at] = self.last[fresh, at] = position
        self.count[fresh] += 1

    def of(self, keys: Keys) -> Ints:
        """Stretches that hold every position of any of `keys`."""
        known = keys[keys < len(self.count)]
        used = np.arange(WIDTH) < self.count[known][:, None]
        return united(self.first[known][used], self.last[known][used])

    def packed(self) -> tuple[npt.NDArray[np.uint8], Ints]:
        """Counts by key, and the stretches of all keys one after the other."""
        used = np.arange(WIDTH) < self.count[:, None]
        return self.count, np.stack((self.first[used], self.last[used]), axis=1)

    @classmethod
    def unpacked(cls, count: npt.NDArray[np.uint8], stretches: Ints) -> Extents:
        """What `packed` gave; ValueError when it is not that."""
        made = cls()
        made._grow(len(count))
        made.count[: len(count)] = count
        used = np.arange(WIDTH) < made.count[:, None]
        made.first[used], made.last[used] = stretches[:, 0], stretches[:, 1]
        return made

    def _join_nearest(self, keys: Keys) -> None:
        first, last, columns = self.first[keys], self.last[keys], np.arange(WIDTH - 1)
        nearest = (first[:, 1:] - last[:, :-1]).argmin(axis=1)[:, None]
        self.first[keys, :-1] = np.take_along_axis(first, columns + (columns > nearest), axis=1)
        self.last[keys, :-1] = np.take_along_axis(last, columns + (columns >= nearest), axis=1)
        self.count[keys] -= 1

    def _grow(self, need: int) -> None:
        more = need - len(self.count)
        if more > 0:
            more += need // 2
            self.count = np.append(self.count, np.zeros(more, np.uint8))
            self.first = np.append(self.first, np.zeros((more, WIDTH), np.int64), axis=0)
            self.last = np.append(self.last, np.zeros((more, WIDTH), np.int64), axis=0)


@dataclass
class Whereabouts:
    """One family's rows: by entity, and by day (since 1970, UTC)."""

    entities: Extents = field(default_factory=Extents)
    by_day: Extents = field(default_factory=Extents)
    days: dict[int, int] = field(default_factory=dict)
    """The key in `by_day` of each day."""

    def note(self, entities: Keys, days: Ints, position: int) -> None:
        """A batch at `position` has rows of these entities and days, each once."""
        self.entities.note(entities, position)
        keys = [self.days.setdefault(day, len(self.days)) for day in days.tolist()]
        self.by_day.note(np.array(keys, np.int64), position)

    def of_days(self, days: Ints) -> Ints:
        """Stretches that hold every row of the days."""
        known = [self.days[day] for day in days.tolist() if day in self.days]
        return self.by_day.of(np.array(known, np.int64))

    def of(self, entities: Keys, days: Ints) -> Ints:
        """Stretches that hold every row of the entities in these days."""
        return intersected(self.entities.of(entities), self.of_days(days))


def united(first: Ints, last: Ints) -> Ints:
    """Stretches in any order as stretches in order, of which none touches the next.

    >>> united(np.array([7, 1, 3]), np.array([9, 3, 4])).tolist()
    [[1, 4], [7, 9]]
    """
    if not len(first):
        return NONE
    order = np.argsort(first, kind="stable")
    first, last = first[order], np.maximum.accumulate(last[order])
    begins = np.append(True, first[1:] > last[:-1] + 1)
    ends = np.append(begins[1:], True)
    return np.stack((first[begins], last[ends]), axis=1)


def intersected(some: Ints, others: Ints) -> Ints:
    """Positions that lie in both.

    >>> intersected(np.array([[1, 5], [8, 9]]), np.array([[4, 8]])).tolist()
    [[4, 5], [8, 8]]
    """
    found: list[tuple[int, int]] = []
    a, b = some.tolist(), others.tolist()
    i = j = 0
    while i < len(a) and j < len(b):
        low, high = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if low <= high:
            found.append((low, high))
        i, j = (i + 1, j) if a[i][1] < b[j][1] else (i, j + 1)
    return np.array(found, np.int64).reshape(-1, 2)


def size(stretches: Ints) -> int:
    """Positions that they hold."""
    return int((stretches[:, 1] - stretches[:, 0] + 1).sum())
