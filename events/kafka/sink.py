"""Documents onto Kafka: as CloudEvents, on their formats' topics, made when absent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from kafka import KafkaAdminClient, KafkaProducer
from kafka import errors as vendor
from kafka.admin import ConfigResource, ConfigResourceType

from events.clock import now
from events.envelope import Message, wrap
from events.errors import RecordRefusedError
from events.feeds.decoded import Format
from events.kafka.kafka_python import PATIENCE, arguments, first_contact, vendor_errors
from events.kafka.port import MESSAGE_BYTES
from events.kafka.security import LOOPBACK, Security

_SENML_NAME = re.compile(rb'"b?n"\s*:\s*"([^"]*)"')


_ODD = (
    vendor.MessageSizeTooLargeError, vendor.RecordListTooLargeError, vendor.InvalidTimestampError,
    vendor.InvalidRecordError, vendor.PolicyViolationError,
)  # fmt: skip
"""What a broker refuses a message for that is the message's own fault."""


class KafkaSink:
    """Publishes documents on their formats' topics, made when absent."""

    def __init__(
        self,
        servers: str,
        *,
        partitions: int = 1,
        replicas: int = 1,
        security: Security = LOOPBACK,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """`partitions` and `replicas` are those of topics that have to be made; `settings` are kafka-python's own."""
        self._servers, self._partitions, self._replicas, self._security = servers, partitions, replicas, security
        self._settings = PATIENCE | arguments(security) | dict(settings or {})
        self._made: set[str] = set()
        self._producer = self._new_producer()

    def publish(self, form: Format, document: bytes, *, topic: str | None = None, source: str | None = None) -> int:
        """Send a document (in slices when its format has them) on `topic`, else its format's; the number of messages.

        `source` is the CloudEvents source, a URI reference without secrets. RecordRefusedError when the broker takes
        all but some of the messages, with the size of the largest and the topic's limit.
        """
        topic = topic or form.topic
        self._make(topic)
        messages = [
            wrap(form, part, key=partition_key(form, part), recorded_at=now(), source=source)
            for part in form.split(document)
        ]
        with self._vendor():
            refused = self._send(topic, messages)
            if not refused:
                return len(messages)
            error, message = max(refused, key=lambda one: len(one[1].value))
            raise self._refusal(topic, len(refused), len(messages), len(message.value), error) from error

    def _send(self, topic: str, messages: Sequence[Message]) -> list[tuple[vendor.KafkaError, Message]]:
        """Those that the broker refuses, each with its reason. The others are with it."""
        try:
            sent = [self._producer.send(topic, value=m.value, key=m.key, headers=m.headers) for m in messages]
            self._producer.flush()
            for one in sent:
                one.get(timeout=60)
        except _ODD as error:
            # kafka-python 3.0.12 is idempotent by default, and fails whatever is sent after a refused record with that
            # record's error: it is made anew. Drop this when its producer goes on.
            self._producer.close(timeout=5)
            self._producer = self._new_producer()
            if len(messages) == 1:
                return [(error, messages[0])]
            return [one for message in messages for one in self._send(topic, [message])]
        return []

    def _refusal(self, topic: str, refused: int, of: int, size: int, error: vendor.KafkaError) -> RecordRefusedError:
        limit = self._limit_bytes(topic)
        told = "" if limit is None else f"; the topic's limit (max.message.bytes) is {limit:,} bytes, compressed"
        return RecordRefusedError(
            f"topic {topic}: the broker refuses {refused} of {of} messages, the largest of {size:,} bytes "
            f"({type(error).__name__}){told}; the others are with it",
            limit,
        )

    def _limit_bytes(self, topic: str) -> int | None:
        """The topic's largest record batch; None where we may not ask."""
        admin = KafkaAdminClient(bootstrap_servers=self._servers, **self._settings)
        asked = ConfigResource(ConfigResourceType.TOPIC, topic, ["max.message.bytes"])
        try:
            told = admin.describe_configs([asked], config_filter="all")["topic"][topic]["max.message.bytes"]["value"]
        except (vendor.KafkaError, KeyError):
            return None
        finally:
            admin.close()
        return int(told)

    def _new_producer(self) -> KafkaProducer:
        with self._vendor(), first_contact(self._security):
            return KafkaProducer(
                bootstrap_servers=self._servers,
                compression_type="gzip",
                linger_ms=20,
                batch_size=256 * 1024,
                max_request_size=MESSAGE_BYTES,
                **self._settings,
            )

    def close(self) -> None:
        """Leave the broker."""
        self._producer.close()

    def _vendor(self) -> AbstractContextManager[None]:
        return vendor_errors(self._servers, self._security)

    def _make(self, topic: str) -> None:
        if topic in self._made:
            return
        with self._vendor():
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
