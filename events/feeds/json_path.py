"""Where in a JSON value something stands: `device.id`, `readings[0].value`, `sensors[name=pm25].value`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_STEP = re.compile(r"([^.\[\]=]+)|\[(\d{1,6})\]|\[([^\[\]=.]+)=([^\[\]]*)\]")
ABSENT = None
"""What `found` gives where nothing stands; a JSON null is as good as nothing."""


@dataclass(frozen=True)
class Step:
    """One step down: a member's name, an element's place, or the element whose member is equal to a text."""

    name: str = ""
    at: int = -1
    equal: str | None = None


def path_of(text: str) -> tuple[Step, ...]:
    """The steps of a path; ValueError says where it breaks.

    >>> [step.name or step.at for step in path_of("readings[0].value")]
    ['readings', 0, 'value']
    """
    steps: list[Step] = []
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        dotted = text[at] == "." and steps
        if dotted:
            found = _STEP.match(text, at + 1)
        if found is None or bool(dotted) != (found[1] is not None and bool(steps)):
            raise ValueError(f"{text!r} breaks at {text[at : at + 12]!r}; write a.b, a[0] or a[name=x]")
        steps.append(Step(found[1] or found[3] or "", int(found[2]) if found[2] else -1, found[4]))
        at = found.end()
    if not steps:
        raise ValueError("an empty path; write a.b, a[0] or a[name=x]")
    return tuple(steps)


def found(value: Any, path: tuple[Step, ...]) -> Any:
    """What stands at the path, ABSENT where nothing does."""
    for step in path:
        if step.at >= 0:
            value = value[step.at] if isinstance(value, list) and step.at < len(value) else ABSENT
        elif step.equal is not None:
            value = _equal(value, step) if isinstance(value, list) else ABSENT
        else:
            value = value.get(step.name) if isinstance(value, dict) else ABSENT
    return value


def _equal(elements: list[Any], step: Step) -> Any:
    named = (e for e in elements if isinstance(e, dict) and str(e.get(step.name)) == step.equal)
    return next(named, ABSENT)
