"""The confluent-kafka client (librdkafka): the same records, several times faster. Extra: `fast`."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from events.errors import (
    BrokerRefusedError,
    BrokerUnavailableError,
    MissingExtraError,
    OffsetGapError,
    SourceError,
    UnreadableError,
)
from events.kafka.port import FETCH_BYTES, POLL_RECORDS, Fetched, Partition, Topic
from events.kafka.security import LOOPBACK, Security
from events.kafka.tls import explained

try:
    import confluent_kafka as vendor
    from confluent_kafka import admin
    from confluent_kafka.admin import ConfigResource  # type: ignore[attr-defined]
except ImportError as error:
    raise MissingExtraError(
        "the Kafka adapter confluent needs the library confluent-kafka; install it: pip install 'taipei-twin[fast]'"
    ) from error

ANSWER_S = 10.0
"""How long a broker that does not answer is waited for."""

AT_ONCE = 500
"""Records taken from the library's queue before their size is looked at."""

_Errors = vendor.KafkaError
_DESTROY_BROKER = getattr(_Errors, "_DESTROY_BROKER", _Errors._DESTROY)  # librdkafka of 2026 tells them apart
_AWAY = (
    _DESTROY_BROKER, _Errors._SSL, _Errors._TRANSPORT, _Errors._ALL_BROKERS_DOWN, _Errors._RESOLVE, _Errors._DESTROY,
    _Errors._OUTDATED, _Errors._TIMED_OUT, _Errors._TIMED_OUT_QUEUE, _Errors._WAIT_CACHE, _Errors._WAIT_COORD,
    _Errors._UNKNOWN_PARTITION, _Errors._UNKNOWN_TOPIC, _Errors._UNKNOWN_BROKER, _Errors._RETRY,
    _Errors.LEADER_NOT_AVAILABLE, _Errors.NOT_LEADER_FOR_PARTITION, _Errors.BROKER_NOT_AVAILABLE,
    _Errors.REPLICA_NOT_AVAILABLE, _Errors.OFFSET_NOT_AVAILABLE, _Errors.UNKNOWN_TOPIC_OR_PART,
    _Errors.REQUEST_TIMED_OUT, _Errors.NETWORK_EXCEPTION, _Errors.KAFKA_STORAGE_ERROR,
    _Errors.FENCED_LEADER_EPOCH, _Errors.UNKNOWN_LEADER_EPOCH, _Errors.UNKNOWN_TOPIC_ID,
)  # fmt: skip
"""Passing states of a cluster whose brokers come and go; so is whatever the library calls retriable."""

_REFUSED = (
    _Errors._AUTHENTICATION, _Errors.SASL_AUTHENTICATION_FAILED, _Errors.TOPIC_AUTHORIZATION_FAILED,
    _Errors.CLUSTER_AUTHORIZATION_FAILED, _Errors.GROUP_AUTHORIZATION_FAILED, _Errors.UNSUPPORTED_SASL_MECHANISM,
)  # fmt: skip
_DAMAGED = (
    _Errors._BAD_MSG, _Errors._BAD_COMPRESSION, _Errors._NOT_IMPLEMENTED, _Errors._UNSUPPORTED_FEATURE,
    _Errors.INVALID_MSG, _Errors.INVALID_MSG_SIZE, _Errors.MSG_SIZE_TOO_LARGE,
)  # fmt: skip
_GONE = (_Errors._AUTO_OFFSET_RESET, _Errors.OFFSET_OUT_OF_RANGE)


