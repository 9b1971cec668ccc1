"""What is told of a command that runs for long: log lines, metrics and health, over one Watch."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from events.errors import TwinError
from events.ids import SourceId
from events.ingest import Landed
from events.log import Log
from events.monitoring.alarms import KINDS, OpenAlarms
from events.monitoring.health import Heartbeat
from events.monitoring.monitor import Monitor, Page, address, health_page
from events.monitoring.watch import Watches
from events.source import Poll
from twin.projector import Projector

if TYPE_CHECKING:
    from events.monitoring.metrics import Metrics

MetricsAt = Annotated[
    str | None,
    typer.Option(
        "--metrics",
        metavar="[HOST:]PORT",
        help="Serve /metrics, /healthz and /readyz there, on loopback without a host 監控指標與健康檢查.",
    ),
]

logger = logging.getLogger(__name__)


class LogLines:
    """A Watch that logs what landed: source, offsets, counts; never a payload."""

    def landed(self, poll: Poll, landed: Landed, seconds: float) -> None:
        """One line a poll."""
        told = {
            "source": poll.source,
            "first_offset": poll.first_offset,
            "last_offset": poll.last_offset,
            "rows": {family: rows for family, rows in landed.rows.items() if rows},
            "duplicates": landed.duplicates,
            "refused": landed.refused,
            "position": landed.position,
            "seconds": round(seconds, 4),
        }
        level = logging.WARNING if landed.refused else logging.INFO
        logger.log(level, "%s: %d refused" if landed.refused else "%s: landed", *_words(poll, landed), extra=told)

    def turned(self, waiting: int) -> None:
        """Nothing: a turn is no news."""

    def looked(self, lags: Mapping[SourceId, int]) -> None:
        """How far behind, once in a while."""
        logger.debug("lag %d", sum(lags.values()), extra={"lag": sum(lags.values())})

    def unread(self, sources: Mapping[SourceId, str]) -> None:
        """Nothing."""

    def away(self, error: TwinError) -> None:
        """Nothing: the loop logs it."""


class AlarmBell:
    """A Watch that tells health which alarms of the log are open, as often as the log is looked at."""

    def __init__(self, log: Log, heartbeat: Heartbeat) -> None:
        self._alarms, self._heartbeat = OpenAlarms(log), heartbeat

    def landed(self, poll: Poll, landed: Landed, seconds: float) -> None:
        """An alarm that rings now is told now."""
        if any(refusal.format in KINDS for refusal in poll.unreadable):
            self._heartbeat.alarmed(self._alarms.look())

    def turned(self, waiting: int) -> None:
        """Nothing."""

    def looked(self, lags: Mapping[SourceId, int]) -> None:
        """Those of other ingesters, and those that were acknowledged."""
        self._heartbeat.alarmed(self._alarms.look())

    def unread(self, sources: Mapping[SourceId, str]) -> None:
        """Nothing."""

    def away(self, error: TwinError) -> None:
        """Nothing."""


class Watching:
    """An ingester's metrics, health and log lines together."""

    def __init__(self) -> None:
        from events.monitoring.metrics import Metrics  # slow to import, and only long runs need it

        self._projector: Projector | None = None
        self.heartbeat = Heartbeat()
        self.metrics = Metrics(self._last_event_times, lambda: self.heartbeat.alarms)
        self.watch = Watches(self.heartbeat, self.metrics, LogLines())

    def follow(self, projector: Projector, log: Log) -> None:
        """Take event times by source from this projector's ledger, as of its last catching up, alarms from the log."""
        self._projector = projector
        self.watch = Watches(self.heartbeat, self.metrics, LogLines(), AlarmBell(log, self.heartbeat))

    @contextmanager
    def served(self, at: str | None) -> Iterator[None]:
        """Serve the three pages at `[HOST:]PORT` meanwhile; nothing without an address."""
        pages = {
            "/healthz": health_page(self.heartbeat.healthz),
            "/readyz": health_page(self.heartbeat.readyz),
        }
        with served(at, {"/metrics": metrics_page(self.metrics), **pages}):
            yield

    def _last_event_times(self) -> Mapping[str, int | None]:
        sources = self._projector.ledger.sources if self._projector else {}
        return {source: counts.last_event_time for source, counts in sources.items()}


@contextmanager
def served(at: str | None, pages: Mapping[str, Page]) -> Iterator[None]:
    """Serve pages at `[HOST:]PORT` meanwhile; nothing without an address."""
    if at is None:
        yield
        return
    with Monitor(address(at), pages) as monitor:
        logger.info("monitor on port %d", monitor.port, extra={"port": monitor.port})
        yield


def metrics_page(metrics: Metrics) -> Page:
    """The page of a set of metrics."""
    return lambda: (200, metrics.content_type, metrics.page())


def _words(poll: Poll, landed: Landed) -> tuple[object, ...]:
    return (poll.source, landed.refused) if landed.refused else (poll.source,)
