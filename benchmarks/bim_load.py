"""Loading building models: cold and warm, beside the raw ifcopenshell kernels that draw the same elements, CPU seconds.

Each contender runs in a process of its own that has already imported what it needs and opened a small file of the same
schema; children's time is counted. `raw` is the fastest plain ifcopenshell sequence that draws every element (and reads
nothing else): open, the manifold iterator (not where it dies), cgal-simple and opencascade for what is missing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import Figure

CHECKOUT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("TWIN_SHARED_DATA", CHECKOUT.parent / "shared" / "data"))
NAMES = (
    "AC20-FZK-Haus",
    "Duplex_A_20110907_georeferenced",
    "LargeBuilding",
    "MULTICOM-balkons",
    "TallBuilding",
    "building-architecture",
)

_CPU = """
import os, resource
def cpu():
    return sum(each.ru_utime + each.ru_stime for each in map(resource.getrusage, (0, -1)))
"""

RAW = (
    _CPU
    + """
import json, sys, ifcopenshell, ifcopenshell.geom as geom
ifcopenshell.open(sys.argv[3])
begun = cpu()
model = ifcopenshell.open(sys.argv[1])
seen = set()
for kernel in sys.argv[2].split(","):
    wanted = [each for each in model.by_type("IfcProduct") if each.Representation and each.id() not in seen
              and not each.is_a("IfcOpeningElement") and not each.is_a("IfcAnnotation")]
    if wanted:
        for shape in geom.iterator(geom.settings(), model, 1, include=wanted, geometry_library=kernel):
            shape.geometry.verts_buffer, shape.transformation_buffer
            if shape.geometry.faces_buffer:
                seen.add(shape.id)
print(json.dumps({"cpu_s": cpu() - begun, "drawn": len(seen)}))
"""
)

COLD = (
    _CPU
    + """
import json, sys
from pathlib import Path
import polars, shapely, pyproj
from bim import build, load, parsing
from bim.process import Worker
with Worker() as worker:
    load.load(Path(sys.argv[3]), worker=worker)
    child = next(iter(__import__("psutil").Process().children()))
    begun = cpu() + sum(child.cpu_times()[:2])
    model = load.load(Path(sys.argv[1]), worker=worker, archive_dir=Path(sys.argv[2]))
    alive = [each for each in __import__("psutil").Process().children()]
    spent = cpu() + sum(sum(each.cpu_times()[:2]) for each in alive) - begun
print(json.dumps({"cpu_s": spent, "drawn": model.coverage.got, "peak_bytes": model.coverage.peak_bytes}))
"""
)

WARM = """
import json, sys, time
from pathlib import Path
from bim import load
times = []
for _ in range(5):
    begun = time.perf_counter()
    model = load.load(Path(sys.argv[1]), archive_dir=Path(sys.argv[2]))
    for name in model.tables:
        model.tables[name]
    model.meshes
    times.append(time.perf_counter() - begun)
assert not any(name.startswith("ifcopenshell") for name in sys.modules)
print(json.dumps({"s": min(times)}))
"""


def figures() -> list[Figure]:
    """Every figure; about a minute."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [SHARED / "ifc" / f"{name}.ifc" for name in NAMES]
        found = [figure for path in paths for figure in _fixture(path, Path(folder))]
        cold_s = sum(figure.value for figure in found if figure.name.endswith("cold load, CPU"))
        default_s = sum(_run(RAW, str(path), "opencascade", _small(path))["cpu_s"] for path in paths)
        slower = Figure("all fixtures: default kernel / cold load, CPU", default_s / cold_s, "ratio", "≥ 3")
        return [*found, slower, *_tower(Path(folder))]


def _fixture(path: Path, archive_dir: Path) -> list[Figure]:
    died = "cgal-simple" if path.stem.startswith("Duplex") else "manifold"
    raw = _run(RAW, str(path), f"{died},cgal-simple,opencascade", _small(path))
    cold = _run(COLD, str(path), str(archive_dir), _small(path))
    warm = _run(WARM, str(path), str(archive_dir))
    return [
        Figure(f"{path.stem}: raw kernels, CPU", raw["cpu_s"], "s", f"{raw['drawn']:.0f} drawn"),
        Figure(f"{path.stem}: cold load, CPU", cold["cpu_s"], "s", f"{cold['drawn']:.0f} drawn"),
        Figure(f"{path.stem}: cold load / raw kernels", cold["cpu_s"] / raw["cpu_s"], "ratio", "≤ 1.15"),
        Figure(f"{path.stem}: warm load, all tables and meshes", warm["s"] * 1000, "ms", "≤ 50"),
    ]


def _tower(folder: Path) -> list[Figure]:
    """Author, load cold and load warm a building of 500 dwellings."""
    path = folder / "tower.ifc"
    author = (
        _CPU
        + "import json, sys\nfrom pathlib import Path\nfrom bim.author import author_building\n"
        + "from bim.housing import HousingSpec\nbegun = cpu()\n"
        + "author_building(HousingSpec('0' * 16, 'tower', 'A', 21, 3, 500, 121.6, 25.05), Path(sys.argv[1]))\n"
        + "print(json.dumps({'cpu_s': cpu() - begun}))\n"
    )
    authored = _run(author, str(path))
    cold = _run(COLD, str(path), str(folder), _small(path))
    warm = _run(WARM, str(path), str(folder))
    return [
        Figure("500 dwellings: author, CPU", authored["cpu_s"], "s", "≤ 5"),
        Figure("500 dwellings: file", path.stat().st_size / 1e6, "MB", "≤ 4"),
        Figure("500 dwellings: cold load, CPU", cold["cpu_s"], "s", ""),
        Figure("500 dwellings: warm load, all tables and meshes", warm["s"] * 1000, "ms", "≤ 150"),
    ]


def _small(path: Path) -> str:
    """A small file of the same schema, so that no contender pays for reading the schema."""
    is_old = b"'IFC2X3'" in path.read_bytes()[:4096]
    return str(SHARED / "ifc" / ("SimpleWall.ifc" if is_old else "Ifc4DesignTransfer.ifc"))


def _run(code: str, *words: str) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, cwd=CHECKOUT)
    result: dict[str, float] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    for each in figures():
        print(f"{each.name:55} {each.value:10.3f} {each.unit:6} {each.target}")
