"""pytest runs forked off a process that has the libraries loaded: most of a short run's time is importing them.

    {"tests": ["tests/bim/test_areas.py"], "limit_s": 30}  ->  0 (pytest's own code), or -1 when it had not ended

One JSON text a line in, one number a line out. Nothing of the checkout is loaded before the fork.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import time
from collections.abc import Sequence

LIBRARIES = [
    "numpy", "polars", "pyarrow", "msgspec", "eventsourcing.persistence", "pandas", "pvlib", "scipy.optimize",
    "shapely", "ifcopenshell", "ifcopenshell.geom", "pyproj", "hypothesis", "hypothesis.extra.numpy", "pytest",
]  # fmt: skip
OPTIONS = [
    "-x",
    "-q",
    "-p",
    "no:cacheprovider",
    "--tb=no",
    "--no-header",
    "-W",
    "ignore::pytest.PytestAssertRewriteWarning",
]


def main() -> None:
    """Answer until the input ends."""
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        print(_ended(_forked(asked["tests"]), asked["limit_s"]), flush=True)


def _forked(tests: Sequence[str]) -> int:
    child = os.fork()
    if child:
        return child
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    import pytest

    code = 3
    try:
        code = int(pytest.main([*OPTIONS, *tests]))
    finally:
        os._exit(code)


def _ended(child: int, limit_s: float) -> int:
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.killpg(child, 9)
    os.waitpid(child, 0)
    return -1


if __name__ == "__main__":
    main()
