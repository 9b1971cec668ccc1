"""`twin incidents`: what a person would want to jump to, between two instants."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from events.clock import parse_time
from events.errors import UsageError
from replay.city import City as OpenCity
from replay.incidents import WORDS
from replay.incidents import incidents as incidents_of
from views.commands.options import City, Json, Known, known_word, show


def incidents(
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="First event time 起始時間.")],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="Last event time 結束時間.")],
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Only this kind, such as station_empty (repeatable) 事件類別.")
    ] = None,
    known: Known = None,
    city: City = Path("city"),
    json: Json = False,
) -> None:
    """Incidents between two instants: stations empty or full, silent meters, faults. 兩個時刻之間的事件。

    Example: twin incidents --from 2026-08-20T07:00:00+08:00 --to 2026-08-20T22:00:00+08:00 --city city --json
    """
    unknown = [k for k in kind or [] if k not in WORDS]
    if unknown:
        raise UsageError(f"no kind of incident {unknown[0]!r}; there are {', '.join(WORDS)}")
    with OpenCity.open(city) as opened:
        word = known_word(known, opened.head)
        position = opened.head if word is None else opened.position_at(word)
        found = incidents_of(opened, parse_time(start), parse_time(end), position)
    if kind:
        found = found.filter(found["kind"].is_in(kind))
    show({"known": position, "count": found.height, "incidents": found.to_dicts()}, as_json=json)
