"""Parse and draw one file in the parsing process, whatever happens there.

Kernels in order, each for what the ones before left: manifold (fast, but wrong about what `bim.misdrawn` finds);
cgal-simple (as fast, draws surface models and open breps); opencascade (ten times slower, draws nearly everything). If
the last one dies too, it goes on one by one, so that a crash costs its product only.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from bim.errors import BudgetError, CorruptIfcError, ParserCrashError
from bim.facts import Facts, Step
from bim.job import Job, Reply
from bim.process import Worker, WorkerDiedError, WorkerSilentError
from bim.strokes import ONE_BY_ONE, tried

_SILENT_SHARE = 0.25
"""A kernel that draws nothing for this share of the budget hangs."""

_MAX_CRASHES = 24
"""Products that may kill a process, before the rest of a file is left undrawn."""

_NEXT = {
    "manifold": ["cgal-simple", "opencascade"],
    "cgal-simple": ["opencascade"],
    "opencascade": [ONE_BY_ONE],
    ONE_BY_ONE: [ONE_BY_ONE],
}
"""The kernel that died or hung → the kernels tried after it."""


@dataclass
class Parsed:
    """What the process left in `folder`: its facts, and notes for the coverage report."""

    folder: Path
    facts: Facts
    passes: list[Reply] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)
    lost: list[Step] = field(default_factory=list)
    lines: set[Step] = field(default_factory=set)
    parse_cpu_s: float = 0.0
    peak_bytes: int = 0


KERNELS = ("manifold", "cgal-simple", "opencascade")
"""The kernels that draw what the ones before left."""


def parse(
    worker: Worker,
    file: str,
    ifc: Path,
    folder: Path,
    budget_s: float,
    length_unit_m: float | None,
    *,
    kernels: tuple[str, ...] = KERNELS,
) -> Parsed:
    """Parse `ifc` (called `file` in messages) into `folder` within `budget_s`; without kernels nothing is drawn.

    Raises CorruptIfcError, BudgetError and ParserCrashError; once there are facts, what befalls the drawing is noted.
    """
    deadline = time.monotonic() + budget_s
    job = Job(str(ifc), str(folder), list(kernels), length_unit_m=length_unit_m)
    seen: list[Reply] = []
    parsed: Parsed | None = None
    while True:
        try:
            for reply in worker.run(job, deadline=deadline, silence_s=max(2.0, budget_s * _SILENT_SHARE)):
                seen.append(reply)
            break
        except (WorkerDiedError, WorkerSilentError) as error:
            if not seen and not worker.fresh:
                continue  # an earlier file's remains killed it: once more in a new process
            parsed = parsed or _facts_or_raise(file, folder, seen, error, budget_s)
            kernel = next((each.kernel for each in reversed(seen) if each.stage == "drawing"), "")
            _note(parsed, kernel, error)
            if time.monotonic() > deadline or len(parsed.incidents) > _MAX_CRASHES:
                break
            job = _going_on(job, kernel, parsed.lost)
    worker.rest()  # before the facts are read, which need as much memory as it may hold
    return _finished(parsed or _parsed(file, folder, seen), seen)


def _going_on(job: Job, kernel: str, lost: list[Step]) -> Job:
    """The job that goes on where `kernel` broke off, without the products that killed it."""
    return msgspec.structs.replace(job, draw_only=True, kernels=_NEXT.get(kernel, ["opencascade"]), skip=lost)


def _facts_or_raise(file: str, folder: Path, seen: list[Reply], error: Exception, budget_s: float) -> Parsed:
    if any(reply.stage == "facts" for reply in seen):
        return _parsed(file, folder, seen)
    if isinstance(error, WorkerSilentError):
        raise BudgetError(f"{file}: not read within {budget_s:g} s; give more with --budget") from error
    raise ParserCrashError(
        f"{file}: the IFC parser died on it ({error}); repair the file or export it again"
    ) from error


def _parsed(file: str, folder: Path, seen: list[Reply]) -> Parsed:
    failed = next((reply for reply in seen if reply.stage == "failed"), None)
    if not any(reply.stage == "facts" for reply in seen):
        message = failed.message if failed else "no reply"
        raise CorruptIfcError(f"{file}: the IFC parser gives up: {message}; repair the file or export it again")
    return Parsed(folder, msgspec.json.decode((folder / "facts.json").read_bytes(), type=Facts))


def _note(parsed: Parsed, kernel: str, error: Exception) -> None:
    what = "hung and was stopped" if isinstance(error, WorkerSilentError) else str(error)
    incident = f"{kernel}: {what}"
    step = tried(parsed.folder) if kernel == ONE_BY_ONE else None
    if step is not None:
        parsed.lost.append(step)
        incident += f" at #{step}"
    parsed.incidents.append(incident)


def _finished(parsed: Parsed, seen: list[Reply]) -> Parsed:
    parsed.incidents.extend(f"{reply.error}: {reply.message}" for reply in seen if reply.stage == "failed")
    parsed.incidents.extend(
        f"{reply.kernel}: {reply.message}" for reply in seen if reply.stage == "drawn" and reply.message
    )
    parsed.incidents.extend(dict.fromkeys(reply.message for reply in seen if reply.stage == "noted"))
    parsed.lines = {step for reply in seen if reply.stage == "lines" for step in reply.steps}
    parsed.passes = [reply for reply in seen if reply.stage == "drawn"]
    parsed.parse_cpu_s = sum(reply.cpu_s for reply in seen if reply.stage == "facts")
    parsed.peak_bytes = max((reply.peak_bytes for reply in seen), default=0)
    return parsed
