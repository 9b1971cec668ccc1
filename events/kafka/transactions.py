"""Offsets that hold no record because a transaction took them: its marker, and records that it took back.

A consumer that reads what is committed never sees them, and neither client library tells of them: in a compacted topic
they look like records that are gone. Asked through kafka-python, whichever library reads.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka import errors as vendor

from events.kafka.kafka_python import PATIENCE, arguments
from events.kafka.port import FETCH_BYTES, Partition
from events.kafka.security import LOOPBACK, Security

READ_S = 10.0
"""How long what was taken back is read for; what is not found by then counts as gone."""

logger = logging.getLogger(__name__)


class Transactions:
    """What is known of the transactions in a broker's partitions."""

    def __init__(self, servers: str, security: Security = LOOPBACK) -> None:
        self._settings = {"bootstrap_servers": servers} | PATIENCE | arguments(security)
        self._transactional: set[Partition] = set()

    def unexplained(self, partition: Partition, missing: Sequence[range]) -> list[range]:
        """Of offsets that a committed reader missed those that held a record which is gone.

        All of them where the broker does not tell: a loss that is none is better than one that is not told.
        """
        try:
            if not self._has_transactions(partition):
                return list(missing)
            longer = [one for one in missing if len(one) > 1]  # a single offset between records is a marker
            there = self._taken_back(partition, longer) if longer else set()
        except (vendor.KafkaError, OSError) as error:
            logger.info("%s: the broker does not tell of transactions (%s)", partition, error)
            return list(missing)
        return [part for one in longer for part in _without(one, there) if len(part) > 1]

    def _has_transactions(self, partition: Partition) -> bool:
        """Whether a transaction was ever ended in it, as far as the broker remembers its producers."""
        if partition not in self._transactional:
            admin = KafkaAdminClient(**self._settings)
            try:
                told = admin.describe_producers([TopicPartition(*partition)])
            finally:
                admin.close()
            states = [producer for state in told.values() for producer in state.active_producers]
            if any(producer.coordinator_epoch >= 0 for producer in states):
                self._transactional.add(partition)
        return partition in self._transactional

    def _taken_back(self, partition: Partition, missing: Sequence[range]) -> set[int]:
        """Offsets among `missing` that a reader of everything finds."""
        where, found = TopicPartition(*partition), set[int]()
        consumer = KafkaConsumer(
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_uncommitted",
            max_partition_fetch_bytes=FETCH_BYTES,
            **self._settings,
        )
        try:
            consumer.assign([where])
            for one in missing:
                consumer.seek(where, one.start)
                ends = time.monotonic() + READ_S
                while consumer.position(where) < one.stop and time.monotonic() < ends:
                    found.update(r.offset for some in consumer.poll(500).values() for r in some if r.offset in one)
        finally:
            consumer.close(autocommit=False)
        return found


def _without(offsets: range, there: set[int]) -> list[range]:
    """Runs of `offsets` that are not `there`.

    >>> _without(range(3, 9), {4, 5})
    [range(3, 4), range(6, 9)]
    """
    runs: list[range] = []
    for offset in offsets:
        if offset in there:
            continue
        if runs and runs[-1].stop == offset:
            runs[-1] = range(runs[-1].start, offset + 1)
        else:
            runs.append(range(offset, offset + 1))
    return runs
