"""Metrics say what happened, health says what is the matter, both over HTTP and without a secret."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from events.clock import micros
from events.connectors.poller import Asked
from events.errors import BrokerUnavailableError, ConflictError, LogUnavailableError, TwinError, UsageError
from events.feeds.registry import FORMATS
from events.ids import Position, SourceId
from events.ingest import Landed
from events.monitoring import freshness
from events.monitoring.health import SILENT_S, Heartbeat
from events.monitoring.metrics import KINDS, Metrics
from events.monitoring.monitor import Monitor, address, health_page
from events.monitoring.stalls import STALLED_S
from events.monitoring.watch import Watches
from tests.events.test_ingest import SOURCE, poll

NOW = datetime(2026, 8, 1, tzinfo=UTC)
LANDED = Landed({"readings": 3}, duplicates=2, refused=1, position=Position(9), reasons={"not JSON": 1})
YOUBIKE = "kafka:city.youbike:0:1a2b3c4d"


def values(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Every sample by name and the values of its labels, the source first, as a Prometheus server reads them."""
    families = text_string_to_metric_families(metrics.page().decode())
    found = {}
    for sample in (sample for family in families for sample in family.samples):
        labels = sorted(sample.labels.items(), key=lambda label: label[0] != "source")
        found[(sample.name, *(value for _, value in labels))] = sample.value
    return found


def test_counts_are_what_landed() -> None:
    metrics = Metrics()
    for _ in range(2):
        metrics.landed(poll(["a 1 -1", "b 1 -1"], 1), LANDED, 0.02)
    found = values(metrics)
    assert found["twin_rows_total", SOURCE, "readings"] == 6
    assert found["twin_messages_total", SOURCE, "lines"] == 4
    assert found["twin_duplicates_total", SOURCE] == 4
    assert found["twin_refused_total", SOURCE, "not JSON"] == 2
    assert (found["twin_append_seconds_count",], found["twin_log_position",]) == (2, 9)
    assert found["process_resident_memory_bytes",] > 1_000_000


def test_lag_and_interruptions_are_told_apart() -> None:
    metrics = Metrics()
    metrics.looked({SOURCE: 70})
    metrics.looked({SOURCE: 5})
    for error in (BrokerUnavailableError("b"), LogUnavailableError("l"), ConflictError("c"), ConflictError("c")):
        metrics.away(error)
    found = values(metrics)
    assert found["twin_lag_records", SOURCE] == 5
    assert [found["twin_interruptions_total", what] for what in ("broker", "log", "conflict")] == [1, 1, 2]


def test_staleness_is_the_age_at_the_time_of_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("events.monitoring.metrics.now", lambda: NOW)
    metrics = Metrics(lambda: {YOUBIKE: micros(NOW - timedelta(minutes=7)), "file:senml": None})
    found = values(metrics)
    assert found["twin_staleness_seconds", YOUBIKE] == 420
    assert found["twin_staleness_allowed_seconds", YOUBIKE] == 300
    assert ("twin_staleness_seconds", "file:senml") not in found


def test_reasons_without_end_do_not_make_metrics_without_end() -> None:
    metrics = Metrics()
    for at in range(KINDS + 50):
        metrics.landed(poll(["x"], at), Landed(reasons={f"reason {'abc'[at % 3] * at}": 1}), 0.0)
    refused = {key: value for key, value in values(metrics).items() if key[0] == "twin_refused_total"}
    assert len(refused) == KINDS + 1
    assert refused["twin_refused_total", SOURCE, "other"] == 50


def test_requests_of_a_connector_are_counted_by_outcome() -> None:
    metrics = Metrics()
    for outcome in ("new", "same", "timeout", "timeout"):
        metrics.asked(Asked("http://host/a", outcome, size_bytes=10 * (outcome == "new"), wait_s=60))
    found = values(metrics)
    assert found["twin_feed_requests_total", "http://host/a", "timeout"] == 2
    assert found["twin_feed_bytes_total", "http://host/a"] == 10


def test_two_sets_of_metrics_are_apart() -> None:
    one, other = Metrics(), Metrics()
    one.looked({SOURCE: 3})
    assert ("twin_lag_records", SOURCE) not in values(other)


@pytest.mark.parametrize(
    ("fault", "reason", "log", "broker"),
    [
        (None, [], "reachable", "reachable"),
        (LogUnavailableError("disk full"), ["disk full"], "unreachable", "reachable"),
        (BrokerUnavailableError("no broker"), ["no broker"], "reachable", "unreachable"),
        (ConflictError("another was first"), [], "reachable", "reachable"),
    ],
)
def test_health_names_what_is_away_until_it_is_back(
    fault: TwinError | None, reason: list[str], log: str, broker: str
) -> None:
    heart = Heartbeat(lambda: 100.0)
    heart.turned(0)
    if fault:
        heart.away(fault)
    heart.turned(0)
    well, told = heart.healthz()
    assert (well, told["reasons"], told["log"], told["broker"]) == (not reason, reason, log, broker)
    heart.looked({SOURCE: 4})
    well, told = heart.healthz()
    assert (well, told["lag"], told["status"]) == (True, 4, "ok")