class FastClient:
    """A `kafka_port.Client` over confluent-kafka."""

    def __init__(self, servers: str, security: Security = LOOPBACK, settings: Mapping[str, Any] | None = None) -> None:
        """`settings` are librdkafka's own, over ours."""
        self._servers, self._security = servers, security
        self._heard: list[vendor.KafkaError] = []
        self._failed: list[vendor.KafkaError] = []
        common: dict[str, Any] = {"bootstrap.servers": servers, "error_cb": self._heard.append, "log_level": 0}
        common |= arguments(security) | dict(settings or {})
        self._next: dict[Partition, int] = {}
        with self._vendor():
            self._admin = admin.AdminClient(common)
            self._consumer = vendor.Consumer(
                {
                    "group.id": "twin",  # the library wants one; nothing is committed to it
                    "enable.auto.commit": False,
                    "enable.auto.offset.store": False,
                    "enable.partition.eof": True,
                    "auto.offset.reset": "error",
                    "check.crcs": True,
                    "isolation.level": "read_committed",
                    "max.partition.fetch.bytes": FETCH_BYTES,
                    "fetch.max.bytes": 4 * FETCH_BYTES,
                    "queued.max.messages.kbytes": FETCH_BYTES // 1024,
                    "fetch.queue.backoff.ms": 5,  # a second by itself: it is how long a full queue stays unfilled
                    "fetch.wait.max.ms": 100,
                    "allow.auto.create.topics": False,
                    **common,
                }
            )

    def topics(self, wanted: Collection[str]) -> Mapping[str, Topic]:
        """Those of the wanted topics that are there, by name."""
        with self._vendor():
            names = sorted(self._admin.list_topics(timeout=ANSWER_S).topics.keys() & set(wanted))
            if not names:
                return {}
            asked = self._admin.describe_topics(vendor.TopicCollection(names), request_timeout=ANSWER_S)
            described = {name: future.result() for name, future in asked.items()}
            compacted = self._compacted(names)
        return {n: Topic(_hex(t.topic_id), len(t.partitions), n in compacted) for n, t in described.items()}

    def reach(self, partitions: Collection[Partition]) -> Mapping[Partition, tuple[int, int]]:
        """First offset that is there, and the one that the next record will get."""
        with self._vendor():
            return {p: self._watermarks(p) for p in partitions}

    def assign(self, starts: Mapping[Partition, int]) -> None:
        """Hold exactly these partitions, and go on reading at these offsets."""
        with self._vendor():
            self._consumer.assign([vendor.TopicPartition(*p, offset) for p, offset in sorted(starts.items())])
        self._next, self._failed = dict(starts), []

    def positions(self) -> Mapping[Partition, int]:
        """Offset that each partition held is read at next."""
        return dict(self._next)

    def poll(self, timeout_s: float) -> Sequence[Fetched]:
        """The next records, a column at a time."""
        with self._vendor():
            self._raise_failed()
            by_partition: dict[Any, list[vendor.Message]] = {}
            failed: dict[Any, vendor.KafkaError] = {}
            for message in self._some(timeout_s):
                where = message.topic(), message.partition()
                if where in failed:
                    continue  # the library goes on behind what it could not read; we do not
                if (error := message.error()) is None:
                    by_partition.setdefault(where, []).append(message)
                elif error.code() == _Errors._PARTITION_EOF:
                    self._next[_partition(message)] = _offset(message)
                else:
                    failed[where] = error
            self._failed = list(failed.values())
            if not by_partition:
                self._raise_failed()
        found = [_columns(Partition(*p), some) for p, some in by_partition.items()]
        for fetched in found:
            partition = fetched.partition
            self._next[partition] = max(self._next.get(partition, 0), fetched.offsets[-1] + 1)
        return found

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()

    def _some(self, timeout_s: float) -> list[vendor.Message]:
        """What is queued, and no more: `consume` alone waits its whole time out unless all records asked for came."""
        found = self._consumer.consume(1, timeout_s) if self._next else []
        if not found:
            self._consumer.poll(0) if self._next else time.sleep(timeout_s)
            self._raise_heard()
        size, is_more = 0, bool(found)
        while is_more and size < FETCH_BYTES and len(found) < POLL_RECORDS:
            more = self._consumer.consume(AT_ONCE, 0.02)
            found += more
            size += sum(map(len, more))
            is_more = len(more) == AT_ONCE
        return found

    def _raise_failed(self) -> None:
        """What a partition could not be read for: raised once the records before it are handed on."""
        failed, self._failed = self._failed, []
        if failed:
            raise vendor.KafkaException(failed[0])

    def _raise_heard(self) -> None:
        """What the library's own threads complained of since; being away for a moment is its own affair."""
        heard, self._heard[:] = list(self._heard), []
        for error in heard:
            if error.code() in _REFUSED:
                raise vendor.KafkaException(error)

    def _watermarks(self, partition: Partition) -> tuple[int, int]:
        found = self._consumer.get_watermark_offsets(vendor.TopicPartition(*partition), timeout=ANSWER_S)
        if found is None:
            raise vendor.KafkaException(vendor.KafkaError(_Errors._TIMED_OUT))
        return found

    def _compacted(self, names: Sequence[str]) -> set[str]:
        """Topics whose records may vanish one by one; all of them where we may not ask: a hole is told then, too."""
        asked = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in names]
        told = self._admin.describe_configs(asked, request_timeout=ANSWER_S)
        try:
            return {r.name for r, future in told.items() if "compact" in str(future.result()["cleanup.policy"].value)}
        except vendor.KafkaException as error:
            if error.args[0].code() not in _REFUSED:
                raise
            return set(names)

    @contextmanager
    def _vendor(self) -> Iterator[None]:
        """librdkafka's errors as ours."""
        try:
            yield
        except vendor.KafkaException as error:
            told = error.args[0]
            self._admin.poll(0)  # the reason of a time-out is told to `error_cb`, and only when it is asked for
            codes = {told.code(), *(heard.code() for heard in self._heard)}
            self._heard.clear()
            if codes & set(_REFUSED) or (codes & set(_AWAY) and explained(self._servers, self._security)):
                reason = explained(self._servers, self._security, told.str())
                raise BrokerRefusedError(f"{self._servers}: {reason}") from error
            if codes & set(_DAMAGED):
                raise UnreadableError(f"{self._servers}: confluent-kafka cannot read a batch ({told.str()})") from error
            if codes & set(_GONE):
                raise OffsetGapError(f"{self._servers}: an offset asked for is gone ({told.str()})") from error
            if codes & set(_AWAY) or told.retriable():
                raise BrokerUnavailableError(
                    f"{self._servers}: no Kafka broker answers ({told.str()}); {self._security.to_check}"
                ) from error
            raise SourceError(f"{self._servers}: Kafka refused: {told.str()}") from error


