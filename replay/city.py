"""The city, opened for reading: one consistent state of everything at any instant, as of T, as known at K."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TypeVar

import numpy as np
import polars as pl

from events.clock import instant, micros, utc
from events.errors import NaiveTimeError
from events.log import Log
from events.observations import Family
from events.observations import family as family_named
from events.runs import ends
from events.sealing.chain import Mark
from replay.clocks import position_at
from replay.cut import Cut
from twin.lake import Lake
from twin.latest import by_entity, whole
from twin.manifest import QUARTER_US
from twin.order import order
from twin.place import CityFile, Place
from twin.projections.ledger import Ledger
from twin.projector import Projector

T = TypeVar("T")

EXAMPLE = "2026-08-20T19:41:52+08:00"
PLAYED_ROWS = 500_000
"""Rows read at once to be played."""

END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)


class City:
    """A reader of one city. `refresh` tails the log; cuts before that see the state of the last refresh."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.file: CityFile = place.read()
        self._log = place.log()
        self._projector = Projector(self._log, place.directory)
        self._projector.catch_up(write=True)

    @classmethod
    def open(cls, directory: Path | str) -> Self:
        """The city in `directory`; UsageError when there is none."""
        return cls(Place(Path(directory)))

    @property
    def head(self) -> int:
        """Log position that this reader has seen."""
        return self._projector.position

    @property
    def log(self) -> Log:
        """The city's log, for whoever follows a number down to its event."""
        return self._log

    @property
    def lake(self) -> Lake:
        """The lake as of the last refresh, for whoever counts or reads landed rows without their names."""
        return self._projector.lake

    def pending(self, family: str) -> Sequence[pl.DataFrame]:
        """Landed rows (`twin.latest.landed_schema`) the lake does not hold yet, a frame a batch, in log order."""
        return tuple(self._projector.pending[family_named(family).name])

    @property
    def ledger(self) -> Ledger:
        """Counts by source and family."""
        return self._projector.ledger

    def asked(self, question: Callable[[Lake], T]) -> T:
        """A question to the lake, to the one that stands there now where its files are gone since."""
        return self._projector.asked(question)

    @property
    def mark(self) -> Mark:
        """Where the log's chain stands at `head`: two logs of the same length differ in it."""
        return self._projector.mark

    def refresh(self) -> int:
        """Take what the log has gained; the new head."""
        self._projector.refresh_lake()
        return self._projector.catch_up()

    def span(self) -> tuple[datetime, datetime] | None:
        """First and last event time of all observations, None before the first."""
        spans = [s for s in (self._projector.lake.span(), self._pending_span()) if s]
        if not spans:
            return None
        return instant(min(low for low, _ in spans)), instant(max(high for _, high in spans))

    def cut(self, at: datetime | None = None, known: int | datetime | None = None) -> Cut:
        """The city as of `at` (default: everything so far), as known at `known` (default: the head).

        `known` is a log position or a record time (`position_at`).
        """
        if at is not None and at.tzinfo is None:
            raise NaiveTimeError(f"{at.isoformat()} has no zone; give an aware time, such as {EXAMPLE}")
        position = self.head if known is None else self.position_at(known)
        moment = END_OF_TIME if at is None else utc(at)
        asked = utc(known) if isinstance(known, datetime) else None
        live = at is None and position == self.head
        return Cut(self._projector, self.place, moment, position, live, self._log, asked)

    def position_at(self, known: int | datetime) -> int:
        """The position that a record time names: the last event recorded by then; a position is kept within the log.

        NaiveTimeError for a time without a zone.
        """
        if isinstance(known, datetime):
            return position_at(self._log, known, self.head)
        return max(0, min(known, self.head))

    def series(
        self, family: str, entities: Sequence[str], start: datetime, end: datetime, known: int | datetime | None = None
    ) -> pl.DataFrame:
        """Rows of some entities with `start` ≤ time ≤ `end`, as known: the latest belief for every (entity, time).

        Columns: the family's identity, time, values, position; sorted by identity and time.
        """
        codes = self._projector.entities[family_named(family).name].find(list(entities))
        return self._between(family, codes.tolist(), start, end, known)

    def rows(self, family: str, start: datetime, end: datetime, known: int | datetime | None = None) -> pl.DataFrame:
        """As `series`, of every entity of the family."""
        return self._between(family, None, start, end, known)

    def coded(
        self, family: str, codes: Sequence[int], start: datetime, end: datetime, known: int | datetime | None = None
    ) -> pl.DataFrame:
        """As `series`, of entities by their codes (`names`) and under these: entity, time, values, position."""
        position, low, high = self._window(start, end, known)
        kind = family_named(family)
        rows = self._believed(kind, list(codes), low, high, position)
        return rows.select("entity", "time", *kind.values, "position")

    def _between(
        self, family: str, codes: list[int] | None, start: datetime, end: datetime, known: int | datetime | None
    ) -> pl.DataFrame:
        position, low, high = self._window(start, end, known)
        return self._named(family, self._believed(family_named(family), codes, low, high, position))

    def _window(self, start: datetime, end: datetime, known: int | datetime | None) -> tuple[int, int, int]:
        """Position, and both ends in UTC microseconds."""
        for moment in (start, end):
            if moment.tzinfo is None:
                raise NaiveTimeError(f"{moment.isoformat()} has no zone; give an aware time, such as {EXAMPLE}")
        return self.head if known is None else self.position_at(known), micros(start), micros(end)

    def _windows(self, kind: Family, low: int, high: int) -> Iterator[tuple[int, int]]:
        """The window in pieces of about PLAYED_ROWS rows of the lake, cut between quarters."""
        first, rows = low, 0
        for quarter in self.lake.quarters(kind):
            last = quarter.start + QUARTER_US - 1
            if last < low or quarter.start > high:
                continue
            rows += quarter.rows
            if rows >= PLAYED_ROWS:
                yield first, min(last, high)
                first, rows = last + 1, 0
        if first <= high:
            yield first, high

    def _believed(self, kind: Family, codes: list[int] | None, low: int, high: int, known: int) -> pl.DataFrame:
        """The last belief of every (entity, time), in that order (`twin.latest.landed_schema`)."""
        lake = self._projector.asked(lambda held: held.rows(kind, codes, low, high, known))
        recent = [f.filter(_inside(codes, low, high)) for f in self.pending(kind.name) if f["position"][0] <= known]
        rows = by_entity([lake, *recent])
        last = ends(whole(rows, "entity")) | ends(whole(rows, "time"))
        return rows if last.all() else rows.filter(pl.Series(last))

    def versions(
        self, family: str, start: datetime, end: datetime, known: int | datetime | None = None
    ) -> pl.DataFrame:
        """All that was ever told of each (entity, time), `start` ≤ time ≤ `end`, and not the last belief alone.

        Columns: `entity` (the code that `names` has), time, position; sorted by them.
        """
        kind, (position, low, high) = family_named(family), self._window(start, end, known)
        rows = [self._projector.lake.rows(kind, None, low, high, position)]
        rows += [f.filter(_inside(None, low, high)) for f in self.pending(kind.name) if f["position"][0] <= position]
        return by_entity(rows).select("entity", "time", "position")

    def register_events(self, known: int | datetime | None = None) -> pl.DataFrame:
        """Exchanges and roll-overs of registers, as known, by point, unit and time.

        Columns: point_id, unit, time, final, initial, modulus (in `unit`, null where it is the other event), position.
        """
        told = self.coded_register_events(known)
        named = told.join(self._projector.entities["readings"].names(), on="entity", how="left")
        columns = ("point_id", "unit", "time", "final", "initial", "modulus", "position")
        return named.select(columns).sort("point_id", "unit", "time")

    def coded_register_events(self, known: int | datetime | None = None) -> pl.DataFrame:
        """As `register_events`, by the register's code among readings (`entity`) in place of its name."""
        position = self.head if known is None else self.position_at(known)
        return self._projector.register.meters_changed(known=position)

    def names(self, family: str) -> pl.DataFrame:
        """`entity` (as the log and the lake code it) and the identity columns of every entity of a family."""
        return self._projector.entities[family_named(family).name].names()

    def register_codes(self, point_id: str) -> pl.DataFrame:
        """(entity, unit) of what a point reports among readings; empty where it has reported nothing."""
        names = self._projector.entities["readings"].names()
        return names.filter(pl.col("point_id") == point_id).select("entity", "unit")

    def played(
        self, family: str, start: datetime, end: datetime, known: int | datetime | None = None
    ) -> Iterator[pl.DataFrame]:
        """As `rows`, in order of time and then of identity: frames of about PLAYED_ROWS rows, none of them empty."""
        kind = family_named(family)
        position, low, high = self._window(start, end, known)
        names = self._projector.entities[kind.name].names()
        named = np.zeros(int(names["entity"].max() or 0) + 1, np.int64)  # type: ignore[arg-type]
        named[whole(names, "entity")] = np.arange(names.height)
        by_name = names.drop("entity").with_row_index().sort(*kind.entity)["index"].to_numpy()
        rank = np.argsort(by_name)
        for first, last in self._windows(kind, low, high):
            rows = self._believed(kind, None, first, last, position)
            if not rows.height:
                continue
            found = order([whole(rows, "time"), rank[named[whole(rows, "entity")]]])
            played = rows if found is None else rows[found]
            called = names.drop("entity")[named[whole(played, "entity")]]
            yield called.hstack(played.select("time", *kind.values, "position"))

    def close(self) -> None:
        """Release the log."""
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _named(self, family: str, rows: pl.DataFrame) -> pl.DataFrame:
        kind = family_named(family)
        named = rows.join(self._projector.entities[family].names(), on="entity", how="left")
        return named.select(*kind.entity, "time", *kind.values, "position").sort(*kind.entity, "time")

    def _pending_span(self) -> tuple[int, int] | None:
        times = [f["time"].dt.epoch("us") for frames in self._projector.pending.values() for f in frames]
        return (min(int(t.min()) for t in times), max(int(t.max()) for t in times)) if times else None  # type: ignore[arg-type]


def _inside(codes: list[int] | None, low: int, high: int) -> pl.Expr:
    inside = pl.col("time").dt.epoch("us").is_between(low, high)
    return inside if codes is None else inside & pl.col("entity").is_in(pl.Series(codes, dtype=pl.UInt32).implode())
