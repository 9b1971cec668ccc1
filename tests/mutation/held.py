"""Faults that once shipped green, put back one by one: some test must fail for each (`make mutants ARGS=--held`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.mutation.sample import Mutant
from tests.mutation.trial import Bench, Fate


def put_back(checkout: Path, entry: dict[str, Any]) -> Mutant:
    """The fault of an entry of `held`; SystemExit where the code no longer reads as it says."""
    source = (checkout / entry["module"]).read_text("utf-8")
    if source.count(entry["was"]) != 1:
        raise SystemExit(f"tests/mutants.toml: {entry['module']} does not hold {entry['was']!r} once; say it anew")
    return Mutant(entry["module"], entry["was"], entry["now"], source.replace(entry["was"], entry["now"]))


def report(bench: Bench, checkout: Path, entries: list[dict[str, Any]]) -> int:
    """A line for each kind; 1 when a fault passes unseen."""
    unseen = 0
    for entry in entries:
        fate = bench.fate(put_back(checkout, entry), entry["tests"])
        unseen += fate is Fate.SURVIVED
        print(f"{fate:<22} {entry['kind']} ({entry['module']}; {' '.join(entry['tests'])})", flush=True)
    return 1 if unseen else 0