def test_a_loop_that_stands_still_is_not_well() -> None:
    seconds = [0.0]
    heart = Heartbeat(lambda: seconds[0])
    assert (heart.healthz()[0], heart.readyz()[0]) == (False, False), "nothing is ready before the first turn"
    heart.turned(0)
    heart.landed(poll(["x"], 0), LANDED, 0.1)
    seconds[0] = SILENT_S - 1
    assert heart.healthz()[0] and heart.healthz()[1]["last_landed_s_ago"] == SILENT_S - 1
    seconds[0] = SILENT_S + 1
    well, told = heart.healthz()
    assert not well and "did not go round" in told["reasons"][0]


def test_records_that_wait_and_never_land_make_a_partition_stalled() -> None:
    seconds = [0.0]
    heart = Heartbeat(lambda: seconds[0])

    def at(moment_s: float, lags: dict[SourceId, int]) -> list[str]:
        seconds[0] = moment_s
        heart.turned(0)
        heart.looked(lags)
        return list(heart.healthz()[1]["reasons"])

    other = SourceId("kafka:city.other:0:1a2b3c4d")
    assert at(0.0, {SOURCE: 7, other: 5}) == []
    heart.landed(poll(["x"], 0), LANDED, 0.1)
    assert at(STALLED_S, {SOURCE: 7, other: 4}) == [], "fewer wait: that is progress"
    (reason,) = at(STALLED_S + 1, {SOURCE: 7, other: 4})
    assert (reason.startswith(f"{SOURCE}: 7 records wait"), heart.healthz()[0]) == (True, False)
    assert heart.healthz()[1]["status"] == "degraded"
    heart.landed(poll(["x"], 1), LANDED, 0.1)
    assert at(STALLED_S + 2, {SOURCE: 6, other: 4}) == []
    assert at(STALLED_S + 3, {SOURCE: 0, other: 0}) == []
    assert at(9 * STALLED_S, {SOURCE: 0, other: 0}) == [], "where nothing waits nothing stalls"


def test_nothing_is_stalled_for_the_time_that_the_broker_was_away() -> None:
    seconds = [0.0]
    heart = Heartbeat(lambda: seconds[0])
    heart.looked({SOURCE: 7})
    seconds[0] = 2 * STALLED_S
    heart.away(BrokerUnavailableError("gone"))
    assert heart.healthz()[1]["lag"] == 7
    heart.turned(0)
    heart.looked({SOURCE: 7})
    assert heart.healthz()[0]


def test_who_is_about_to_end_is_not_ready_any_more() -> None:
    heart = Heartbeat()
    heart.turned(0)
    assert heart.readyz()[0]
    heart.stopping()
    assert (heart.readyz()[0], heart.healthz()[0]) == (False, True)


def test_watches_all_see_the_same() -> None:
    heart, metrics = Heartbeat(), Metrics()
    both = Watches(heart, metrics)
    both.landed(poll(["x"], 0), LANDED, 0.1)
    both.turned(1)
    both.looked({SOURCE: 8})
    both.away(BrokerUnavailableError("gone"))
    assert heart.healthz()[1]["lag"] == values(metrics)["twin_lag_records", SOURCE] == 8
    assert heart.healthz()[1]["reasons"] == ["gone"]


def get(port: int, path: str) -> tuple[int, str, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers["Content-Type"], answer.read()


def test_pages_are_served_with_their_status() -> None:
    well = [True]
    pages = {"/metrics": lambda: (200, "text/plain", b"x 1\n"), "/healthz": health_page(lambda: (well[0], {"a": 1}))}
    with Monitor(("127.0.0.1", 0), pages) as monitor:
        assert get(monitor.port, "/metrics") == (200, "text/plain", b"x 1\n")
        assert get(monitor.port, "/healthz?verbose=1")[0] == 200
        well[0] = False
        code, kind, body = get(monitor.port, "/healthz")
        assert (code, kind, json.loads(body)) == (503, "application/json", {"a": 1})
        assert get(monitor.port, "/etc/passwd")[0] == 404


@pytest.mark.parametrize("text", ["", "host:", "127.0.0.1:x", "127.0.0.1:99999"])
def test_an_address_without_a_port_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="9464"):
        address(text)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_an_allowance_however_its_source_is_named(name: str) -> None:
    by_topic = f"kafka:{FORMATS[name].topic}:3:1a2b3c4d"
    assert freshness.format_name(by_topic) == freshness.format_name(f"feed:{name}:https://host:8443/a") == name
    assert freshness.allowed_s(by_topic) == freshness.allowed_s(f"file:{name}") > 0


def test_bus_bike_and_meter_have_the_allowances_of_the_domain_notes() -> None:
    assert [freshness.allowed_s(f"file:{name}") for name in ("bus-estimate", "youbike", "senml")] == [120, 300, 172_800]
    assert freshness.is_stale("file:youbike", None, NOW)
    assert not freshness.is_stale("file:youbike", micros(NOW - timedelta(seconds=300)), NOW)
    assert freshness.is_stale("file:youbike", micros(NOW - timedelta(seconds=301)), NOW)
    assert freshness.age_s(micros(NOW + timedelta(seconds=9)), NOW) == 0
