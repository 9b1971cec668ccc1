"""Kafka source and sink: the only door to kafka-python.

The log knows how far each partition was read (design section 4), so the source takes its partitions itself and seeks
behind the tracked offset; broker-side committed offsets play no part. Two ingesters on one partition are fenced by the
log: the second append of the same offsets conflicts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka import errors as vendor

from events.clock import now
from events.envelope import is_structured, unwrap_structured, wrap
from events.errors import BrokerUnavailableError, OffsetGapError, PayloadError, SourceError
from events.feeds.decoded import Format, Payload
from events.feeds.registry import FORMATS, format_of
from events.ids import SourceId
from events.quarantine import Refusal
from events.source import Poll

POLL_RECORDS = 20_000
FETCH_BYTES = 16 * 1024 * 1024
MESSAGE_BYTES = 16 * 1024 * 1024
DISCOVERY_S = 10.0
"""How often new topics and partitions are looked for."""

PATIENCE: dict[str, Any] = {"bootstrap_timeout_ms": 10_000}
"""How long a broker that does not answer is waited for at the start."""

_SENML_NAME = re.compile(rb'"b?n"\s*:\s*"([^"]*)"')


class KafkaSource:
    """Records of every declared format's topic, behind what `tracked` says was landed."""

    def __init__(
        self,
        servers: str,
        tracked: Callable[[SourceId], int | None],
        *,
        topics: Iterable[str] | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self._tracked = tracked
        self._topics = set(topics or (form.topic for form in FORMATS.values()))
        self._ids: dict[str, str] = {}
        self._gaps: list[Poll] = []
        self._looked = 0.0
        with _vendor_errors(servers):
            self._consumer = KafkaConsumer(
                bootstrap_servers=servers,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_poll_records=POLL_RECORDS,
                max_partition_fetch_bytes=FETCH_BYTES,
                fetch_max_bytes=4 * FETCH_BYTES,
                fetch_max_wait_ms=100,
                allow_auto_create_topics=False,
                metadata_max_age_ms=10_000,
                **(PATIENCE | dict(settings or {})),
            )
            self._admin = KafkaAdminClient(bootstrap_servers=servers, **(PATIENCE | dict(settings or {})))
        self._servers = servers
        try:
            self.discover()
        except BaseException:
            self.close()
            raise

    def discover(self) -> None:
        """Take the partitions that are there; new ones, and of topics made anew, start behind what was landed."""
        self._looked = now().timestamp()
        with _vendor_errors(self._servers):
            there = sorted(set(self._admin.list_topics()) & self._topics)
            described = self._admin.describe_topics(there) if there else []
            ids = {t["name"]: str(t["topic_id"]) for t in described}
            found = {TopicPartition(t["name"], p["partition_index"]) for t in described for p in t["partitions"]}
            held = self._consumer.assignment()
            fresh = {p for p in found if p not in held or self._ids[p.topic] != ids[p.topic]}
            self._ids = ids
            if found != held:
                self._consumer.assign(sorted(found))
            if fresh:
                self._seek(sorted(fresh))

    def poll(self, timeout_s: float) -> list[Poll]:
        """The next records by partition; an empty list when nothing came in time (or the broker is away)."""
        if now().timestamp() - self._looked > DISCOVERY_S:
            try:
                self.discover()
            except BrokerUnavailableError:
                return []
        gaps, self._gaps = self._gaps, []
        with _vendor_errors(self._servers):
            found = self._consumer.poll(timeout_ms=int(timeout_s * 1000))
        return gaps + [_poll(self._source(p), p.topic, records) for p, records in found.items()]

    def rewind(self) -> None:
        """Go back behind what the log has: after a conflict, or when the log could not be written."""
        with _vendor_errors(self._servers):
            self._seek(sorted(self._consumer.assignment()))

    def lag(self) -> int:
        """Records that are on the broker and not polled yet; BrokerUnavailableError when nobody answers."""
        return sum(self.lags().values())

    def lags(self) -> dict[SourceId, int]:
        """As `lag`, partition by partition."""
        with _vendor_errors(self._servers):
            partitions = self._consumer.assignment()
            ends = self._consumer.end_offsets(list(partitions)) if partitions else {}
            return {self._source(p): max(0, end - self._consumer.position(p)) for p, end in ends.items()}

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close(autocommit=False)
        self._admin.close()

    def _source(self, partition: TopicPartition) -> SourceId:
        return source_id(partition.topic, partition.partition, self._ids[partition.topic])

    def _seek(self, partitions: Sequence[TopicPartition]) -> None:
        first, end = self._consumer.beginning_offsets(partitions), self._consumer.end_offsets(partitions)
        for partition in partitions:
            source = self._source(partition)
            landed = self._tracked(source)
            start = first[partition] if landed is None else landed + 1
            if start > end[partition]:
                raise OffsetGapError(
                    f"{source}: the log has offset {landed}, but the partition ends at {end[partition]}: the broker "
                    "has lost records that were landed; publish from here on under a new topic name"
                )
            if start < first[partition]:
                self._gaps.append(_gap(source, start, first[partition]))
                start = first[partition]
            self._consumer.seek(partition, start)


class KafkaSink:
    """Publishes documents on their formats' topics, made when absent."""

    def __init__(
        self, servers: str, *, partitions: int = 1, replicas: int = 1, settings: Mapping[str, Any] | None = None
    ) -> None:
        self._servers, self._partitions, self._replicas = servers, partitions, replicas
        self._settings = dict(settings or {})
        self._made: set[str] = set()
        with _vendor_errors(servers):
            self._producer = KafkaProducer(
                bootstrap_servers=servers,
                compression_type="gzip",
                linger_ms=20,
                batch_size=256 * 1024,
                max_request_size=MESSAGE_BYTES,
                **(PATIENCE | self._settings),
            )

    def publish(self, form: Format, document: bytes, *, topic: str | None = None, source: str | None = None) -> int:
        """Send a document (in slices when its format has them) on `topic`, else its format's; the number of messages.

        `source` is the CloudEvents source, a URI reference without secrets.
        """
        topic = topic or form.topic
        self._make(topic)
        messages = [
            wrap(form, part, key=partition_key(form, part), recorded_at=now(), source=source)
            for part in form.split(document)
        ]
        with _vendor_errors(self._servers):
            sent = [self._producer.send(topic, value=m.value, key=m.key, headers=m.headers) for m in messages]
            self._producer.flush()
            for one in sent:
                one.get(timeout=60)
        return len(messages)

    def close(self) -> None:
        """Leave the broker."""
        self._producer.close()

    def _make(self, topic: str) -> None:
        if topic in self._made:
            return
        with _vendor_errors(self._servers):
            admin = KafkaAdminClient(bootstrap_servers=self._servers, **self._settings)
            try:
                if topic not in admin.list_topics():
                    make_topic(admin, topic, self._partitions, self._replicas)
            finally:
                admin.close()
        self._made.add(topic)


def make_topic(admin: Any, topic: str, partitions: int, replicas: int) -> None:
    """Create a topic; one that another process made meanwhile is as good."""
    try:
        admin.create_topics(
            {topic: {"num_partitions": partitions, "replication_factor": replicas}}, wait_for_metadata=True
        )
    except vendor.TopicAlreadyExistsError:
        return


def partition_key(form: Format, data: bytes) -> str:
    """What keeps related messages in order: the first name in a SenML pack, else the format itself."""
    named = _SENML_NAME.search(data, 0, 4096) if form.name == "senml" else None
    return named[1].decode(errors="replace") if named else form.name


def source_id(topic: str, partition: int, topic_id: str) -> SourceId:
    """The log's name of a partition: a topic made anew, or of another cluster, has another id: another source."""
    return SourceId(f"kafka:{topic}:{partition}:{topic_id[:8]}")


def _poll(source: SourceId, topic: str, records: Sequence[Any]) -> Poll:
    payloads: dict[Format, list[Payload]] = {}
    offsets: dict[Format, list[int]] = {}
    refused: list[Refusal] = []
    for record in records:
        try:
            for form, data in _contents(topic, record):
                payloads.setdefault(form, []).append(Payload(data, datetime.fromtimestamp(record.timestamp / 1e3, UTC)))
                offsets.setdefault(form, []).append(record.offset)
        except PayloadError as error:
            refused.append(Refusal(record.offset, "", str(error), record.value or b""))
    return Poll(source, records[0].offset, records[-1].offset, payloads, offsets, refused)


def _contents(topic: str, record: Any) -> Iterator[tuple[Format, bytes]]:
    headers = dict(record.headers)
    ce_type = headers.get("ce_type", b"").decode(errors="replace")
    content_type = headers.get("content-type", b"").decode(errors="replace")
    if record.value is None:
        raise PayloadError(f"topic {topic}: an empty message (no value)")
    if not is_structured(content_type):
        yield _form(topic, ce_type, content_type), record.value
        return
    for content in unwrap_structured(content_type, record.value):
        yield _form(topic, content.ce_type, content.content_type), content.data


def _form(topic: str, ce_type: str, content_type: str) -> Format:
    form = format_of(topic, ce_type, content_type)
    if form is None:
        raise PayloadError(f"topic {topic}: no format for CloudEvents type {ce_type!r}, content type {content_type!r}")
    return form


def _gap(source: SourceId, start: int, first: int) -> Poll:
    reason = f"offsets {start} to {first - 1} are gone from the topic (expired or deleted before they were read)"
    return Poll(source, start, first - 1, {}, {}, [Refusal(start, "kafka", reason, b"")])


@contextmanager
def _vendor_errors(servers: str) -> Iterator[None]:
    try:
        yield
    except (vendor.KafkaTimeoutError, vendor.KafkaConnectionError, vendor.BrokerNotAvailableError, OSError) as error:
        raise BrokerUnavailableError(f"{servers}: no Kafka broker answers ({error}); start one: make kafka") from error
    except vendor.KafkaError as error:
        raise SourceError(f"{servers}: Kafka refused: {error}") from error