def arguments(security: Security) -> dict[str, Any]:
    """`security` in librdkafka's words."""
    told = {
        "security.protocol": security.protocol,
        "sasl.mechanism": security.mechanism,
        "sasl.username": security.username,
        "sasl.password": security.password,
        "ssl.ca.location": security.ca_file,
        "ssl.certificate.location": security.certificate_file,
        "ssl.key.location": security.key_file,
        "ssl.key.password": security.key_password,
        "ssl.endpoint.identification.algorithm": security.identification if security.is_tls else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _columns(partition: Partition, messages: Sequence[Any]) -> Fetched:
    return Fetched(
        partition,
        [m.offset() for m in messages],
        [m.timestamp()[1] for m in messages],
        [m.value() for m in messages],
        [m.headers() or () for m in messages],
    )


def _partition(message: vendor.Message) -> Partition:
    return Partition(str(message.topic()), int(message.partition() or 0))


def _offset(message: vendor.Message) -> int:
    return int(message.offset() or 0)


def _hex(topic_id: Any) -> str:
    """A topic id as kafka-python and the broker's tools spell a UUID, without dashes."""
    high, low = topic_id.get_most_significant_bits(), topic_id.get_least_significant_bits()
    return f"{high & (1 << 64) - 1:016x}{low & (1 << 64) - 1:016x}"
