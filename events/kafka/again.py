"""Records read once more at known offsets: what a flood left with Kafka and the log only counted."""

from __future__ import annotations

import time

from events.errors import SourceError
from events.feeds.registry import BUILT_IN, Registry
from events.ids import SourceId
from events.kafka.port import Client, Fetched, Partition
from events.kafka.records import poll_of
from events.source import Poll

PATIENCE_S = 30.0
"""How long nothing may come before it is given up."""


def read_again(client: Client, source: SourceId, first: int, last: int, registry: Registry = BUILT_IN) -> list[Poll]:
    """The records of `source` (`kafka:topic:partition:id`) from offset `first` to `last`.

    SourceError when the source is none of this broker's, or some of its records are gone.
    """
    partition, compacted = _partition(client, source)
    low, end = client.reach([partition])[partition]
    if first < low or last >= end:
        raise SourceError(f"{source}: offsets {first} to {last} are gone, the topic has {low} to {end - 1}")
    client.assign({partition: first})
    polls: list[Poll] = []
    given_up = time.monotonic() + PATIENCE_S
    while client.positions()[partition] <= last:
        found = [_upto(fetched, last) for fetched in client.poll(0.5)]
        polls += [
            poll_of(source, fetched, registry=registry, compacted=compacted) for fetched in found if fetched.offsets
        ]
        given_up = time.monotonic() + PATIENCE_S if found else given_up
        if time.monotonic() > given_up:
            raise SourceError(f"{source}: offsets {first} to {last}: nothing came within {PATIENCE_S:.0f} s; try again")
    return polls


def _partition(client: Client, source: SourceId) -> tuple[Partition, bool]:
    """The partition, and whether its topic is compacted."""
    kind, *names = source.split(":")
    if kind != "kafka" or len(names) != 3 or not names[1].isdecimal():
        raise SourceError(f"{source}: no partition of a broker; bring its documents again")
    topic, number, topic_id = names
    found = client.topics([topic]).get(topic)
    if found is None or not found.id.startswith(topic_id) or int(number) >= found.partitions:
        raise SourceError(f"{source}: this broker has no such partition, or the topic was made anew")
    return Partition(topic, int(number)), found.compacted


def _upto(fetched: Fetched, last: int) -> Fetched:
    """Without what lies behind offset `last`."""
    count = sum(offset <= last for offset in fetched.offsets)
    return Fetched(
        fetched.partition,
        fetched.offsets[:count],
        fetched.times_ms[:count],
        fetched.values[:count],
        fetched.headers[:count],
    )
