"""How far a build of the demo city is: a bar on a terminal, a line a step where there is none (make, CI, a log)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str, float], None]
"""Told what is being done, and the share of all work that is done (0 to 1)."""


@contextmanager
def progress() -> Iterator[Report]:
    """What a build reports to, shown on standard error."""
    if not sys.stderr.isatty():
        yield _line
        return
    from rich.console import Console  # slow to import, and only for people who wait
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as shown:
        task = shown.add_task("…", total=1.0)
        yield lambda step, share: shown.update(task, description=step, completed=share)


def _line(step: str, share: float) -> None:
    print(f"{share:4.0%}  {step}", file=sys.stderr, flush=True)
