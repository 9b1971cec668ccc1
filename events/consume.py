"""The ingester's loop: poll, land, and wait out whatever is away."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Protocol

from events.errors import BrokerUnavailableError, ConflictError, LogUnavailableError
from events.ingest import Ingester, Landed
from events.source import Source

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
    while not stopped():
        try:
            polls = source.poll(POLL_S)
            for poll in polls:
                landed = ingester.ingest(poll)
                total += landed
                report(landed)
            if polls:
                quiet_since = time.monotonic()
            elif until_idle or time.monotonic() - quiet_since > QUIET_S:
                if source.lag() == 0 and until_idle:
                    return total
                quiet_since = time.monotonic()
        except (BrokerUnavailableError, LogUnavailableError, ConflictError) as error:
            logger.warning("%s; trying again in %.0f s", error, WAIT_S)
            _wait(stopped)
            _rewind(source)
    return total


def _wait(stopped: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end and not stopped():
        time.sleep(0.05)


def _rewind(source: TailSource) -> None:
    """Go back to what the log has; when nobody answers, the next poll will say so again."""
    try:
        source.rewind()
    except (BrokerUnavailableError, LogUnavailableError) as error:
        logger.debug("cannot rewind yet: %s", error)
