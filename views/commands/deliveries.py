"""Where a fetched document goes: onto Kafka, or straight into a city's log."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from events.connectors.poller import Document
from events.ids import SourceId
from events.ingest import Ingester
from events.kafka.security import LOOPBACK, Security
from events.source import document_polls
from twin.place import Place
from twin.projector import Projector
from views.commands.watching import Watching

if TYPE_CHECKING:
    from events.kafka.source import KafkaSink

PROJECT_EVERY_S = 5.0


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
        from events.kafka.source import KafkaSink

        self._sink = self._sink or KafkaSink(self._servers, security=self._security)
        return self._sink.publish(document.form, document.body, topic=self._topic, source=document.source)

    def close(self) -> None:
        """Leave the broker."""
        if self._sink:
            self._sink.close()


class ToCity:
    """Lands documents in a city's log under the source `feed:<format>:<address without secrets>`."""

    def __init__(self, place: Place, watching: Watching) -> None:
        self._log = place.log()
        self._ingester = Ingester(self._log, checkpoint=place.memory)
        self._projector = Projector(self._log, place.directory)
        watching.follow(self._projector, self._log)
        self._watch = watching.watch
        self._saved = time.monotonic()

    def deliver(self, document: Document) -> int:
        """Land a document; LogUnavailableError when the log cannot take it."""
        source = SourceId(f"feed:{document.form.name}:{document.source}")
        polls = document_polls(document.form, document.body, source)
        for poll in polls:
            began = time.monotonic()
            self._watch.landed(poll, self._ingester.ingest(poll), time.monotonic() - began)
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
