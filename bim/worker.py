"""The parsing process: `python -m bim.worker`. Holds ifcopenshell, takes jobs on standard input, replies on output.

Parser and kernels are C++ and die of some files; they die here, alone. The loader reads what was written before.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import ifcopenshell
import msgspec

from bim import circles, drawing, extract, halfspaces, lifeline, strokes, units
from bim.compare.told import describe
from bim.facts import Facts, Step
from bim.job import Job, Reply
from bim.misdrawn import misdrawn
from bim.parser import lines

MEMORY_BYTES = 6 << 30
"""Address space of the process: what wants more is refused memory, not the machine."""

_SAMPLE = 20

_GARBAGE_AFTER = 200_000
"""Objects after which Python looks for circles: rows are none, and looking at them again and again costs a fifth."""


def main() -> None:
    """Serve jobs until standard input ends."""
    lifeline.hold()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the kernels print there
    decoder = msgspec.json.Decoder(Job)

    def reply(each: Reply) -> None:
        replies.write(msgspec.json.encode(each) + b"\n")

    gc.freeze()
    gc.set_threshold(_GARBAGE_AFTER)
    for line in sys.stdin.buffer:
        _serve(decoder.decode(line), reply)


def _serve(job: Job, reply: Callable[[Reply], None]) -> None:
    try:
        begun = time.process_time()
        model = ifcopenshell.open(job.ifc)
        if not isinstance(model, ifcopenshell.file):
            raise ValueError("no STEP file")
        if job.length_unit_m is not None and "LENGTHUNIT" not in units.factors(model):
            units.state_length(model, job.length_unit_m)
        wanted = _tables(job, model, reply, begun)
        _draw(job, model, wanted, reply)
        _describe(job, model, wanted)
        _tell_lines(job, model, wanted, reply)
        reply(Reply("done", peak_bytes=_peak_bytes()))
    except Exception as error:  # noqa: BLE001 - the top of a process: whatever the parser raises is told, not died of
        reply(Reply("failed", error=type(error).__name__, message=str(error)))


def _peak_bytes() -> int:
    """The most memory this process has held. Not getrusage's, which counts the parent's from before it was forked."""
    status = Path("/proc/self/status")
    if not status.exists():  # no Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    held = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(held.split()[1]) * 1024


def _tables(job: Job, model: ifcopenshell.file, reply: Callable[[Reply], None], begun: float) -> list[Step]:
    """Write facts.json, or read the one of an earlier attempt; the products to be drawn."""
    path = Path(job.folder) / "facts.json"
    if job.draw_only:
        found = msgspec.json.decode(path.read_bytes(), type=Facts)
    else:
        found = extract.facts(model, Path(job.ifc))
        path.write_bytes(msgspec.json.encode(found))
        reply(Reply("facts", cpu_s=time.process_time() - begun))
    if found.length_unit_m is None and "LENGTHUNIT" not in units.factors(model):
        return []
    units.give_to_project(model)
    units.state_angle(model)
    halfspaces.end_far_away(model, found.length_unit_m or units.factors(model)["LENGTHUNIT"])
    _note(reply, "relationships make things parts of themselves", circles.cut_wholes(model, found.parents))
    drawing.name_the_nameless(model, found.entities, found.misnamed)
    skip = set(job.skip) | _of_circles(job, model, reply)
    return [entity.step for entity in found.entities if entity.wanted and entity.step not in skip]


def _of_circles(job: Job, model: ifcopenshell.file, reply: Callable[[Reply], None]) -> set[Step]:
    """Products that no kernel comes to the end of, told once."""
    instances, products = circles.endless(model, circles.PLACEMENTS if job.draw_only else circles.SHAPES)
    _note(reply, "placements or shapes are made of themselves", instances)
    if job.draw_only:
        products |= circles.endless(model, circles.SHAPES)[1]
    return products


def _note(reply: Callable[[Reply], None], what: str, steps: list[Step]) -> None:
    if steps:
        reply(Reply("noted", message=f"{len(steps)} {what}: {' '.join(f'#{step}' for step in steps[:_SAMPLE])}"))


def _draw(job: Job, model: ifcopenshell.file, wanted: list[Step], reply: Callable[[Reply], None]) -> None:
    """By each kernel what the ones before left; what all of them left is tried one by one, since a kernel's pass may
    end early at one bad product, with an error or without."""
    folder = Path(job.folder)
    canvas = drawing.Canvas(folder)
    for kernel in dict.fromkeys([*job.kernels, strokes.ONE_BY_ONE] if job.kernels else []):
        done = strokes.drawn(folder)
        wrong = misdrawn(model, kernel)
        right = [step for step in wanted if step not in done and step not in wrong]
        left = drawing.without_fatal(model, right, kernel)
        if not left:
            continue
        reply(Reply("drawing", kernel))
        begun = time.process_time()
        try:
            count = drawing.draw(model, left, kernel, canvas)
        except RuntimeError as error:
            reply(Reply("drawn", kernel, message=str(error), cpu_s=time.process_time() - begun))
            raise SystemExit(f"{kernel}: {error}") from error  # it would raise the same at every later file, too
        reply(Reply("drawn", kernel, count, time.process_time() - begun))


def _describe(job: Job, model: ifcopenshell.file, wanted: list[Step]) -> None:
    """What no kernel drew is compared by its description."""
    done = strokes.drawn(Path(job.folder))
    left = [step for step in wanted if step not in done]
    if left:
        metre = units.factors(model).get("LENGTHUNIT", 1.0)
        describe(model, left, metre, extract.NOT_BODY, Path(job.folder))


def _tell_lines(job: Job, model: ifcopenshell.file, wanted: list[Step], reply: Callable[[Reply], None]) -> None:
    """Which of the products that no kernel drew are no shapes at all."""
    done = strokes.drawn(Path(job.folder)) if job.kernels else set(wanted)
    undrawn = drawing.products_of(model, [step for step in wanted if step not in done])
    if found := lines.of_lines(undrawn):
        reply(Reply("lines", steps=sorted(found)))


if __name__ == "__main__":
    main()
