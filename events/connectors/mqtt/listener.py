"""The loop over a broker's messages: collect for a second, hand on, acknowledge; wait longer after a failure.

A message is acknowledged only after it was handed on, so that a broker keeps what could not be (QoS 1). What fails is
tried again, in the same order; what the other side refuses for what it is is parked, and the next goes on.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from events.connectors.mqtt.documents import Documents, rebirth
from events.connectors.mqtt.wire import Message, Wire
from events.connectors.parked import Parking
from events.connectors.patience import backoff_s
from events.connectors.poller import Asked, Deliver, Document
from events.errors import BrokerRefusedError, LogError, RecordRefusedError, SourceError
from events.feeds.decoded import Format

BATCH_S, BATCH_MESSAGES = 1.0, 2_000
"""A batch is what comes within BATCH_S, BATCH_MESSAGES at most."""

WAIT_S = 0.2
QUIET_S = 2.0
"""A single round ends when nothing came for so long."""

ATTEMPTS = 3
"""Failures in a row after which a single round gives up."""

REBIRTH_EVERY_S = 60.0
"""A node is asked for its birth no more often."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Feed:
    """What is listened to: its format, and its address without secrets."""

    form: Format
    source: str


class Listener:
    """Messages of one broker on their way to where they are delivered."""

    def __init__(
        self,
        feed: Feed,
        wire: Wire,
        documents: Documents,
        *,
        deliver: Deliver,
        parking: Parking,
        report: Callable[[Asked], None],
        asks_for_births: bool = False,
    ) -> None:
        self._feed, self._wire, self._documents = feed, wire, documents
        self._deliver, self._parking, self._report = deliver, parking, report
        self._asks_for_births = asks_for_births
        self._asked_at: dict[str, float] = {}
        self._held: list[Message] = []
        self._waiting: list[tuple[bytes, list[Message]]] = []
        self._is_open = False
        self.failures = 0

    def follow(self, wait: Callable[[float], bool], *, once: bool) -> None:
        """Listen until `wait` (it sleeps some seconds) says that it is time to stop; `once`: until it is quiet."""
        last = time.monotonic()
        try:
            while not wait(0.0):
                if self._tried(wait):
                    last = time.monotonic()
                if once and self._is_done(last):
                    return
        finally:
            self._leave()

    def failing(self) -> list[str]:
        """The address, while it fails."""
        return [self._feed.source] if self.failures else []

    def _tried(self, wait: Callable[[float], bool]) -> bool:
        """Whether a batch was handed on; after a failure that may pass it waits."""
        try:
            return self._turn()
        except BrokerRefusedError:
            raise
        except (SourceError, LogError) as error:
            self._failed(error)
            wait(backoff_s(self.failures, 0.0, random.random()))
            return True

    def _is_done(self, last: float) -> bool:
        """Whether a single round is: it was quiet since `last`, or failed too often."""
        quiet = self._wire.is_listening and time.monotonic() - last > QUIET_S
        return self.failures >= ATTEMPTS or (quiet and not self.failures)

    def _turn(self) -> bool:
        """One batch collected and handed on; whether there was one."""
        if not self._is_open:
            self._wire.open()
            self._is_open = True
        if not self._waiting:
            self._collect()
            self._waiting, self._held = self._documents.of(self._held), []
        came = bool(self._waiting)
        while self._waiting:
            self._hand_on(*self._waiting[0])
            del self._waiting[0]
        if self._wire.is_listening:
            self.failures = 0
        return came

    def _collect(self) -> None:
        """Fill what is held; it stays held when the connection ends meanwhile."""
        began, more = time.monotonic(), True
        while more and len(self._held) < BATCH_MESSAGES:
            came = self._wire.take(WAIT_S)
            self._held += came
            more = bool(came) and time.monotonic() - began < BATCH_S
        if self._asks_for_births:
            self._ask_for_births(self._held)

    def _ask_for_births(self, messages: list[Message]) -> None:
        for edge, topic in self._documents.unborn(messages).items():
            if time.monotonic() - self._asked_at.get(edge, -REBIRTH_EVERY_S) >= REBIRTH_EVERY_S:
                self._asked_at[edge] = time.monotonic()
                self._wire.publish(*rebirth(topic))
                logger.info("%s: asked for its birth", edge)

    def _hand_on(self, body: bytes, messages: list[Message]) -> None:
        form, source = self._feed.form, self._feed.source
        try:
            asked = Asked(source, "new", size_bytes=len(body), messages=self._deliver(Document(form, source, body)))
        except RecordRefusedError as error:
            where = self._parking.park(form, body, str(error))
            asked = Asked(source, "parked", f"{error}; {where}", len(body))
        for message in messages:
            self._wire.acknowledge(message)
        self._report(asked)

    def _failed(self, error: SourceError | LogError) -> None:
        self.failures += 1
        if not self._waiting:  # the connection, not the delivery
            self._is_open = False
        logger.warning("%s: %s", self._feed.source, error)
        self._report(Asked(self._feed.source, "delivery" if self._waiting else "connection", str(error)))

    def _leave(self) -> None:
        if self._is_open:
            self._wire.close()
