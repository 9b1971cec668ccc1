"""What an operator watches, as Prometheus metrics: the only door to prometheus-client.

Every set of metrics has a registry of its own. Labels are sources, formats, families and kinds of reasons: bounded
words of ours, never a payload, a key or a person's name.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterator, Mapping, Sequence

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from events.clock import now
from events.connectors.poller import Asked
from events.errors import ConflictError, LogError, TwinError
from events.ids import SourceId
from events.ingest import Landed
from events.monitoring.alarms import KINDS as ALARMS
from events.monitoring.alarms import Alarm
from events.monitoring.freshness import age_s, allowed_s
from events.source import Poll

KINDS = 200
"""Kinds of reasons that are told apart; further ones are counted as `other`."""

SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


class Metrics:
    """The metrics of one process, as `page` and as the Watch of an ingester's loop. Safe to read from other threads."""

    content_type = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(
        self,
        last_event_times: Callable[[], Mapping[str, int | None]] = dict,
        alarms: Callable[[], Sequence[Alarm]] = tuple,
    ) -> None:
        """`last_event_times` (UTC microseconds by source) and open `alarms` are asked at each reading of the page."""
        self.registry = CollectorRegistry()
        self._kinds: set[str] = set()
        self._rows = self._counter("rows", "Rows landed in the log.", "source", "family")
        self._messages = self._counter("messages", "Messages landed or refused.", "source", "format")
        self._duplicates = self._counter("duplicates", "Rows that told nothing new.", "source")
        self._refused = self._counter("refused", "Messages and rows put into quarantine.", "source", "reason")
        self._away = self._counter("interruptions", "Times that something was away.", "what")
        self._landing = Histogram(
            "twin_append_seconds", "Settling and appending one poll.", buckets=SECONDS, registry=self.registry
        )
        self._lag = self._gauge("lag_records", "Records on the broker that were not polled yet.", "source")
        self._unread = self._gauge("unread_partitions", "1: the client library cannot read on.", "source")
        self._waiting = self._gauge("polls_waiting", "Polls that are decoded and wait for the log: back-pressure.")
        self._position = self._gauge("log_position", "Last position of the log that was written here.")
        self._requests = self._counter("feed_requests", "Requests by what became of them.", "source", "outcome")
        self._fetched = self._counter("feed_bytes", "Bytes of new documents.", "source")
        self._pause = self._gauge("feed_wait_seconds", "Pause before the next request.", "source")
        self.registry.register(_Process())
        self.registry.register(_Ages(last_event_times))
        self.registry.register(_Alarms(alarms))

    def page(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)

    def landed(self, poll: Poll, landed: Landed, seconds: float) -> None:
        """Count what became of a poll."""
        for family, rows in landed.rows.items():
            self._rows.labels(poll.source, family).inc(rows)
        for form, payloads in poll.payloads.items():
            self._messages.labels(poll.source, form.name).inc(len(payloads))
        for kind, count in landed.reasons.items():
            self._refused.labels(poll.source, self._bounded(kind)).inc(count)
        self._duplicates.labels(poll.source).inc(landed.duplicates)
        self._landing.observe(seconds)
        self._position.set(landed.position)

    def turned(self, waiting: int) -> None:
        """Note how much waits."""
        self._waiting.set(waiting)

    def looked(self, lags: Mapping[SourceId, int]) -> None:
        """Note how far behind each partition is."""
        for source, lag in lags.items():
            self._lag.labels(source).set(lag)

    def unread(self, sources: Mapping[SourceId, str]) -> None:
        """Note which partitions cannot be read."""
        self._unread.clear()
        for source in sources:
            self._unread.labels(source).set(1)

    def away(self, error: TwinError) -> None:
        """Count an interruption."""
        what = "conflict" if isinstance(error, ConflictError) else "log" if isinstance(error, LogError) else "broker"
        self._away.labels(what).inc()

    def asked(self, asked: Asked) -> None:
        """Count what became of a connector's request."""
        self._requests.labels(asked.source, asked.outcome).inc()
        self._fetched.labels(asked.source).inc(asked.size_bytes)
        self._pause.labels(asked.source).set(asked.wait_s)

    def _bounded(self, kind: str) -> str:
        if len(self._kinds) < KINDS:
            self._kinds.add(kind)
        return kind if kind in self._kinds else "other"

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"twin_{name}", told, labels, registry=self.registry)

    def _gauge(self, name: str, told: str, *labels: str) -> Gauge:
        return Gauge(f"twin_{name}", told, labels, registry=self.registry)


class _Process(Collector):
    """Memory, processor time and open files of this process, at the time of asking."""

    def collect(self) -> Iterator[Metric]:
        process = psutil.Process()
        with process.oneshot():
            resident, times, files = process.memory_info().rss, process.cpu_times(), process.num_fds()
            started = process.create_time()
        yield GaugeMetricFamily("process_resident_memory_bytes", "Memory held.", resident)
        yield GaugeMetricFamily("process_cpu_seconds", "Processor time, user and system.", times.user + times.system)
        yield GaugeMetricFamily("process_open_fds", "Open files and sockets.", files)
        yield GaugeMetricFamily("process_start_time_seconds", "Start, Unix time.", started)


class _Ages(Collector):
    """Last event time and staleness of each source, at the time of asking."""

    def __init__(self, last_event_times: Callable[[], Mapping[str, int | None]]) -> None:
        self._last = last_event_times

    def collect(self) -> Iterator[Metric]:
        last = GaugeMetricFamily("twin_last_event_time_seconds", "Latest event time, Unix time.", labels=["source"])
        age = GaugeMetricFamily("twin_staleness_seconds", "Age of the latest event.", labels=["source"])
        allowed = GaugeMetricFamily("twin_staleness_allowed_seconds", "Age that is still normal.", labels=["source"])
        moment = now()
        for source, time_us in self._last().items():
            if time_us is not None:
                last.add_metric([source], time_us / 1e6)
                age.add_metric([source], age_s(time_us, moment))
                allowed.add_metric([source], allowed_s(source))
        yield from (last, age, allowed)


class _Alarms(Collector):
    """Alarms that nobody has acknowledged, at the time of asking."""

    def __init__(self, alarms: Callable[[], Sequence[Alarm]]) -> None:
        self._alarms = alarms

    def collect(self) -> Iterator[Metric]:
        found = Tally(alarm.kind for alarm in self._alarms())
        told = GaugeMetricFamily("twin_alarms", "Alarms that nobody has acknowledged.", labels=["kind"])
        for kind in ALARMS.values():
            told.add_metric([kind], found[kind])
        yield told
