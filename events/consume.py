"""The ingester's loop: poll, land, and wait out whatever is away.

Polls are fetched and decoded ahead, on a thread each, while earlier ones land; every call of the source is made on the
fetching thread, one after the other.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, Self

from events.clock import now
from events.errors import BrokerUnavailableError, ConflictError, LogUnavailableError
from events.ids import SourceId
from events.ingest import Decoded, Ingester, Landed, decode
from events.monitoring.watch import Unwatched, Watch
from events.source import Poll, Source

POLL_S = 0.2
QUIET_S = 5.0
"""How long nothing may come before the broker is asked whether it is still there."""

WAIT_S = 2.0
"""Pause before another try when the broker or the log is away."""

LOOK_S = 5.0
"""How often broker and log are asked how far they are, for those who watch."""

DECODERS = 2
AHEAD = DECODERS + 1
"""Polls fetched and decoded ahead of the one that lands: one being fetched, the others being decoded."""

Fetched = list[tuple[Poll, Decoded]]

logger = logging.getLogger(__name__)


class TailSource(Source, Protocol):
    """A source that goes on: it can say how much is left, and go back behind what the log has."""

    def lag(self) -> int:
        """Records not polled yet."""

    def lags(self) -> Mapping[SourceId, int]:
        """As `lag`, partition by partition."""

    def rewind(self) -> None:
        """Poll again from behind what was landed."""


def consume(
    source: TailSource,
    ingester: Ingester,
    *,
    until_idle: bool = False,
    stopped: Callable[[], bool] = lambda: False,
    report: Callable[[Landed], None] = lambda landed: None,
    watch: Watch | None = None,
) -> Landed:
    """Land polls until stopped, or until nothing is left; the sum of what landed.

    A broker or a log that is away is waited for: nothing is lost, since only what landed is tracked.
    """
    total, quiet_since, looked = Landed(), time.monotonic(), float("-inf")
    watch = watch or Unwatched()
    with _Line(source) as line:
        while not stopped():
            try:
                polls = line.next()
                for poll, decoded in polls:
                    began = time.monotonic()
                    landed = ingester.ingest(poll, decoded)
                    watch.landed(poll, landed, time.monotonic() - began)
                    total += landed
                    report(landed)
                watch.turned(line.ready())
                if time.monotonic() - looked > LOOK_S:
                    ingester.head()
                    watch.looked(line.lags())
                    looked = time.monotonic()
                if polls:
                    quiet_since = time.monotonic()
                elif until_idle or time.monotonic() - quiet_since > QUIET_S:
                    if line.lag() == 0 and until_idle:
                        return total
                    quiet_since = time.monotonic()
            except (BrokerUnavailableError, LogUnavailableError, ConflictError) as error:
                logger.warning("%s; trying again in %.0f s", error, WAIT_S)
                watch.away(error)
                _wait(stopped)
                line.rewind()
    return total


class _Line:
    """Polls of a source in order, AHEAD of them fetched and decoded before they are asked for."""

    def __init__(self, source: TailSource) -> None:
        self._source = source
        self._fetcher = ThreadPoolExecutor(1, thread_name_prefix="fetch")
        self._decoder = ThreadPoolExecutor(DECODERS, thread_name_prefix="decode")
        self._waiting: deque[Future[Fetched]] = deque()
        self._fill()

    def next(self) -> Fetched:
        polls = self._waiting.popleft().result()
        self._fill()
        return polls

    def ready(self) -> int:
        """Polls that are decoded and wait for the log: AHEAD of them when the log is what everything waits for."""
        return sum(one.done() for one in self._waiting)

    def lag(self) -> int:
        """Records that are on the broker, or have been fetched, and were not asked for yet."""
        left = self._fetcher.submit(self._source.lag).result()
        return left + sum(len(one.payloads) or 1 for polls in self._waiting for one, _ in polls.result())

    def lags(self) -> Mapping[SourceId, int]:
        """Records that are on the broker and were not fetched, partition by partition."""
        return self._fetcher.submit(self._source.lags).result()

    def rewind(self) -> None:
        """Go back to what the log has; what was fetched ahead is let go."""
        self._waiting.clear()
        try:
            self._fetcher.submit(self._source.rewind).result()
        except (BrokerUnavailableError, LogUnavailableError) as error:  # the next poll will say so again
            logger.debug("cannot rewind yet: %s", error)
        self._fill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._fetcher.shutdown(cancel_futures=True)
        self._decoder.shutdown(cancel_futures=True)

    def _fill(self) -> None:
        while len(self._waiting) < AHEAD:
            fetched = self._fetcher.submit(self._source.poll, POLL_S)
            self._waiting.append(self._decoder.submit(_decoded, fetched))


def _decoded(fetched: Future[list[Poll]]) -> Fetched:
    return [(poll, decode(poll, now())) for poll in fetched.result()]


def _wait(stopped: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end and not stopped():
        time.sleep(0.05)
