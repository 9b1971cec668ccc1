"""What the ingester remembers of the log: names, beliefs, where each day's batches lie. All of it can be read again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from events import batch
from events.batch import BATCH
from events.beliefs import DAY_US, Beliefs, LoadDay, Rows
from events.entities import NAMING, Entities, dictionaries, take_names
from events.flood import Allowance
from events.ids import Position
from events.log import Log, LogEvent, NewEvent
from events.observations import FAMILIES, Family
from events.quarantine import QUARANTINE, Refusal, refusals_of
from events.settle import rows_of
from events.vault import Vault

TAGS = (*NAMING, BATCH, QUARANTINE)


@dataclass(frozen=True)
class Span:
    """Days (since 1970, UTC) that the batch at `position` touches."""

    position: int
    first_day: int
    last_day: int


@dataclass
class Memory:
    """The ingester's state at `position` of the log."""

    position: int = 0
    vault: Vault | None = None
    entities: dict[str, Entities] = field(init=False)
    beliefs: dict[str, Beliefs] = field(default_factory=lambda: {n: Beliefs() for n in FAMILIES})
    spans: dict[str, list[Span]] = field(default_factory=lambda: {n: [] for n in FAMILIES})
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
        for event in log.read(self.position, upto=head, tags=TAGS):
            self._apply(event)
        self._versions.clear()
        self.position = head

    def follow(self, events: Sequence[NewEvent], positions: Sequence[Position]) -> bool:
        """Note own events that landed; False when others landed between, so that the memory must be read again."""
        for event, position in zip(events, positions, strict=True):
            self._versions[event.stream] = event.version
            self._note(event, position)
        if not positions:
            return True
        unbroken = positions[0] == self.position + 1
        self.position = positions[-1]
        return unbroken

    def version(self, stream: str, log: Log) -> int:
        """Version of the stream's last event."""
        if stream not in self._versions:
            self._versions[stream] = log.version(stream)
        return self._versions[stream]

    def days(self, family: Family, log: Log) -> LoadDay:
        """Reader of one day's landed rows of `family`."""

        def load(day: int) -> list[Rows]:
            touching = [s.position for s in self.spans[family.name] if s.first_day <= day <= s.last_day]
            return [rows_of(family, batch.decode(log.at(p).state, family.stored)) for p in touching]

        return load

    def fresh_refusals(self, refusals: list[Refusal]) -> list[Refusal]:
        """Refusals from sources without offsets that are not in quarantine yet."""
        return [r for r in refusals if identity(r) not in self.refused]

    def recall(self, event: LogEvent) -> None:
        """Take an event that names entities or holds refusals (all that a saved memory leaves out)."""
        take_names(self.entities, event)
        if event.tag == QUARANTINE:
            self._note(event, event.position)

    def _apply(self, event: LogEvent) -> None:
        if event.tag != BATCH:
            return self.recall(event)
        family = FAMILIES[batch.header_of(event.state).family]
        self.beliefs[family.name].accept(rows_of(family, batch.decode(event.state, family.stored)))
        self._note(event, event.position)

    def _note(self, event: NewEvent | LogEvent, position: int) -> None:
        header = batch.header_of(event.state)
        if event.tag == BATCH and header.min_time is not None and header.max_time is not None:
            days = Span(position, header.min_time // DAY_US, header.max_time // DAY_US)
            self.spans[header.family].append(days)
        elif event.tag == QUARANTINE:
            self.allowance.note(header.source, header.recorded_at, len(event.state))
            if header.last_offset < 0:
                self.refused |= {identity(refusal) for refusal in refusals_of(event.state)}


def identity(refusal: Refusal) -> bytes:
    """Identity of a refusal from a source that keeps no offsets: format and bytes."""
    return hashlib.blake2b(bytes.fromhex(refusal.digest), digest_size=16, person=refusal.format.encode()[:16]).digest()
