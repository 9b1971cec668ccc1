"""What the ingest rang the alarm for, until an operator lets it go: offsets that were lost, identities that clash.

An alarm is an entry in quarantine of format `kafka-gap` or `kafka-identity`; `twin quarantine discard ID --why TEXT`
acknowledges it, and an event in the log says so. The gap stays an incident (`offsets_lost`) of the city's past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from events import batch
from events.ids import Position
from events.log import Log, LogEvent
from events.quarantine import CLASH, GAP, QUARANTINE, RELEASED, SCHEMA, released_rows
from events.sealing.chain import BEGINNING

KINDS = {GAP: "offsets_lost", CLASH: "identities_clash"}
"""Formats of quarantine that are alarms, and what these are called."""


@dataclass(frozen=True)
class Alarm:
    """One alarm nobody has acknowledged: `name` of its entry in quarantine, `kind`, and what was said."""

    name: str
    kind: str
    source: str
    reason: str


class OpenAlarms:
    """The alarms of a log that are open; asked again, only what was appended since is read. Not thread-safe."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._position = Position(0)
        self._mark = BEGINNING  # of a chain of its own: over what is read here alone
        self._open: dict[tuple[int, int], Alarm] = {}

    def look(self) -> Sequence[Alarm]:
        """Open alarms, in the order of the log."""
        head = self._log.head()
        if not self._log.bears(self._mark):  # another log was put back in its place
            self._position, self._mark, self._open = Position(0), BEGINNING, {}
        if head > self._position:
            for event in self._log.read(self._position, upto=head, tags=(QUARANTINE, RELEASED)):
                self._follow(event)
                self._mark = self._mark.after(event)
            self._position = head
        return tuple(self._open.values())

    def _follow(self, event: LogEvent) -> None:
        if event.tag == RELEASED:
            for row in released_rows(event):
                self._open.pop(row, None)
            return
        header = batch.header_of(event.state)
        told = batch.decode(event.state, SCHEMA, ["format", "reason"])
        for at, (form, reason) in enumerate(told.iter_rows()):
            if form in KINDS:
                name = f"{event.position}.{at}"
                self._open[event.position, at] = Alarm(name, KINDS[form], header.source, reason)


def summary(alarms: Sequence[Alarm]) -> list[str]:
    """One line for each source and kind: the first alarm, how many more there are, and how to acknowledge them."""
    groups: dict[tuple[str, str], list[Alarm]] = {}
    for alarm in alarms:
        groups.setdefault((alarm.source, alarm.kind), []).append(alarm)
    return [_line(group) for group in groups.values()]


def _line(group: Sequence[Alarm]) -> str:
    first, more = group[0], len(group) - 1
    rest = f" (and {more} more of this kind)" if more else ""
    return f"{first.kind}: {first.source}: {first.reason}{rest}; acknowledge: twin quarantine discard {_named(group)}"


def _named(group: Sequence[Alarm]) -> str:
    """The words that let a group go: its only entry, or all of its source and format."""
    (form,) = [form for form, kind in KINDS.items() if kind == group[0].kind]
    own = group[0].name if len(group) == 1 else f"--all --source {group[0].source} --format {form}"
    return f"{own} --why TEXT"
