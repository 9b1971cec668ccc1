"""Aggregates on the real log: one transaction, another writer's race, unknown tags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from events.errors import ConflictError, DomainError
from events.ids import Position
from events.log import Log, NewEvent, Tracked
from tests.aggregates.laws import RECORDED, day
from tests.aggregates.samples import SITE
from twin.aggregates import community
from twin.aggregates.community import COMMUNITY, CommunityFacts, RegisterCommunity
from twin.repository import ATTEMPTS, Step, execute, load

STREAM = community.stream("84e67c87923337da")


def register(when: int = 0, community_id: str = "84e67c87923337da", **facts: Any) -> Step:
    values = CommunityFacts(**SITE | {"community_id": community_id} | facts)
    return Step(community.stream(community_id), COMMUNITY, RegisterCommunity(values, day(when), RECORDED))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with Log.open(tmp_path / "log.sqlite") as opened:
        yield opened


def test_what_was_told_is_loaded_again(log: Log) -> None:
    positions = execute(log, [register(), register(3, households=1)])
    state, version = load(log, STREAM, COMMUNITY)
    assert (len(positions), version) == (2, 2)
    assert state.at(day(3)).households == 1


def test_a_refused_step_writes_nothing_at_all(log: Log) -> None:
    with pytest.raises(DomainError):
        execute(log, [register(), register(community_id="other", latitude=999.0)])
    assert log.head() == 0


def test_steps_of_many_aggregates_land_in_one_transaction(log: Log) -> None:
    assert len(execute(log, [register(community_id=f"site-{i}") for i in range(79)])) == 79


def test_an_event_of_an_unknown_tag_in_the_stream_is_passed_over_and_kept(log: Log) -> None:
    execute(log, [register()])
    log.append([NewEvent(STREAM, 2, "community.merged.v7", b"from a later release")])
    assert load(log, STREAM, COMMUNITY)[1] == 2
    execute(log, [register(1, households=5)])
    assert [e.tag for e in log.read()] == ["community.registered.v1", "community.merged.v7", "community.changed.v1"]


class Racing(Log):
    """A log on which another writer is first, some times."""

    races = 0

    def append(self, events: Sequence[NewEvent], *, tracking: Tracked | None = None) -> list[Position]:
        if self.races:
            self.races -= 1
            winner = [NewEvent(e.stream, e.version, "community.merged.v7", b"") for e in events]
            super().append(winner)
        return super().append(events, tracking=tracking)


def test_a_lost_race_is_decided_anew(tmp_path: Path) -> None:
    with Racing.open(tmp_path / "log.sqlite") as log:
        log.races = ATTEMPTS - 1
        execute(log, [register()])
        assert [e.tag for e in log.read()] == ["community.merged.v7"] * (ATTEMPTS - 1) + ["community.registered.v1"]


def test_a_race_lost_too_often_is_passed_on(tmp_path: Path) -> None:
    with Racing.open(tmp_path / "log.sqlite") as log:
        log.races = ATTEMPTS
        with pytest.raises(ConflictError):
            execute(log, [register()])
