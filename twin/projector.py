"""Tail the log, fold, checkpoint: the current state of every projection, for a writer and for any number of readers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import polars as pl

from events import batch
from events.batch import BATCH
from events.entities import NAMING, dictionaries, take_names
from events.errors import LakeMovedError, LogReplacedError
from events.log import Log, LogEvent
from events.observations import FAMILIES, Family
from events.quarantine import QUARANTINE, RELEASED
from events.sealing.chain import Mark
from twin import checkpoint
from twin.checkpoint import Checkpoint
from twin.codec import tags
from twin.lake import Lake, last_change, open_lake
from twin.latest import in_order, landed_schema, whole
from twin.manifest import QUARTER_US, Manifest, read_manifest
from twin.place import Place
from twin.projecting_chunks import chunks, decoded
from twin.projecting_lock import exclusive
from twin.projection import Batch
from twin.projections import ledger as ledgers
from twin.projections.history import flush
from twin.projections.live import Live
from twin.projections.register import Register

logger = logging.getLogger(__name__)

T = TypeVar("T")

CHUNK_ROWS = 1_000_000
"""Rows folded at once: large enough for columnar work, small enough for memory."""

FLUSH_ROWS = 2_000_000
"""Rows kept in memory before they go to the lake."""


class Projector:
    """Live state, ledger and recent rows at `position`; the lake beneath. `catch_up` tails the log.

    `mark` is where the log's chain stands there. What is on disk and of another log than this one (a backup was put
    back, a server failed over to an older copy) is passed over and made anew; so is what is held here when the log is
    replaced beneath it.
    """

    def __init__(self, log: Log, directory: Path, *, city: Path | None = None) -> None:
        """`city`: where the city file lies that says what history is kept, if not in `directory`."""
        self._log = log
        self._place = Place(city or directory)
        self._checkpoints = directory / "checkpoints"
        self._lake_directory = directory / "lake"
        self.entities = dictionaries(self._log.vault)
        self.register = Register.empty()
        self.reload()

    def reload(self) -> None:
        """Start again from what is on disk."""
        saved = checkpoint.load(self._checkpoints)
        if not self._holds(saved.position, saved.mark, self._checkpoints):
            saved = checkpoint.empty_checkpoint()
        self._lake_changed = last_change(self._lake_directory)
        self.lake: Lake = self._own(open_lake(self._lake_directory))
        self.live, self.ledger, self._folded = saved.live, saved.ledger, saved.position
        self.clock = self._log.record_clock = saved.clock
        self._folded_mark = saved.mark
        self.pending: dict[str, list[pl.DataFrame]] = {name: [] for name in FAMILIES}
        self.position = min(self._folded, self.lake.position)
        self.mark = saved.mark if self._folded <= self.lake.position else self.lake.manifest.mark
        self.entities = dictionaries(self._log.vault)
        self.register = Register.empty()
        if self.position:
            self._remember(list(self._log.read(upto=self.position, tags=(*NAMING, *tags()))))

    def catch_up(self, *, write: bool = False, upto: int | None = None) -> int:
        """Fold what the log has gained (up to a position); `write` flushes as rows pile up. The new position.

        While one flush is written, what follows is folded. A log that is not the one that was folded so far, or that is
        replaced in the midst, is folded from its beginning.
        """
        try:
            if self._log.bears(self.mark):
                return self._caught_up(upto, write=write)
        except LogReplacedError as error:
            logger.warning("%s", error)
        logger.warning("%s: the log was replaced by another one; what was built from it is made anew", self._place.file)
        self.reload()
        return self._caught_up(upto, write=write)

    def _caught_up(self, upto: int | None, *, write: bool) -> int:
        head = self._log.head() if upto is None else upto
        with ThreadPoolExecutor(1) as pool:
            saving: Future[bool] | None = None
            for events, batches in decoded(self._log, chunks(self._log, self.position, head, rows=CHUNK_ROWS)):
                self._fold(events, batches)
                if write and sum(f.height for frames in self.pending.values() for f in frames) >= FLUSH_ROWS:
                    if saving is not None:
                        saving.result()
                    saving = pool.submit(self._keep, self._taken())
            if saving is not None:
                saving.result()
        self._let_go()
        self.position = max(self.position, head)
        return self.position

    def refresh_lake(self) -> None:
        """Take a newer lake that a writer has made, and let go of the rows it covers."""
        lake = self._newer_lake(self.position)
        if lake is not None:
            self.lake = lake
            self._let_go()

    def save(self) -> bool:
        """Flush and checkpoint at the present position.

        False when another process is doing that, or is further on, or when it cannot be written (that is said).
        """
        kept = self._keep(self._taken())
        self._let_go()
        return kept

    def _taken(self) -> _Taken:
        """The state at this position, and the rows that the lake lacks, which are not pending any more."""
        rows, self.pending = self.pending, {name: [] for name in FAMILIES}
        names = {name: entities.names() for name, entities in self.entities.items()}
        position, mark = (self.position, self.mark) if self.position >= self._folded else self._state_at()
        state = Checkpoint(position, self.live, self.ledger, mark, self.clock)
        return _Taken(self.position, self.mark, state, rows, names)

    def _state_at(self) -> tuple[int, Mark]:
        """Where live state and ledger stand while the lake beneath is made anew."""
        return self._folded, self._folded_mark

    def _keep(self, taken: _Taken) -> bool:
        """Flush and checkpoint what was taken; where that cannot be, its rows are pending again."""
        kept = False
        try:
            with exclusive(self._checkpoints / "lock") as mine:
                if mine and self._on_disk().position <= taken.position and self._log.seal(taken.mark):
                    self._flush(taken)
                    kept = True
        except OSError as error:
            logger.warning(
                "%s: lake and checkpoint cannot be written (%s); nothing is lost, the log has all rows: free some disk "
                "space, or permit writing",
                self._lake_directory.parent,
                error.strerror or error,
            )
        finally:
            if not kept:
                for name, frames in taken.rows.items():
                    self.pending[name][:0] = frames
        return kept

    def _flush(self, taken: _Taken) -> None:
        lake = self._newer_lake(taken.position) or self.lake
        rows = {name: _after(lake, frames) for name, frames in taken.rows.items()}
        self.lake = flush(lake, rows, taken.position, self._retention(), taken.mark)
        self._lake_changed = last_change(self._lake_directory)
        for name, known in taken.names.items():
            if (self._lake_directory / name).exists():
                checkpoint.write_canonical(known, self._lake_directory / name / "entities.parquet")
        checkpoint.save(self._checkpoints, taken.state)

    def _newer_lake(self, position: int) -> Lake | None:
        """The lake as another writer has left it since, if it covers more than ours, and no more than `position`."""
        if (changed := last_change(self._lake_directory)) == self._lake_changed:
            return None
        lake = open_lake(self._lake_directory, self.lake.manifest)
        if lake.position > position or not self._holds(lake.position, lake.manifest.mark, self._lake_directory):
            return None
        self._lake_changed = changed
        return lake if lake.position >= self.lake.position else None

    def asked(self, question: Callable[[Lake], T]) -> T:
        """A question to the lake; where its files are gone since (a rebuild beside), to the one that stands there now.

        LakeMovedError where none stands there that covers as much: refresh, and ask again.
        """
        try:
            return question(self.lake)
        except LakeMovedError:
            lake = self._own(open_lake(self._lake_directory))  # may be further on: rows say their positions
            if lake.position < self.lake.position:
                raise
            return question(lake)

    def _on_disk(self) -> Manifest:
        """What the lake on disk says, nothing where it is of another log."""
        manifest = read_manifest(self._lake_directory)
        ours = self._holds(manifest.position, manifest.mark, self._lake_directory)
        return manifest if ours else Manifest()

    def _own(self, lake: Lake) -> Lake:
        """The lake, an empty one where it is of another log."""
        ours = self._holds(lake.position, lake.manifest.mark, self._lake_directory)
        return lake if ours else Lake(lake.directory, Manifest(retired=sorted(lake.manifest.files())))

    def _holds(self, position: int, mark: Mark, what: Path) -> bool:
        """Whether something derived that stands at `position` is of this log."""
        if position == 0 or (mark.position > 0 and self._log.holds(mark)):
            return True
        logger.warning(
            "%s covers position %d of another log than the one here (head %d): a backup was put back, or events are "
            "missing at its end; it is made anew from the log: twin rebuild, then twin log verify",
            what, position, self._log.head(),
        )  # fmt: skip
        return False

    def _let_go(self) -> None:
        """Rows that the lake covers are not pending."""
        self.pending = {name: _after(self.lake, frames) for name, frames in self.pending.items()}

    def history(self, family: Family) -> Iterator[tuple[int, pl.DataFrame]]:
        """Quarters that are kept, by number, and their rows in the total order; those not in the lake yet with them."""
        recent = pl.concat([pl.DataFrame(schema=landed_schema(family)), *self.pending[family.name]])
        quarter = pl.Series(whole(recent, "time") // QUARTER_US)
        numbers = sorted({q.number for q in self.lake.quarters(family) if q.parts} | set(quarter.to_list()))
        days = self._retention().get(family.name)
        first = numbers[-1] - 4 * days if numbers and days is not None else 0
        for number in (n for n in numbers if n >= first):
            yield number, in_order([self.lake.quarter_rows(family, number), recent.filter(quarter == number)])

    def _retention(self) -> Mapping[str, int]:
        """Days of history kept, by family."""
        return self._place.read().retention_days if self._place.file.exists() else {}

    def _fold(self, events: list[LogEvent], batches: list[Batch]) -> None:
        for one in batches:
            if one.position > self.lake.position:
                self.pending[one.family.name].append(one.rows)
        headers = [
            (event.tag, batch.header_of(event.state) if event.tag in (BATCH, QUARANTINE, RELEASED) else None)
            for event in events
            if event.position > self._folded
        ]
        self._remember(events)
        self.live = Live().fold(self.live, [b for b in batches if b.position > self._folded])
        self.ledger = ledgers.fold(self.ledger, headers)
        self.clock = self.clock.fold(e for e in events if e.position > self._folded)
        self._log.record_clock = self.clock
        self.position = events[-1].position
        for event in events:
            self.mark = self.mark.after(event)
        if self.position >= self._folded:
            self._folded, self._folded_mark = self.position, self.mark

    def _remember(self, events: list[LogEvent]) -> None:
        """Take names of entities, and domain events into the register."""
        for event in events:
            take_names(self.entities, event)
        told = [e for e in events if e.tag in tags()]
        self.register = self.register.fold(told) if told else self.register


@dataclass(frozen=True)
class _Taken:
    """What one flush writes: rows up to a position by family, the names of the entities, and the state.

    The state may be further on than the rows, while a lake that was lost or of another layout is made anew: it says its
    own position, or what follows would be counted twice after a restart.
    """

    position: int
    mark: Mark
    state: Checkpoint
    rows: dict[str, list[pl.DataFrame]]
    names: dict[str, pl.DataFrame]


def _after(lake: Lake, frames: Iterable[pl.DataFrame]) -> list[pl.DataFrame]:
    """Batches that a lake does not cover."""
    return [f for f in frames if f.height and f["position"][0] > lake.position]
