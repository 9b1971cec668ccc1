"""Partitions that the client library cannot read on: set aside and told of, so that the others go on.

Nothing is passed over: such a partition stands where it is until its records can be read (a codec that is installed, a
replica that is mended) or are gone, and is tried again every TRIED_AGAIN_S.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from events.errors import UnreadableError
from events.ids import SourceId
from events.kafka.port import Client, Partition

TRIED_AGAIN_S = 300.0
PROBED_S = 10.0
"""How long a partition that has records is waited for when it is looked for the one that cannot be read."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Place:
    partition: Partition
    offset: int
    why: str
    until_s: float


class Aside:
    """The partitions that are set aside, each until it is time to try it again."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._places: dict[SourceId, _Place] = {}

    def put(self, source: SourceId, partition: Partition, offset: int, why: str) -> None:
        """Set a partition aside at `offset`, and say so."""
        words = f"cannot be read from offset {offset} on ({why}); the others go on, it is tried again"
        logger.error("%s: %s in %.0f s", source, words, TRIED_AGAIN_S, extra={"source": source, "offset": offset})
        self._places[source] = _Place(partition, offset, words, self._clock() + TRIED_AGAIN_S)

    def has(self, source: SourceId) -> bool:
        """Whether it is set aside, and not due to be tried again."""
        return source in self._places and 0 <= self._places[source].until_s - self._clock() <= TRIED_AGAIN_S

    def read(self, source: SourceId) -> None:
        """It could be read."""
        self._places.pop(source, None)

    def forget_all_but(self, there: Collection[SourceId]) -> None:
        """Partitions that are not there any more need not be read."""
        self._places = {source: place for source, place in self._places.items() if source in there}

    def told(self) -> dict[SourceId, str]:
        """Which are set aside, and why."""
        return {source: place.why for source, place in self._places.items()}

    def places(self) -> dict[SourceId, tuple[Partition, int]]:
        """Where they stand."""
        return {source: (place.partition, place.offset) for source, place in self._places.items()}


def guilty(fresh: Callable[[], Client], at: Mapping[Partition, int]) -> dict[Partition, str]:
    """Which of the partitions held cannot be read at their offsets, and why: each that has records is read alone.

    `fresh` gives a client that nothing has happened to yet.
    """
    found: dict[Partition, str] = {}
    client = fresh()
    waiting = {p for p, (_, end) in client.reach(at).items() if end > at[p]}
    for partition in sorted(waiting):
        client.assign({partition: at[partition]})
        try:
            client.poll(PROBED_S)
        except UnreadableError as error:
            found[partition] = str(error)
            client = fresh()
    return found
