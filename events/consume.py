"""The ingester's loop: poll, land, and wait out whatever is away.

A thread of its own polls and decodes one poll ahead while the last one is being landed; every call of the source is
made on that thread, one after the other.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from events.clock import now
from events.errors import BrokerUnavailableError, ConflictError, LogUnavailableError
from events.ingest import Decoded, Ingester, Landed, decode
from events.source import Poll, Source

POLL_S = 0.2
QUIET_S = 5.0
"""How long nothing may come before the broker is asked whether it is still there."""

WAIT_S = 2.0
"""Pause before another try when the broker or the log is away."""

logger = logging.getLogger(__name__)


class TailSource(Source, Protocol):
    """A source that goes on: it can say how much is left, and go back behind what the log has."""

    def lag(self) -> int:
        """Records not polled yet."""

    def rewind(self) -> None:
        """Poll again from behind what was landed."""


def consume(
    source: TailSource,
    ingester: Ingester,
    *,
    until_idle: bool = False,
    stopped: Callable[[], bool] = lambda: False,
    report: Callable[[Landed], None] = lambda landed: None,
) -> Landed:
    """Land polls until stopped, or until nothing is left; the sum of what landed.

    A broker or a log that is away is waited for: nothing is lost, since only what landed is tracked.
    """
    total, quiet_since = Landed(), time.monotonic()
    with ThreadPoolExecutor(1, thread_name_prefix="fetch") as fetcher:
        ahead = fetcher.submit(_fetch, source)
        while not stopped():
            try:
                polls = ahead.result()
                ahead = fetcher.submit(_fetch, source)
                for poll, decoded in polls:
                    landed = ingester.ingest(poll, decoded)
                    total += landed
                    report(landed)
                if polls:
                    quiet_since = time.monotonic()
                elif until_idle or time.monotonic() - quiet_since > QUIET_S:
                    if fetcher.submit(source.lag).result() == 0 and until_idle and not ahead.result():
                        return total
                    quiet_since = time.monotonic()
            except (BrokerUnavailableError, LogUnavailableError, ConflictError) as error:
                logger.warning("%s; trying again in %.0f s", error, WAIT_S)
                _wait(stopped)
                ahead = _rewound(source, ahead, fetcher)
    return total


Fetched = list[tuple[Poll, Decoded]]


def _fetch(source: TailSource) -> Fetched:
    return [(poll, decode(poll, now())) for poll in source.poll(POLL_S)]


def _wait(stopped: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end and not stopped():
        time.sleep(0.05)


def _rewound(source: TailSource, ahead: Future[Fetched], fetcher: ThreadPoolExecutor) -> Future[Fetched]:
    """The next fetch from behind what the log has; what was fetched ahead is let go."""
    ahead.cancel()
    try:
        fetcher.submit(source.rewind).result()
    except (BrokerUnavailableError, LogUnavailableError) as error:  # the next poll will say so again
        logger.debug("cannot rewind yet: %s", error)
    return fetcher.submit(_fetch, source)
