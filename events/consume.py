"""The ingester's loop: poll, land, and wait out whatever is away.

Polls are fetched and decoded ahead, on a thread each, while earlier ones land; every call of the source is made on the
fetching thread, one after the other. That thread is never waited for without an end: a client library that does not
come back is told of, and cannot keep the process from ending.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, Protocol, Self, TypeVar

from events.clock import now
from events.errors import BrokerUnavailableError, ConflictError, LogUnavailableError, SourceError, UnreadableError
from events.hand import Hand
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

STUCK_S = 30.0
"""A call of the source that takes longer is told of, and told of again after as long."""

TICK_S = 0.2
"""How often a wait for the source looks whether it is time to stop."""

DECODERS = 2
AHEAD = DECODERS + 1
"""Polls fetched and decoded ahead of the one that lands: one being fetched, the others being decoded."""

Fetched = list[tuple[Poll, Decoded]]

T = TypeVar("T")

logger = logging.getLogger(__name__)


class TailSource(Source, Protocol):
    """A source that goes on: it can say how much is left, and go back behind what the log has."""

    def lag(self) -> int:
        """Records not polled yet."""

    def lags(self) -> Mapping[SourceId, int]:
        """As `lag`, partition by partition."""

    def unread(self) -> Mapping[SourceId, str]:
        """Partitions that stand still because the client library cannot read on, and why."""

    def rewind(self) -> None:
        """Poll again from behind what was landed."""


class _StoppedError(Exception):
    """It is time to stop, and the source has not answered."""


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

    A broker or a log that is away is waited for: nothing is lost, since only what landed is tracked. UnreadableError
    when nothing is left but partitions that cannot be read.
    """
    total, quiet_since, looked = Landed(), time.monotonic(), float("-inf")
    watch = watch or Unwatched()
    with _Line(source, partial(_answered, stopped=stopped, watch=watch)) as line:
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
                    watch.unread(line.unread())
                    looked = time.monotonic()
                if polls:
                    quiet_since = time.monotonic()
                elif until_idle or time.monotonic() - quiet_since > QUIET_S:
                    if line.lag() == 0 and until_idle:
                        _raise_unread(line.unread())
                        return total
                    quiet_since = time.monotonic()
            except _StoppedError:
                return total
            except (BrokerUnavailableError, LogUnavailableError, ConflictError) as error:
                logger.warning("%s; trying again in %.0f s", error, WAIT_S)
                watch.away(error)
                _pause(stopped)
                line.rewind()
    return total


class _Line:
    """Polls of a source in order, AHEAD of them fetched and decoded before they are asked for."""

    def __init__(self, source: TailSource, answered: Callable[[Future[Any]], Any]) -> None:
        """`answered` waits for a call of the source."""
        self._source, self._answered = source, answered
        self._fetcher = Hand("fetch")
        self._decoder = ThreadPoolExecutor(DECODERS, thread_name_prefix="decode")
        self._waiting: deque[Future[Fetched]] = deque()
        self._fill()

    def next(self) -> Fetched:
        polls: Fetched = self._answered(self._waiting.popleft())
        self._fill()
        return polls

    def ready(self) -> int:
        """Polls that are decoded and wait for the log: AHEAD of them when the log is what everything waits for."""
        return sum(one.done() for one in self._waiting)

    def lag(self) -> int:
        """Records that are on the broker, or have been fetched, and were not asked for yet."""
        left = self._call(self._source.lag)
        return left + sum(len(one.payloads) or 1 for polls in self._waiting for one, _ in self._answered(polls))

    def lags(self) -> Mapping[SourceId, int]:
        """Records that are on the broker and were not fetched, partition by partition."""
        return self._call(self._source.lags)

    def unread(self) -> Mapping[SourceId, str]:
        """Partitions that cannot be read, and why."""
        return self._call(self._source.unread)

    def rewind(self) -> None:
        """Go back to what the log has; what was fetched ahead is let go."""
        self._waiting.clear()
        try:
            self._call(self._source.rewind)
        except (BrokerUnavailableError, LogUnavailableError, _StoppedError) as error:  # the next poll will say so again
            logger.debug("cannot rewind yet: %s", error)
        self._fill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._fetcher.close()
        self._decoder.shutdown(cancel_futures=True)

    def _call(self, call: Callable[[], T]) -> T:
        answer: T = self._answered(self._fetcher.submit(call))
        return answer

    def _fill(self) -> None:
        while len(self._waiting) < AHEAD:
            coming: Future[Fetched] = Future()
            self._fetcher.submit(partial(self._fetch, coming))
            self._waiting.append(coming)

    def _fetch(self, coming: Future[Fetched]) -> None:
        """Poll, and let it be decoded on another thread; no thread but this one waits for the source."""
        try:
            polls = self._source.poll(POLL_S)
            self._decoder.submit(_decode, polls, coming)
        except BaseException as error:  # noqa: BLE001  (whoever asks for the polls gets it)
            coming.set_exception(error)


def _decode(polls: list[Poll], coming: Future[Fetched]) -> None:
    try:
        coming.set_result([(poll, decode(poll, now())) for poll in polls])
    except BaseException as error:  # noqa: BLE001  (whoever asks for the polls gets it)
        coming.set_exception(error)


def _answered(call: Future[Any], *, stopped: Callable[[], bool], watch: Watch) -> Any:
    """What a call of the source gave; _StoppedError when it is time to stop first. A long wait is told of."""
    began = told = time.monotonic()
    while not wait([call], TICK_S).done:
        if stopped():
            raise _StoppedError
        if time.monotonic() - told > STUCK_S:
            told = time.monotonic()
            error = SourceError(
                f"the source has not answered for {told - began:.0f} s; where that lasts, end this process, see "
                "which partition's position stands still, and start it again"
            )
            logger.warning("%s", error)
            watch.away(error)
    return call.result()


def _raise_unread(unread: Mapping[SourceId, str]) -> None:
    if unread:
        raise UnreadableError("; ".join(f"{source}: {why}" for source, why in sorted(unread.items())))


def _pause(stopped: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end and not stopped():
        time.sleep(0.05)
