"""Metrics of a Sparkplug B message as cells.

    sparkplug:<group>/<node>[/<device>]:<metric>   numbers and booleans as readings, texts and date-times as states

A property `engUnit` (or unit, units) is the unit; without one a number is a plain count. A property `Quality` other
than 192 (good) makes a reading invalid. Null is no value, and none is counted; what a template's instance holds
stands under `<metric>/<member>`. bdSeq and the node's and device's controls are no observations, nor are definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from events.errors import PayloadError
from events.feeds.cells import STATE, Cell
from events.feeds.refusals import Refused, quoted
from events.feeds.sparkplug.sessions import BDSEQ, inner
from events.feeds.sparkplug.values import instant_of, value_of
from events.feeds.units.written import unit_of
from events.observations import Quality

UNIT_WORDS = ("engUnit", "engUnits", "unit", "units", "Engineering Units")
GOOD = 192
CONTROLS = ("Node Control/", "Device Control/")
DEEPEST = 8
"""Templates within templates."""

Alone = Callable[[Any], bytes]
"""A metric as a document of its own."""


def cells_of(metric: Any, point: str, time: str, alone: Alone) -> Iterator[Cell | Refused]:
    """A metric's cells; `time` where it tells none of its own."""
    if metric.name == BDSEQ or metric.name.startswith(CONTROLS):
        return
    yield from _within(metric, point, metric.name, time, partial(alone, metric), 0)


def _within(
    metric: Any, point: str, name: str, time: str, document: Callable[[], bytes], depth: int
) -> Iterator[Cell | Refused]:
    if metric.is_null:
        return
    if metric.WhichOneof("value") == "template_value":
        if depth >= DEEPEST:
            yield Refused(
                0, f"{point}:{quoted(name)}: templates within templates, more than {DEEPEST} deep", document()
            )
        elif not metric.template_value.is_definition:
            own = _time(metric, time)
            for member in inner(metric):
                yield from _within(member, point, f"{name}/{member.name}", own, document, depth + 1)
        return
    try:
        yield _cell(metric, f"{point}:{name}", _time(metric, time), document)
    except PayloadError as error:
        known = repr(name) if name else f"alias {metric.alias}"
        yield Refused(0, f"{point}: {known}: {error}", document())


def _cell(metric: Any, point: str, time: str, document: Callable[[], bytes]) -> Cell:
    if not metric.name:
        raise PayloadError("no birth certificate that was seen tells its name")
    text, is_text = value_of(metric)
    if is_text:
        return Cell(point, STATE, time, text, document)
    told = _properties(metric)
    word = next((str(told[name]) for name in UNIT_WORDS if told.get(name)), "")
    known = unit_of(word)
    if known is None:
        raise PayloadError(f"unit {quoted(word)} is not known")
    bad = told.get("Quality", GOOD) not in (GOOD, None)
    quality = Quality.INVALID if bad else Quality.MEASURED
    return Cell(point, known[0], time, text, document, factor=known[1], quality=quality)


def _time(metric: Any, time: str) -> str:
    return instant_of(metric.timestamp) if metric.HasField("timestamp") else time


def _properties(metric: Any) -> dict[str, object]:
    told = metric.properties
    return {
        key: None if value.is_null or not (field := value.WhichOneof("value")) else getattr(value, field)
        for key, value in zip(told.keys, told.values, strict=False)
    }
