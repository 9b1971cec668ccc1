"""What the ingester remembers of the log: names, beliefs, where rows lie by entity and by day.

All of it can be read again; it grows with entities and days, never with batches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from events import batch
from events.batch import BATCH
from events.beliefs import DAY_US, Beliefs, Codes, Rows
from events.entities import NAMING, Entities, dictionaries, take_names
from events.extents import Ints, Keys, Whereabouts
from events.flood import Allowance
from events.log import Log, LogEvent
from events.observations import FAMILIES, Family
from events.quarantine import QUARANTINE, Refusal, refusals_of
from events.runs import Mask, ends
from events.sealing.chain import BEGINNING, Mark
from events.sealing.records import sound
from events.settle import rows_of
from events.told_again import SAME_AS, Facts
from events.vault import Vault

TAGS = (*NAMING, BATCH, QUARANTINE)
"""Of every other event only the place in the log's chain is kept."""


@dataclass(frozen=True)
class Touched:
    """Entities and days (since 1970, UTC) that a batch has rows of, each once."""

    entities: Codes
    days: Ints
    told: Rows | None = None
    """Of a slowly changing family: the last row of each entity that is written in full there."""

    @classmethod
    def by(cls, entity: Codes, time: Ints) -> Touched:
        """Of rows sorted by entity; `time` in UTC microseconds."""
        low, high = (int(time.min()) // DAY_US, int(time.max()) // DAY_US) if len(time) else (0, -1)
        days = np.arange(low, high + 1) if high - low < 2 else np.unique(time // DAY_US)
        return cls(entity[ends(entity)], days)

    @classmethod
    def of(cls, rows: Rows, full: Mask | None) -> Touched:
        """Of a batch's rows; `full`, of a slowly changing family: those whose values are written there."""
        touched = cls.by(rows.entity, rows.time)
        if full is None:
            return touched
        told = rows.only(full)
        return replace(touched, told=told.only(ends(told.entity)))


@dataclass
class Memory:
    """The ingester's state at `position` of the log, whose chain stands at `mark` there."""

    position: int = 0
    vault: Vault | None = None
    mark: Mark = BEGINNING
    entities: dict[str, Entities] = field(init=False)
    beliefs: dict[str, Beliefs] = field(default_factory=lambda: {n: Beliefs() for n in FAMILIES})
    places: dict[str, Whereabouts] = field(default_factory=lambda: {n: Whereabouts() for n in FAMILIES})
    facts: dict[str, Facts] = field(
        default_factory=lambda: {n: Facts() for n, f in FAMILIES.items() if f.slowly_changing}
    )
    refused: set[bytes] = field(default_factory=set)
    allowance: Allowance = field(default_factory=Allowance)
    _versions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.entities = dictionaries(self.vault)

    def catch_up(self, log: Log) -> None:
        """Take everything that others appended since."""
        head = log.head()
        if head == self.position:
            return
        for event in log.read(self.position, upto=head):
            if event.tag in TAGS:
                self._apply(sound(event))
            self.mark = self.mark.after(event)
        self._versions.clear()
        self.position = head

    def fits(self, log: Log) -> bool:
        """Whether what was read is still what the log holds: one that was put back and grew again is another one."""
        return log.bears(self.mark)

    def follow(self, events: Sequence[LogEvent], rows: Sequence[Touched | None]) -> bool:
        """Note own events that landed, and the rows of the batches among them.

        False when others landed between, so that the memory must be read again.
        """
        for event, touched in zip(events, rows, strict=True):
            self._versions[event.stream] = event.version
            self._note(event, touched)
            self.mark = self.mark.after(event)
        if not events:
            return True
        unbroken = events[0].position == self.position + 1
        self.position = events[-1].position
        return unbroken

    def version(self, stream: str, log: Log) -> int:
        """Version of the stream's last event."""
        if stream not in self._versions:
            self._versions[stream] = log.version(stream)
        return self._versions[stream]

    def landed(self, family: Family, log: Log) -> LandedRows:
        """Reader of the rows of `family` that have landed."""
        return LandedRows(family, log, self.places[family.name])

    def fresh_refusals(self, refusals: list[Refusal]) -> list[Refusal]:
        """Refusals from sources without offsets that are not in quarantine yet."""
        return [r for r in refusals if identity(r) not in self.refused]

    def recall(self, event: LogEvent) -> None:
        """Take an event that names entities or holds refusals (all that a saved memory leaves out)."""
        take_names(self.entities, event)
        if event.tag == QUARANTINE:
            self._note(event, None)

    def _apply(self, event: LogEvent) -> None:
        if event.tag != BATCH:
            return self.recall(event)
        family = FAMILIES[batch.header_of(event.state).family]
        frame = batch.decode(event.state, {**family.stored, SAME_AS: pl.Int64()})
        rows = rows_of(family, frame)
        self.beliefs[family.name].accept(rows)
        full = frame[SAME_AS].is_null().to_numpy() if family.slowly_changing else None
        self._note(event, Touched.of(rows, full))

    def _note(self, event: LogEvent, touched: Touched | None) -> None:
        if touched is not None:
            family = batch.header_of(event.state).family
            self.places[family].note(touched.entities, touched.days, event.position)
            if touched.told is not None:
                self.facts[family].note(touched.told.entity, touched.told.digest, event.position)
        elif event.tag == QUARANTINE:
            header = batch.header_of(event.state)
            self.allowance.note(header.source, header.recorded_at, len(event.state))
            if header.last_offset < 0:
                self.refused |= {identity(refusal) for refusal in refusals_of(event.state)}


@dataclass(frozen=True)
class LandedRows:
    """Rows of a family in the log (`events.beliefs.Landed`)."""

    family: Family
    log: Log
    places: Whereabouts

    def of_days(self, days: Ints) -> Ints:
        """Stretches of the log that hold every row of these days."""
        return self.places.of_days(days)

    def of(self, entities: Keys, days: Ints) -> Ints:
        """Stretches that hold every row of the entities in these days."""
        return self.places.of(entities, days)

    def rows(self, stretches: Ints, first_day: int, last_day: int) -> Iterator[Rows]:
        """The family's batches in the stretches that have rows in these days, in log order."""
        for first, last in stretches.tolist():
            for event in self.log.read(first - 1, upto=last, tags=[BATCH]):
                header = batch.header_of(event.state)
                if header.family != self.family.name or header.min_time is None or header.max_time is None:
                    continue
                if header.min_time // DAY_US <= last_day and header.max_time // DAY_US >= first_day:
                    yield rows_of(self.family, batch.decode(event.state, self.family.stored))


def identity(refusal: Refusal) -> bytes:
    """Identity of a refusal from a source that keeps no offsets: format and bytes."""
    return hashlib.blake2b(bytes.fromhex(refusal.digest), digest_size=16, person=refusal.format.encode()[:16]).digest()
