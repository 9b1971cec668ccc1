"""Run every benchmark and print its figures; `--write` also puts the table into benchmarks/README.md.

python -m benchmarks [--write] [NAME ...]
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from benchmarks.figures import Figure, machine
from events.clock import now

MODULES = ("log_and_cut", "replay", "ingest", "latency", "sustained", "decoders", "bim_load", "app")
README = Path(__file__).parent / "README.md"
MARK = "<!-- figures: written by `make bench` -->"


def main(words: list[str]) -> None:
    """Run the named benchmarks, or all."""
    names = [w for w in words if not w.startswith("-")] or list(MODULES)
    sections = []
    for name in names:
        print(f"## {name}", flush=True)
        found = importlib.import_module(f"benchmarks.{name}").figures()
        for figure in found:
            print(line(figure), flush=True)
        sections.append(section(name, found))
    if "--write" in words:
        head = README.read_text().split(MARK)[0]
        README.write_text(f"{head}{MARK}\n\nMachine: {machine()}. Date: {now().date()}.\n\n" + "\n".join(sections))


def section(name: str, found: list[Figure]) -> str:
    """One benchmark's table."""
    return (
        f"### {name}\n\n| figure | value | unit | target |\n|---|---:|---|---|\n" + "\n".join(map(line, found)) + "\n"
    )


def line(figure: Figure) -> str:
    """One row."""
    value = f"{figure.value:,.0f}" if abs(figure.value) >= 100 else f"{figure.value:.3g}"
    return f"| {figure.name} | {value} | {figure.unit} | {figure.target} |"


if __name__ == "__main__":
    main(sys.argv[1:])
