"""What a log says of its chain: where a reader stands, whether this is the log that was read, and seals behind it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from events.errors import CorruptEventError
from events.sealing.chain import BEGINNING, Mark
from events.sealing.store import SealStore

if TYPE_CHECKING:
    from events.log import LogEvent


class SealedLog(ABC):
    """The part of `events.log.Log` that marks, seals and recognises its chain."""

    _location: str
    seal_store: SealStore

    @abstractmethod
    def recorded(
        self, after: int = 0, *, upto: int | None = None, tags: Sequence[str] = (), page: int = ...
    ) -> Iterator[LogEvent]:
        """Events after position `after` up to `upto`, in order, as they were chained."""

    @abstractmethod
    def _store(self) -> AbstractContextManager[object]: ...

    def bears(self, mark: Mark) -> bool:
        """Whether the event at `mark` is still the one that was taken there: one event is read."""
        if mark.position == 0:
            return True
        return mark.follows(next(self.recorded(mark.position - 1, upto=mark.position, page=1), None))

    def holds(self, mark: Mark) -> bool:
        """Whether this log, all of it up to `mark`, is the one that was read: by the nearest seal and what follows."""
        if mark.position == 0:
            return True
        return self.bears(mark) and self.mark(upto=mark.position, since=self._sealed(mark.position)) == mark

    def mark(self, *, upto: int | None = None, since: Mark = BEGINNING) -> Mark:
        """Where a reader of everything up to `upto` stands, given the mark of a part of it."""
        found = since
        for event in self.recorded(since.position, upto=upto):
            found = found.after(event)
        return found

    def seal(self, mark: Mark) -> bool:
        """Seal the chain at `mark`, behind the head; False when the log's event there is another one.

        CorruptEventError when events before it are not the ones that were sealed.
        """
        if mark.position == 0:
            return True
        if not self.bears(mark):
            return False
        sealed = self._sealed(mark.position)
        if sealed.position == mark.position and sealed != mark:
            raise CorruptEventError(
                f"{self._location}: the events up to position {mark.position} are not the ones that were sealed; run "
                "`twin log verify`, and restore the log from a backup"
            )
        with self._store():
            self.seal_store.keep(mark)
        return True

    def _sealed(self, position: int) -> Mark:
        """The nearest seal at or before `position` that is this log's; others were left by a log that was put back."""
        while True:
            with self._store():
                found = self.seal_store.nearest(position)
            if self.bears(found):
                return found
            position = found.position - 1

    def seals(self, after: int = 0) -> list[Mark]:
        """Every seal behind `after`, in order."""
        with self._store():
            return list(self.seal_store.after(after))
