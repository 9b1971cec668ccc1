"""The port through which the ingester's loop is watched: what landed, how far behind it is, what is away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from events.errors import TwinError
from events.ids import SourceId
from events.ingest import Landed
from events.source import Poll


class Watch(Protocol):
    """Whoever looks on. Methods are called on the loop's own thread and must be quick."""

    def landed(self, poll: Poll, landed: Landed, seconds: float) -> None:
        """A poll landed; settling and appending it took `seconds`."""

    def turned(self, waiting: int) -> None:
        """The loop went round once; `waiting` further polls are decoded and wait for the log."""

    def looked(self, lags: Mapping[SourceId, int]) -> None:
        """The log answered, and the broker told how many records of each partition were not polled yet."""

    def unread(self, sources: Mapping[SourceId, str]) -> None:
        """Partitions that the client library cannot read on, and why; none: all are read."""

    def away(self, error: TwinError) -> None:
        """The broker or the log did not answer, or another ingester was first: the loop tries again."""


class Unwatched:
    """Nobody looks on."""

    def landed(self, poll: Poll, landed: Landed, seconds: float) -> None:
        """Nothing."""

    def turned(self, waiting: int) -> None:
        """Nothing."""

    def looked(self, lags: Mapping[SourceId, int]) -> None:
        """Nothing."""

    def unread(self, sources: Mapping[SourceId, str]) -> None:
        """Nothing."""

    def away(self, error: TwinError) -> None:
        """Nothing."""


class Watches:
    """Several who look on."""

    def __init__(self, *watches: Watch) -> None:
        self._watches = watches

    def landed(self, poll: Poll, landed: Landed, seconds: float) -> None:
        """Tell each."""
        for one in self._watches:
            one.landed(poll, landed, seconds)

    def turned(self, waiting: int) -> None:
        """Tell each."""
        for one in self._watches:
            one.turned(waiting)

    def looked(self, lags: Mapping[SourceId, int]) -> None:
        """Tell each."""
        for one in self._watches:
            one.looked(lags)

    def unread(self, sources: Mapping[SourceId, str]) -> None:
        """Tell each."""
        for one in self._watches:
            one.unread(sources)

    def away(self, error: TwinError) -> None:
        """Tell each."""
        for one in self._watches:
            one.away(error)
