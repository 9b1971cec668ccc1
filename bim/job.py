"""The words between the loader and its parsing process: one job in, a few replies out, each one line of JSON."""

from __future__ import annotations

import msgspec

from bim.facts import Step


class Job(msgspec.Struct, frozen=True):
    """Read `ifc` into `folder`: `facts.json` first (unless `draw_only`), then the shapes by `kernels` in turn.

    `skip`: products that killed a process before. `length_unit_m`: stated by the caller for a file that names none.
    """

    ifc: str
    folder: str
    kernels: list[str]
    draw_only: bool = False
    skip: list[Step] = []
    length_unit_m: float | None = None


class Reply(msgspec.Struct, frozen=True):
    """`stage`: facts, drawing (a kernel begins), drawn (it ended), lines (`steps`: what was not drawn since its body is
    lines only), noted, done, failed. Seconds are CPU of the stage."""

    stage: str
    kernel: str = ""
    drawn: int = 0
    cpu_s: float = 0.0
    peak_bytes: int = 0
    error: str = ""
    message: str = ""
    steps: list[Step] = []
