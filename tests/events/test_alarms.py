"""A gap and a clash ring until an operator has acknowledged them: in /healthz, in the metrics and in `twin status`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from events.clock import now
from events.ids import SourceId
from events.ingest import Ingester, Landed
from events.kafka.records import gap, gap_poll
from events.log import Log
from events.monitoring.alarms import OpenAlarms, summary
from events.quarantine import CLASH, Outcome, Refusal, quarantined, release
from events.source import Poll
from tests.commands.test_commands import Twin, city, twin
from tests.events.test_ingest import poll
from tests.events.test_monitor import values
from twin.place import Place
from twin.projector import Projector
from views.commands.watching import Watching

__all__ = ["city", "twin"]

A, B = SourceId("kafka:city.senml:0:1a2b3c4d"), SourceId("kafka:city.youbike:1:1a2b3c4d")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with Log.open(str(tmp_path / "log.sqlite")) as opened:
        yield opened


def clash(offset: int) -> Poll:
    """A poll whose one message lands, with the news that its identity had other content before."""
    told = Refusal(offset, CLASH, "a message has an identity of an earlier one", b"{}")
    return replace(poll([f"a {offset} -1"], offset), unreadable=[told])


def test_alarms_are_open_until_their_entries_are_let_go(log: Log) -> None:
    writer, alarms = Ingester(log), OpenAlarms(log)
    assert alarms.look() == ()
    writer.ingest(gap_poll(A, range(4)))
    writer.ingest(clash(0))
    writer.ingest(poll(["not a line"], 1))  # refused, and no alarm
    assert [(alarm.kind, alarm.source) for alarm in alarms.look()] == [
        ("offsets_lost", A),
        ("identities_clash", clash(0).source),
    ]
    gone = [entry for entry in quarantined(log) if entry.source == A]
    release(log, gone, Outcome.DISCARDED, "asked again", now())
    assert [alarm.kind for alarm in alarms.look()] == ["identities_clash"]
    assert OpenAlarms(log).look() == alarms.look(), "who looks for the first time sees the same"


def test_many_alarms_of_one_kind_are_one_line_that_says_how_to_acknowledge_them(log: Log) -> None:
    writer = Ingester(log)
    writer.ingest(gap_poll(A, range(4)))
    for first in (0, 10, 20):
        writer.ingest(gap_poll(B, range(first, first + 5)))
    one, several = summary(OpenAlarms(log).look())
    assert one.startswith(f"offsets_lost: {A}: offsets 0 to 3 are gone")
    assert one.endswith("acknowledge: twin quarantine discard 1.0 --why TEXT")
    assert "(and 2 more of this kind)" in several
    assert several.endswith(f"twin quarantine discard --all --source {B} --format kafka-gap --why TEXT")


def test_an_ingester_is_degraded_from_the_gap_on_until_it_is_acknowledged(city: Path, twin: Twin) -> None:
    twin("init")
    with Place(city).log() as opened:
        watching = Watching()
        watching.follow(Projector(opened, city), opened)
        watch = watching.watch
        watch.turned(0)
        watch.looked({})
        assert watching.heartbeat.healthz()[0]
        lost = gap_poll(A, range(5, 9))
        watch.landed(lost, Ingester(opened).ingest(lost), 0.0)
        well, told = watching.heartbeat.healthz()
        assert (well, told["status"], told["alarms"]) == (False, "degraded", 1)
        assert "offsets 5 to 8 are gone" in told["reasons"][0]
        assert watching.heartbeat.readyz()[0], "it works: a restart would not help"
        assert values(watching.metrics)["twin_alarms", "offsets_lost"] == 1
        assert twin("status")[1]["alarms"] == told["reasons"]
        twin("quarantine", "discard", "1.0", "--why", "asked the publisher again")
        watch.looked({})
        assert watching.heartbeat.healthz()[0]
        assert values(watching.metrics)["twin_alarms", "offsets_lost"] == 0
        assert twin("status")[1]["alarms"] == []


def test_a_gap_in_a_poll_with_readings_rings_too(log: Log) -> None:
    holed = replace(poll(["a 1 -1"], 9), unreadable=[gap(range(3, 8))])
    landed: Landed = Ingester(log).ingest(holed)
    assert landed.rows == {"readings": 1}
    assert [alarm.kind for alarm in OpenAlarms(log).look()] == ["offsets_lost"]
