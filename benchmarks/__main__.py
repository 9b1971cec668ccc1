"""Run every benchmark and print its figures; `--write` also puts the table into benchmarks/README.md.

Without a name all of them run, one after the other: a quarter of an hour on two cores.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from benchmarks.figures import Figure, machine
from events.clock import now

MODULES = (
    "log",
    "start",
    "history",
    "ingest",
    "corrections",
    "alternatives",
    "latency",
    "sustained",
    "compaction",
    "decoders",
    "bim_load",
    "bim_web_ifc",
)
README = Path(__file__).parent / "README.md"
MARK = "<!-- figures: written by `make bench` -->"


def main(words: list[str]) -> None:
    """Run the named benchmarks, or all."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    asked.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(MODULES)}; none: all")
    asked.add_argument("--write", action="store_true", help="put the figures into benchmarks/README.md")
    given = asked.parse_args(words)
    if unknown := set(given.names) - set(MODULES):
        asked.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(MODULES)}")
    for name in given.names or MODULES:
        print(f"## {name}", flush=True)
        found = importlib.import_module(f"benchmarks.{name}").figures()
        print("\n".join(map(line, found)), flush=True)
        if given.write:
            keep(name, found)


def keep(name: str, found: list[Figure]) -> None:
    """Put one benchmark's table, with machine and date, in the place of the one before."""
    head, _, tables = README.read_text("utf-8").partition(MARK)
    sections = {text.split("\n", 1)[0]: text.strip() for text in tables.split("\n### ")[1:]}
    rows = "\n".join(map(line, found))
    stamp = f"{machine()}, {now().date()}"
    sections[name] = f"{name}\n\n{stamp}\n\n| figure | value | unit | target |\n|---|---:|---|---|\n{rows}"
    ordered = [f"### {sections[m]}\n" for m in MODULES if m in sections]
    README.write_text(f"{head}{MARK}\n\n" + "\n".join(ordered), "utf-8")


def line(figure: Figure) -> str:
    """One row."""
    value = f"{figure.value:,.0f}" if abs(figure.value) >= 100 else f"{figure.value:.3g}"
    return f"| {figure.name} | {value} | {figure.unit} | {figure.target} |"


if __name__ == "__main__":
    main(sys.argv[1:])
