"""`make mutants`: how many small changes of the core the tests notice.

make mutants                                        a sample of the core, about ten minutes on two quiet cores
make mutants ARGS="--only bim/units --each 40"      one module, more of it
make mutants ARGS="--seed 7"                        another sample
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from tests.mutation.held import report
from tests.mutation.sample import Mutant, mutants
from tests.mutation.trial import Bench, Fate
from tests.parts.data import CHECKOUT

WANTED = 0.92
"""Share of the mutants that mean something which the tests must kill."""

Result = tuple[Mutant, Fate]


def main() -> int:
    """Try a sample and print what became of it; 1 when too many survived."""
    asked = _asked()
    plan = tomllib.loads((CHECKOUT / "tests" / "mutants.toml").read_text("utf-8"))
    modules = {m: tests for m, tests in _modules(plan) if not asked.only or any(name in m for name in asked.only)}
    known = {(e["module"], e["was"], e["now"]): e["because"] for e in plan.get("equivalent", [])}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        if asked.held:
            kinds = [e for e in plan["held"] if not asked.only or any(name in e["module"] for name in asked.only)]
            return report(Bench.made(Path(folder) / "held"), CHECKOUT, kinds)
        benches: SimpleQueue[Bench] = SimpleQueue()
        for job in range(asked.jobs):
            benches.put(Bench.made(Path(folder) / str(job)))
        results = list(_tried(modules, known, benches, asked))
    return _report(results)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="make mutants", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--only", action="append", help="modules whose path holds this (repeat for several)")
    parser.add_argument("--held", action="store_true", help="put back the faults that once shipped green instead")
    parser.add_argument("--each", type=int, default=5, help="mutants of each module")
    parser.add_argument("--seed", type=int, default=10, help="which sample")
    parser.add_argument("--jobs", type=int, default=2, help="so many at a time")
    parser.add_argument("--minutes", type=float, default=10, help="begin none after so long")
    return parser.parse_args()


def _modules(plan: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Modules of the core with their tests: `modules` may be patterns."""
    for group in plan["core"]:
        for pattern in group["modules"]:
            found = sorted(p for p in CHECKOUT.glob(pattern) if p.name != "__init__.py")
            if not found:
                raise SystemExit(f"tests/mutants.toml: no module {pattern}")
            for path in found:
                yield str(path.relative_to(CHECKOUT)), group["tests"]


def _tried(
    modules: dict[str, list[str]],
    known: dict[tuple[str, str, str], str],
    benches: SimpleQueue[Bench],
    asked: argparse.Namespace,
) -> Iterator[Result]:
    """Each mutant's fate: the first of every module, then the second of every module, so that any part is a sample."""
    until = time.monotonic() + 60 * asked.minutes

    def fate(mutant: Mutant) -> Result | None:
        if (mutant.module, mutant.was, mutant.now) in known:
            return mutant, Fate.EQUIVALENT
        if time.monotonic() > until:
            return None
        tests = modules[mutant.module]
        bench = benches.get()
        try:
            result = mutant, bench.fate(mutant, tests)
        finally:
            benches.put(bench)
        print(f"{result[1]:<22} {mutant.module}: {mutant.now}", flush=True)
        return result

    with ThreadPoolExecutor(asked.jobs) as pool:
        yield from filter(None, pool.map(fate, _sample(modules, asked)))


def _sample(modules: dict[str, list[str]], asked: argparse.Namespace) -> list[Mutant]:
    each = [
        list(
            itertools.islice(
                mutants(m, (CHECKOUT / m).read_text("utf-8"), random.Random(f"{asked.seed} {m}")), asked.each
            )
        )
        for m in modules
    ]
    return [m for round_ in itertools.zip_longest(*each) for m in round_ if m is not None]


def _report(results: Sequence[Result]) -> int:
    """The survivors' changes, a line for each module, and the share."""
    for mutant, fate in results:
        if fate is Fate.SURVIVED:
            print("\n" + mutant.diff((CHECKOUT / mutant.module).read_text("utf-8")))
    print(f"\n{'module':<42} killed survived equivalent")
    for module in sorted({m.module for m, _ in results}):
        print(f"{module:<42} {_row(Counter(f for m, f in results if m.module == module))}")
    total = Counter(f for _, f in results)
    dead, alive = _dead(total), total[Fate.SURVIVED]
    share = dead / (dead + alive) if dead + alive else 0.0
    print(f"{'all':<42} {_row(total)}\n{share:.1%} of {dead + alive} that mean something killed ({WANTED:.0%} wanted)")
    return 0 if share >= WANTED else 1


def _dead(fates: Counter[Fate]) -> int:
    return fates[Fate.KILLED] + fates[Fate.ENDLESS]


def _row(fates: Counter[Fate]) -> str:
    return f"{_dead(fates):6} {fates[Fate.SURVIVED]:8} {fates[Fate.EQUIVALENT]:10}"


if __name__ == "__main__":
    sys.exit(main())
