"""Records from Kafka: the source over either client, and the sink.

The log knows how far each partition was read (design section 4), so the source takes its partitions itself and seeks
behind the tracked offset; broker-side committed offsets play no part. Two ingesters on one partition are fenced by the
log: the second append of the same offsets conflicts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from events.clock import now
from events.errors import BrokerUnavailableError, OffsetGapError, TwinError, UnreadableError
from events.feeds.registry import BUILT_IN, Registry
from events.ids import SourceId
from events.kafka.aside import Aside, guilty
from events.kafka.identity import Identities
from events.kafka.port import EVERYTHING, Client, Fetched, Partition, Share, Topic, source_id, uncollected
from events.kafka.records import gap_poll, holes, poll_of
from events.kafka.security import LOOPBACK, Security
from events.kafka.sink import KafkaSink
from events.kafka.transactions import Transactions
from events.source import Poll

__all__ = ["Adapter", "KafkaSink", "KafkaSource", "Security", "Share"]

logger = logging.getLogger(__name__)

DISCOVERY_S = 10.0
"""How often new topics and partitions are looked for."""


class Adapter(StrEnum):
    """The client library: `python` is always there, `confluent` is faster and comes with the extra `fast`."""

    PYTHON = "python"
    CONFLUENT = "confluent"


class KafkaSource:
    """Records of every declared format's topic, behind what `tracked` says was landed."""

    def __init__(
        self,
        servers: str,
        tracked: Callable[[SourceId], int | None],
        *,
        topics: Iterable[str] | None = None,
        adapter: Adapter = Adapter.PYTHON,
        security: Security = LOOPBACK,
        share: Share = EVERYTHING,
        settings: Mapping[str, Any] | None = None,
        clock: Callable[[], datetime] = now,
        registry: Registry = BUILT_IN,
    ) -> None:
        """`settings` are the client library's own words, over ours; `registry` holds declared formats, too."""
        self._tracked, self._share, self._clock, self._registry = tracked, share, clock, registry
        self._wanted = frozenset(topics or registry.by_topic)
        self._topics: Mapping[str, Topic] = {}
        self._next: dict[Partition, int] = {}
        self._origin: dict[SourceId, int] = {}
        self._gaps: list[Poll] = []
        self._identities = Identities()
        self._is_lost = True
        self._looked = 0.0
        self._transactions = Transactions(servers, security)
        self._open = partial(client, servers, adapter, security, settings)
        self._client = self._open()
        self._aside = Aside(lambda: clock().timestamp())
        try:
            self.discover()
        except BaseException:
            self.close()
            raise

    def discover(self) -> None:
        """Take the partitions that are there; new ones, and of topics made anew, start behind what was landed."""
        self._looked = self._clock().timestamp()
        topics = self._client.topics(self._wanted)
        self._aside.forget_all_but({_named(p, topics) for p in _partitions(topics)})
        mine = {p for p in _partitions(topics) if self._share.has(p) and not self._aside.has(_named(p, topics))}
        held = set() if self._is_lost else mine & self._next.keys()
        known = {p for p in held if self._topics[p.topic].id == topics[p.topic].id}
        self._is_lost |= known != mine or known != self._next.keys()
        self._topics, self._next = topics, {p: self._next[p] for p in known}
        if self._is_lost:
            self._take(mine, known)

    def poll(self, timeout_s: float) -> list[Poll]:
        """The next records by partition; an empty list when nothing came in time (or the broker is away).

        After an error the next poll begins behind what was landed: the client may have passed over records.
        """
        since_s = self._clock().timestamp() - self._looked
        if self._is_lost or not 0 <= since_s <= DISCOVERY_S:  # below 0 when somebody put the clock back
            try:
                self.discover()
            except BrokerUnavailableError:
                if self._is_lost:
                    raise
                return []
        gaps, self._gaps = self._gaps, []
        try:
            with uncollected():
                return gaps + [self._poll(fetched) for fetched in self._client.poll(timeout_s)]
        except UnreadableError as error:
            self._set_aside(error)
            return gaps
        except OffsetGapError:  # expired between two polls: where the topic begins now tells how much
            self._is_lost = True
            return gaps
        except TwinError:
            self._is_lost = True
            raise

    def rewind(self) -> None:
        """Go back behind what the log has: after a conflict, or when the log could not be written.

        When the broker does not answer now, the next poll goes back before it reads.
        """
        self._gaps, self._is_lost = [], True
        self.discover()

    def lag(self) -> int:
        """Records that are on the broker and not polled yet; BrokerUnavailableError when nobody answers.

        Those of partitions that cannot be read do not count: see `unread`.
        """
        unread = self.unread()
        return sum(lag for source, lag in self.lags().items() if source not in unread)

    def lags(self) -> dict[SourceId, int]:
        """Records not polled yet, partition by partition."""
        if self._is_lost:
            self.discover()
        aside = {p: offset for p, offset in self._aside.places().values() if p not in self._next}
        at, reach = {**self._client.positions(), **aside}, self._client.reach({**self._next, **aside})
        return {self._source(p): max(0, end - at.get(p, first)) for p, (first, end) in reach.items()}

    def unread(self) -> dict[SourceId, str]:
        """Partitions that stand still because the client library cannot read on, and why."""
        return self._aside.told()

    def close(self) -> None:
        """Leave the broker."""
        self._client.close()

    def _poll(self, fetched: Fetched) -> Poll:
        partition = fetched.partition
        self._aside.read(self._source(partition))
        compacted = self._topics[partition.topic].compacted
        lost = self._lost(partition, holes(fetched.offsets, self._next[partition])) if compacted else []
        self._next[partition] = fetched.offsets[-1] + 1
        poll = poll_of(self._source(partition), fetched, lost, self._registry, compacted=compacted)
        clashes = self._identities.clashes(fetched)
        return replace(poll, unreadable=[*poll.unreadable, *clashes]) if clashes else poll

    def _lost(self, partition: Partition, missing: list[range]) -> list[range]:
        """Of the offsets that are missing those that no transaction accounts for."""
        return self._transactions.unexplained(partition, missing) if missing else []

    def _set_aside(self, error: UnreadableError) -> None:
        """Go on without the partitions that the client library cannot read; it is begun anew, for it may be broken."""
        self._is_lost = True
        found = guilty(self._fresh_client, self._next)
        for partition, why in found.items():
            self._aside.put(self._source(partition), partition, self._next[partition], why)
        if not found:
            logger.warning("%s; it could be read at the second try", error)

    def _fresh_client(self) -> Client:
        self._client.close()
        self._client = self._open()
        return self._client

    def _take(self, mine: set[Partition], known: set[Partition]) -> None:
        """Hold `mine`: those that are `known` go on where they are, the others behind what was landed."""
        fresh = sorted(mine - known)
        reach = self._client.reach(fresh) if fresh else {}
        starts = {p: self._next[p] for p in known}
        for partition in fresh:
            starts[partition] = self._start(partition, *reach[partition])
        self._client.assign(starts)
        self._next, self._is_lost = starts, False

    def _start(self, partition: Partition, first: int, end: int) -> int:
        source = self._source(partition)
        landed = self._tracked(source)
        origin = self._origin.setdefault(source, first)  # what expired before we ever looked is nobody's loss
        start = origin if landed is None else landed + 1
        if start > end:
            raise OffsetGapError(
                f"{source}: the log has offset {landed}, but the partition ends at {end}: the broker "
                "has lost records that were landed; publish from here on under a new topic name"
            )
        if start < first:
            self._gaps.append(gap_poll(source, range(start, first)))
        return max(start, first)

    def _source(self, partition: Partition) -> SourceId:
        return _named(partition, self._topics)


def client(servers: str, adapter: Adapter, security: Security, settings: Mapping[str, Any] | None = None) -> Client:
    """A consumer made of the named library; MissingExtraError when it is not installed."""
    match adapter:
        case Adapter.PYTHON:
            from events.kafka.kafka_python import PythonClient

            return PythonClient(servers, security, settings)
        case Adapter.CONFLUENT:
            from events.kafka.confluent import FastClient

            return FastClient(servers, security, settings)


def _partitions(topics: Mapping[str, Topic]) -> Iterable[Partition]:
    return (Partition(name, number) for name, topic in topics.items() for number in range(topic.partitions))


def _named(partition: Partition, topics: Mapping[str, Topic]) -> SourceId:
    return source_id(partition, topics[partition.topic].id)
