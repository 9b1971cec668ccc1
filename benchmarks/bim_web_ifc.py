"""Opening a building model and drawing all of it: ours, plain ifcopenshell and web-ifc (npm, in Node), side by side.

web-ifc is fetched once into `benchmarks/web_ifc/node_modules` (git-ignored) at the version that the lock file holds.
Where Node or npm is missing, or nothing can be fetched, its rows are left out and the reason is printed. CPU seconds;
every contender has read a small file before. What each draws is told: web-ifc leaves spaces out.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.bim_load import COLD, NAMES, RAW, SHARED, dies_of, run, small_of
from benchmarks.figures import Figure

WEB_IFC = Path(__file__).with_name("web_ifc")


def figures() -> list[Figure]:
    """Every figure; about a minute."""
    node = _node()
    with tempfile.TemporaryDirectory() as folder:
        return [each for name in NAMES for each in _fixture(SHARED / "ifc" / f"{name}.ifc", Path(folder), node)]


def _fixture(path: Path, archive_dir: Path, node: str | None) -> list[Figure]:
    raw = run(RAW, str(path), f"{dies_of(path)},cgal-simple,opencascade", small_of(path))
    ours = run(COLD, str(path), str(archive_dir), small_of(path))
    rows = [
        Figure(f"{path.stem}: open and draw, ifcopenshell", raw["cpu_s"], "s", f"{raw['drawn']:.0f} drawn"),
        Figure(f"{path.stem}: open and draw, ours", ours["open_and_draw_s"], "s", f"{ours['drawn']:.0f} drawn"),
    ]
    if node is not None:
        words = [node, str(WEB_IFC / "measure.cjs"), str(path), small_of(path)]
        done = subprocess.run(words, check=True, capture_output=True, cwd=WEB_IFC)
        told = json.loads(done.stdout)
        rows.append(Figure(f"{path.stem}: open and draw, web-ifc", told["cpu_s"], "s", f"{told['drawn']} drawn"))
    return rows


def _node() -> str | None:
    """The path of Node, with web-ifc fetched; None, and a word why, where there is none."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        print("web-ifc: left out, no Node here (install nodejs and npm)", file=sys.stderr)
        return None
    if not (WEB_IFC / "node_modules" / "web-ifc").is_dir():
        words = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        if subprocess.run(words, cwd=WEB_IFC, capture_output=True, check=False).returncode != 0:
            print("web-ifc: left out, npm cannot fetch it here", file=sys.stderr)
            return None
    return node


if __name__ == "__main__":
    for each in figures():
        print(f"{each.name:65} {each.value:10.3f} {each.unit:6} {each.target}")
