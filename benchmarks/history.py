"""History at the city's size: rebuild, start, cuts warm and cold, series, player, and the same question elsewhere.

python -m benchmarks history               a month: 118 million observations, 1 GB in a temporary folder
python -m benchmarks.history 365 [DIR]     a year: 1.4 billion, 7 GB, in DIR, kept for another run

A city in DIR that has no lake has it built. Cuts are asked in fresh processes: `python -m benchmarks.history DIR MODE`
is one of them. CPU time stands beside wall time where the machine may be busy.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.elsewhere import duckdb_cut, postgres_cut
from benchmarks.figures import Figure, best_of
from benchmarks.generated_city import POINT, POINTS, START, generate
from replay.city import City
from replay.diff import diff
from replay.player import moments
from replay.why import why
from twin.place import Place, init
from twin.projector import Projector

MONTH = 30
DAY = timedelta(days=1)
CUTS = 60


def figures(days: int = MONTH, directory: Path | None = None) -> list[Figure]:
    """Over one generated city; a city already in `directory` is taken as it is."""
    with tempfile.TemporaryDirectory() as name:
        place = Place(directory or Path(name) / "city")
        if not place.file.exists():
            with init(place.directory).log() as log:
                generate(log, days)
        built = [] if (place.directory / "lake").exists() else _built(place)
        told = json.loads(_child(place, "warm")) | json.loads(_child(place, "cold"))
        return [*built, *_sizes(place), *_told(told, days), *_in_process(place, days), *_elsewhere(place, days)]


def _built(place: Place) -> list[Figure]:
    with place.log() as log:
        wall, cpu = time.perf_counter(), time.process_time()
        projector = Projector(log, place.directory)
        projector.catch_up(write=True)
        projector.save()
        rows = sum(projector.ledger.observations.values())
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return [
        Figure("live and history built from the log", rows / wall, "readings/s", "≥ 3,000,000"),
        Figure("live and history built from the log, CPU", rows / cpu, "readings/CPU s"),
    ]


def _sizes(place: Place) -> list[Figure]:
    from twin.lake_status import held

    families = held(place.lake)[1]
    rows = sum(family.rows for family in families)
    log = sum(path.stat().st_size for path in place.directory.glob("log.sqlite*"))
    return [
        Figure("observations", rows, ""),
        Figure("log: bytes an observation", log / rows, "B"),
        Figure("lake: bytes an observation", sum(family.bytes for family in families) / rows, "B"),
        Figure("log and lake: bytes an observation", (log + sum(f.bytes for f in families)) / rows, "B", "≤ 6"),
    ]


def _told(told: dict[str, float], days: int) -> list[Figure]:
    size = f"{POINTS:,} points in {days} days"
    return [
        Figure("city opened from its checkpoint", told["opened_ms"], "ms", "≤ 1,000"),
        Figure(f"cut of {size}, median", told["median_ms"], "ms"),
        Figure(f"cut of {size}, p95", told["p95_ms"], "ms", "≤ 100"),
        Figure(f"cut of {size}, p95, CPU", told["p95_cpu_ms"], "ms"),
        Figure(f"cut of {size}, files out of the page cache", told["cold_ms"], "ms", "≤ 1,000"),
        Figure("memory of cuts above the opened city", told["memory_mb"], "MB", "≤ 300"),
    ]


def _in_process(place: Place, days: int) -> list[Figure]:
    end = START + days * DAY
    with City.open(place.directory) as city:
        noon, later = START + DAY / 2, end - DAY / 3
        one = best_of(5, lambda: city.cut(later).entities("readings", [POINT]))
        explained = best_of(5, lambda: why(city, POINT, "value", later))
        compared = best_of(3, lambda: diff(city.cut(noon), city.cut(later), "readings"))
        week = best_of(5, lambda: city.series("readings", [POINT], START, START + 7 * DAY))
        whole = best_of(5, lambda: city.series("readings", [POINT], START, end))
        wall, cpu = time.perf_counter(), time.process_time()
        rows = sum(m.rows.height for m in moments(city, "readings", START + DAY, START + 2 * DAY))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return [
        Figure("one entity at an instant", one * 1e3, "ms", "≤ 10"),
        Figure("why one number is so", explained * 1e3, "ms"),
        Figure("difference of two instants", compared * 1e3, "ms", "≤ 300"),
        Figure("a week's series of one point", week * 1e3, "ms"),
        Figure(f"{days} days' series of one point", whole * 1e3, "ms", "≤ 50 for a year"),
        Figure("a day played without a pace", rows / wall, "readings/s", "≥ 5,000,000"),
        Figure("a day played without a pace, CPU", rows / cpu, "readings/CPU s"),
    ]


def _elsewhere(place: Place, days: int) -> list[Figure]:
    """The same cut by DuckDB over the same files (all of them), and by PostgreSQL over one day's rows."""
    at = START + min(days, MONTH) * DAY / 2
    with City.open(place.directory) as city:
        ours = city.cut(at).frame("readings").height
        day = city.rows("readings", at - DAY, at)
    found = [Figure(f"the same cut by DuckDB, {days} days of Parquet", duckdb_cut(place.lake, at, ours) * 1e3, "ms")]
    for name, seconds in postgres_cut(day, at).items():
        found.append(Figure(f"the same cut by PostgreSQL, one day's rows, {name}", seconds * 1e3, "ms"))
    return found


