"""Run every benchmark and print its figures; `--write` also puts the table into benchmarks/README.md.

python -m benchmarks [--write] [NAME ...]
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from benchmarks.figures import Figure, machine
from events.clock import now

MODULES = (
    "log",
    "history",
    "ingest",
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
    for name in [w for w in words if not w.startswith("-")] or list(MODULES):
        print(f"## {name}", flush=True)
        found = importlib.import_module(f"benchmarks.{name}").figures()
        print("\n".join(map(line, found)), flush=True)
        if "--write" in words:
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
