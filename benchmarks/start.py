"""How long a command takes to start: CPU of whole processes beside that of importing polars alone, least of several."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import Figure
from views import demo
from views.demo.size import SMALL

TIMES = 7
TWIN = str(Path(sys.executable).with_name("twin"))


def figures() -> list[Figure]:
    """CPU seconds; what is compiled once (`make env` does) is compiled before."""
    with tempfile.TemporaryDirectory() as folder:
        city = Path(folder) / "city"
        demo.build(city, lambda step, share: None, size=SMALL)
        helped = least(TWIN, "--help")
        polars = least(sys.executable, "-c", "import polars")
        status = least(TWIN, "status", "--city", str(city))
    return [
        Figure("twin --help", helped, "CPU s", "≤ 0.25"),
        Figure("import polars", polars, "CPU s"),
        Figure("twin status above importing polars", status - polars, "CPU s", "≤ 0.2"),
    ]


def least(*command: str) -> float:
    """The least CPU, seconds, that a process took of several."""
    return min(_cpu_s(command) for _ in range(TIMES))


def _cpu_s(command: tuple[str, ...]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