def _child(place: Place, mode: str) -> str:
    words = [sys.executable, "-m", "benchmarks.history", str(place.directory), mode]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def _warm(place: Place) -> dict[str, float]:
    """Cuts at random instants in this process, and the memory they took above that of the opened city."""
    opened = time.perf_counter()
    with City.open(place.directory) as city:
        opened = time.perf_counter() - opened
        instants = _instants(city, 2)
        city.cut(START + DAY / 2).frame("docks")
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before = _memory_mb("VmRSS")
        wall, cpu = zip(*(_timed(lambda: _checked(city, at)) for at in instants), strict=True)  # noqa: B023
        peak = _memory_mb("VmHWM")
    return {
        "opened_ms": opened * 1e3,
        "median_ms": float(np.median(wall)) * 1e3,
        "p95_ms": float(np.percentile(wall, 95)) * 1e3,
        "p95_cpu_ms": float(np.percentile(cpu, 95)) * 1e3,
        "memory_mb": peak - before,
    }


def _cold(place: Place) -> dict[str, float]:
    """The slowest of three cuts, the city opened anew and every file dropped from the page cache before each."""
    worst = 0.0
    for seed in (3, 4, 5):
        with City.open(place.directory) as city:
            at = _instants(city, seed)[0]
            for path in place.directory.rglob("*.parquet"):
                with path.open("rb") as file:
                    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            worst = max(worst, _timed(lambda: _checked(city, at))[0])  # noqa: B023
    return {"cold_ms": worst * 1e3}


def _instants(city: City, seed: int) -> list[datetime]:
    first, last = city.span() or (START, START)
    minutes = int((last - first) / timedelta(minutes=1))
    return [first + timedelta(minutes=int(m)) for m in np.random.default_rng(seed).integers(60, minutes, CUTS)]


def _checked(city: City, at: datetime) -> None:
    rows = city.cut(at).frame("readings").height
    if rows != POINTS:
        raise RuntimeError(f"cut at {at}: {rows} points, not {POINTS}")


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def _memory_mb(what: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{what}:"))


def main(words: list[str]) -> None:
    """One of the fresh processes, or the benchmark over some days."""
    if words[-1] in ("warm", "cold"):
        place = Place(Path(words[0]))
        print(json.dumps(_warm(place) if words[1] == "warm" else _cold(place)))
        return
    for figure in figures(int(words[0]), Path(words[1]) if len(words) > 1 else None):
        print(f"| {figure.name} | {figure.value:,.4g} | {figure.unit} | {figure.target} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
