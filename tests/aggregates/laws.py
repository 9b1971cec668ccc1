"""Given events, when commands, then events: how the aggregates' laws are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from events.errors import DomainError
from twin.decider import Decider

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
RECORDED = datetime(2026, 11, 22, tzinfo=UTC)


def day(number: int) -> datetime:
    """An instant, `number` days after new year."""
    return NEW_YEAR + timedelta(days=number)


def told(decider: Decider[Any, Any, Any], commands: Iterable[Any]) -> list[Any]:
    """All events of the commands in turn; refused ones tell nothing."""
    state, events = decider.initial, list[Any]()
    for command in commands:
        try:
            new: Sequence[Any] = decider.decide(command, state)
        except DomainError:
            continue
        state = decider.fold(new, state)
        events += new
    return events


def twice(commands: Iterable[Any]) -> list[Any]:
    """Every command delivered two times in a row."""
    return [c for command in commands for c in (command, command)]
