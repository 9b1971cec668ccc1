"""Where a fetched document goes: onto Kafka, or straight into a city's log."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Protocol

from events.connectors.poller import Document
from events.ids import SourceId
from events.ingest import Ingester, Landed
from events.kafka_security import LOOPBACK, Security
from events.source import document_polls
from twin.place import Place
from twin.projector import Projector

if TYPE_CHECKING:
    from events.kafka import KafkaSink

PROJECT_EVERY_S = 5.0

logger = logging.getLogger(__name__)


class Delivery(Protocol):
    """Takes documents."""

    def deliver(self, document: Document) -> int:
        """Hand a document on; the number of messages."""

    def close(self) -> None:
        """End in good order."""


class ToKafka:
    """Publishes on a broker, which is met at the first document: one that is away is a failure to be tried again."""

    def __init__(self, servers: str, topic: str | None, security: Security = LOOPBACK) -> None:
        self._servers, self._topic, self._security = servers, topic, security
        self._sink: KafkaSink | None = None

    def deliver(self, document: Document) -> int:
        """Publish a document in its slices; BrokerUnavailableError when nobody answers."""
        from events.kafka import KafkaSink

        self._sink = self._sink or KafkaSink(self._servers, security=self._security)
        return self._sink.publish(document.form, document.body, topic=self._topic, source=document.source)

    def close(self) -> None:
        """Leave the broker."""
        if self._sink:
            self._sink.close()


class ToCity:
    """Lands documents in a city's log under the source `feed:<format>:<address without secrets>`."""

    def __init__(self, place: Place) -> None:
        self._log = place.log()
        self._ingester = Ingester(self._log, checkpoint=place.memory)
        self._projector = Projector(self._log, place.directory)
        self._saved = time.monotonic()

    def deliver(self, document: Document) -> int:
        """Land a document; LogUnavailableError when the log cannot take it."""
        source = SourceId(f"feed:{document.form.name}:{document.source}")
        polls = document_polls(document.form, document.body, source)
        landed = sum((self._ingester.ingest(poll) for poll in polls), Landed())
        told = {"source": source, "rows": dict(landed.rows), "duplicates": landed.duplicates, "refused": landed.refused}
        logger.info("landed", extra=told | {"position": landed.position})
        if time.monotonic() - self._saved > PROJECT_EVERY_S:
            self._save()
        return len(polls)

    def close(self) -> None:
        """Bring the projections up to what landed, save the memory, close the log."""
        self._save()
        self._log.close()

    def _save(self) -> None:
        self._projector.catch_up(write=True)
        self._projector.save()
        self._ingester.save()
        self._saved = time.monotonic()
