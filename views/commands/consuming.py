"""`twin ingest` from Kafka: the loop, with projections and checkpoints kept up meanwhile."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from events.consume import WAIT_S, consume
from events.errors import BrokerUnavailableError, TwinError
from events.hand import made_within
from events.ids import SourceId
from events.ingest import Ingester, Landed
from events.monitoring.watch import Watches
from events.source import Poll
from twin.projector import Projector
from views.commands.kafka_options import Reading
from views.commands.options import tell
from views.commands.running import stop_on_signals
from views.commands.watching import Watching
from views.logs import in_json

if TYPE_CHECKING:
    from events.kafka.source import KafkaSource

PROJECT_EVERY_S = 5.0
FAREWELL_S = 5.0

logger = logging.getLogger(__name__)


def from_kafka(
    reading: Reading, ingester: Ingester, projector: Projector, watching: Watching, *, until_idle: bool
) -> Landed:
    """Land what the broker has until a signal comes, or until nothing is left.

    A broker that is away at the start is waited for, unless the end is to be `until_idle`: BrokerUnavailableError.
    """
    stop = stop_on_signals(watching.heartbeat.stopping)
    say(f"reading {reading.servers} 讀取中")
    source = _source(reading, ingester, watching, stop, until_idle=until_idle)
    if source is None:
        return Landed()
    try:
        watch = Watches(watching.watch, Keeper(ingester, projector))
        return consume(source, ingester, until_idle=until_idle, stopped=stop.is_set, watch=watch)
    finally:
        if not made_within(source.close, FAREWELL_S, "leave"):
            logger.warning("the broker was left without a farewell: the client library did not come back")


class Keeper:
    """A Watch that folds, checkpoints and says the position every few seconds, whether something lands or not."""

    def __init__(self, ingester: Ingester, projector: Projector) -> None:
        self._ingester, self._projector = ingester, projector
        self._last = time.monotonic()

    def turned(self, waiting: int) -> None:
        """Catch up when it is time to and the log has grown."""
        if time.monotonic() - self._last <= PROJECT_EVERY_S:
            return
        before = self._projector.position
        if self._projector.catch_up(write=True) > before:
            self._ingester.save()
            say(f"position {self._projector.position}")
        self._last = time.monotonic()

    def landed(self, poll: Poll, landed: Landed, seconds: float) -> None:
        """Nothing: it waits for the turn."""

    def looked(self, lags: Mapping[SourceId, int]) -> None:
        """Nothing."""

    def unread(self, sources: Mapping[SourceId, str]) -> None:
        """Nothing."""

    def away(self, error: TwinError) -> None:
        """Nothing."""


def say(text: str) -> None:
    """Progress for people; where lines are JSON they tell it themselves."""
    if not in_json():
        tell(text)


def _source(
    reading: Reading, ingester: Ingester, watching: Watching, stop: threading.Event, *, until_idle: bool
) -> KafkaSource | None:
    """The broker's records; None when a signal came before the broker did."""
    while not stop.is_set():
        try:
            return reading.source(ingester.tracked)
        except BrokerUnavailableError as error:
            if until_idle:
                raise
            logger.warning("%s; trying again in %.0f s", error, WAIT_S)
            watching.watch.away(error)
            stop.wait(WAIT_S)
    return None
