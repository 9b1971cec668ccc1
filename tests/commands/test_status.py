"""`twin status` says how fresh and how fast each source is, by record times and not by hope."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from events.ids import SourceId
from events.ingest import Ingester
from replay.activity import Activity, activity
from tests.commands.test_commands import Twin, city, twin
from tests.events.test_ingest import SOURCE, poll
from twin.place import Place
from views import cli

__all__ = ["city", "twin"]

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def fed(twin: Twin, city: Path) -> Twin:
    """A city that took polls 90, 50 and 0.5 minutes ago: 1, 2 and 3 good lines, one bad line in each."""
    twin("init")
    moment = [NOW]
    with Place(city).log() as log:
        writer = Ingester(log, clock=lambda: moment[0])
        offset = -1
        for minutes, count in ((90, 1), (50, 2), (0.5, 3)):
            moment[0] = NOW - timedelta(minutes=minutes)
            lines = [f"p{n} {minutes} -{n + 3}" for n in range(count)] + ["bad"]
            offset += len(lines)
            writer.ingest(poll(lines, offset))
    return twin


def test_rates_are_counted_from_record_times(fed: Twin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("views.commands.status.now", lambda: NOW)
    (source,) = fed("status")[1]["sources"]
    assert (source["rows"], source["refused"]) == (6, 3)
    assert (source["rows_last_minute"], source["rows_last_hour"], source["refused_last_hour"]) == (3, 5, 2)


def test_a_source_is_stale_when_its_latest_event_is_older_than_it_may_be(
    fed: Twin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("views.commands.status.now", lambda: NOW)
    status = fed("status")[1]
    (source,) = status["sources"]
    assert source["last_event_time"] == "2026-05-31T21:00:00+00:00"
    assert (source["staleness_s"], source["allowed_s"], source["stale"]) == (3 * 3600, 48 * 3600, False)
    assert (status["stale_sources"], status["lag"], source["lag"]) == (0, None, None)
    monkeypatch.setattr("views.commands.status.now", lambda: NOW + timedelta(days=3))
    status = fed("status")[1]
    assert (status["stale_sources"], status["sources"][0]["stale"]) == (1, True)
    assert status["sources"][0]["rows_last_hour"] == 0


def test_the_table_speaks_both_languages(
    fed: Twin, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], city: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["twin", "status"])
    with pytest.raises(SystemExit):
        cli.main()
    out = capsys.readouterr().out
    for word in ("source", "來源", "last hour", "近一小時", "stale", "逾時", SOURCE, "2026-06-01 05:00:00"):
        assert word in out


def test_activity_is_what_a_count_of_the_whole_log_says(city: Path, twin: Twin) -> None:
    twin("init")
    with Place(city).log() as log:
        moment = [NOW]
        writer = Ingester(log, clock=lambda: moment[0])
        for at in range(12):
            moment[0] = NOW + timedelta(minutes=at)
            source = SourceId(f"kafka:lines:{at % 2}")
            one = poll([f"a{at} {at} -9", f"a{at} {at} -9", "bad"], 3 * at + 2)
            writer.ingest(replace(one, source=source))
        for minutes in range(13):
            (found,) = activity(log, log.head(), NOW + timedelta(minutes=minutes - 0.5))
            polls = range(minutes, 12)
            expected = {
                f"kafka:lines:{parity}": sum(at % 2 == parity for at in polls)
                for parity in (0, 1)
                if any(at % 2 == parity for at in polls)
            }
            assert found == {name: Activity(count, count, count) for name, count in expected.items()}
