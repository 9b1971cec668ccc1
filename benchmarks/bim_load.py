"""Loading building models: cold and warm, beside the raw ifcopenshell kernels that draw the same elements, CPU seconds.

Each contender runs in a process of its own that has already imported what it needs and opened a small file of the same
schema; children's time is counted. `raw` is the fastest plain ifcopenshell sequence that draws every element rightly
(and reads nothing else): open, the manifold iterator (not where it dies, nor for what it draws wrongly, as it is told),
cgal-simple and opencascade for what is missing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

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
from bim.misdrawn import misdrawn
ifcopenshell.open(sys.argv[3])
wrong = {kernel: misdrawn(ifcopenshell.open(sys.argv[1]), kernel) for kernel in sys.argv[2].split(",")}
begun = cpu()
model = ifcopenshell.open(sys.argv[1])
seen = set()
for kernel in sys.argv[2].split(","):
    wanted = [each for each in model.by_type("IfcProduct") if each.Representation and each.id() not in seen
              and each.id() not in wrong[kernel]
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
drawing = sum(each.cpu_s for each in model.coverage.phases if each.name == "parse" or each.name.startswith("draw"))
print(json.dumps({"cpu_s": spent, "drawn": model.coverage.got, "open_and_draw_s": drawing}))
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


PROPERTIES = (
    _CPU
    + """
import json, sys, msgspec, ifcopenshell
from pathlib import Path
from bim import descriptions, extract, identity
def facts(path):
    return extract.facts(ifcopenshell.open(path), Path(path))
facts(sys.argv[2])
model = ifcopenshell.open(sys.argv[1])
begun = cpu()
found = extract.facts(model, Path(sys.argv[1]))
table = descriptions.properties_table(found, identity.identities(found.entities))
print(json.dumps({"cpu_s": cpu() - begun, "properties": table.height}))
"""
)


def figures() -> list[Figure]:
    """Every figure; about a minute."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [SHARED / "ifc" / f"{name}.ifc" for name in NAMES]
        found = [figure for path in paths for figure in _fixture(path, Path(folder))]
        cold_s = sum(figure.value for figure in found if figure.name.endswith("cold load, CPU"))
        raw_s = sum(figure.value for figure in found if figure.name.endswith("raw kernels, CPU"))
        whole = Figure("all fixtures: cold load / raw kernels", cold_s / raw_s, "ratio", "≤ 1.15")
        default_s = sum(run(RAW, str(path), "opencascade", small_of(path))["cpu_s"] for path in paths)
        slower = Figure("all fixtures: default kernel / cold load, CPU", default_s / cold_s, "ratio", "≥ 3")
        return [*found, whole, slower, *_properties(Path(folder)), *_large(Path(folder)), *_tower(Path(folder))]


def _fixture(path: Path, archive_dir: Path) -> list[Figure]:
    raw = run(RAW, str(path), f"{dies_of(path)},cgal-simple,opencascade", small_of(path))
    cold = run(COLD, str(path), str(archive_dir), small_of(path))
    warm = run(WARM, str(path), str(archive_dir))
    return [
        Figure(f"{path.stem}: peak memory, loader and parser", peak_mb(path), "MB", _allowed(path)),
        Figure(f"{path.stem}: raw kernels, CPU", raw["cpu_s"], "s", f"{raw['drawn']:.0f} drawn"),
        Figure(f"{path.stem}: cold load, CPU", cold["cpu_s"], "s", f"{cold['drawn']:.0f} drawn"),
        Figure(f"{path.stem}: cold load / raw kernels", cold["cpu_s"] / raw["cpu_s"], "ratio", "≤ 1.15"),
        Figure(f"{path.stem}: warm load, all tables and meshes", warm["s"] * 1000, "ms", "≤ 50"),
    ]


def _properties(folder: Path) -> list[Figure]:
    """Read 50,000 properties: what the parsing process spends beyond opening the file, and all memory."""
    path = _file_of(folder / "properties.ifc", map(_described_proxy, range(1, 5_001)))
    found = run(PROPERTIES, str(path), small_of(path))
    told = f"≤ 0.6; {found['properties']:.0f} properties"
    return [
        Figure("50,000 properties: read and tabled, CPU", found["cpu_s"], "s", told),
        Figure("50,000 properties: peak memory, loader and parser", peak_mb(path), "MB", _allowed(path)),
    ]


def _large(folder: Path) -> list[Figure]:
    """Load a file of 45 megabytes: 38,000 elements with 380,000 properties, each a box, all of one shape."""
    path = _file_of(folder / "large.ifc", (_SHARED, *map(_placed_proxy, range(1, 38_001))))
    cold = run(COLD, str(path), str(folder), small_of(path))
    return [
        Figure("large file: size", path.stat().st_size / 1e6, "MB", ""),
        Figure("large file: cold load, CPU", cold["cpu_s"], "s", f"{cold['drawn']:.0f} drawn"),
        Figure("large file: peak memory, loader and parser", peak_mb(path), "MB", _allowed(path)),
    ]


_SHARED = """#1=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);
#2=IFCUNITASSIGNMENT((#1));
#3=IFCPROJECT('0000000000000000000000',$,'P',$,$,$,$,$,#2);
#4=IFCCARTESIANPOINT((0.,0.,0.));
#5=IFCAXIS2PLACEMENT3D(#4,$,$);
#6=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-5,#5,$);
#7=IFCRECTANGLEPROFILEDEF(.AREA.,$,$,1.,1.);
#8=IFCDIRECTION((0.,0.,1.));
#9=IFCEXTRUDEDAREASOLID(#7,#5,#8,1.);
#10=IFCSHAPEREPRESENTATION(#6,'Body','SweptSolid',(#9));
#11=IFCPRODUCTDEFINITIONSHAPE($,$,(#10));
"""


def _placed_proxy(number: int) -> str:
    """A described element that stands somewhere and has a shape."""
    at = number * 100 + 20
    where = (
        f"#{at}=IFCCARTESIANPOINT(({number % 200}.,{number // 200}.,0.));\n#{at + 1}=IFCAXIS2PLACEMENT3D(#{at},$,$);\n"
    )
    body = f"$,'{number}',$,$,#{at + 2},#11,$,$);"
    return _described_proxy(number).replace(f"$,'{number}',$,$,$,$,$,$);", body) + (
        f"{where}#{at + 2}=IFCLOCALPLACEMENT($,#{at + 1});\n"
    )


def _file_of(path: Path, lines: Iterable[str]) -> Path:
    """An IFC4 file of these lines."""
    with path.open("w") as out:
        out.write("ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\nFILE_NAME('','',(''),(''),'','','');\n")
        out.write("FILE_SCHEMA(('IFC4'));\nENDSEC;\nDATA;\n")
        out.writelines(lines)
        out.write("ENDSEC;\nEND-ISO-10303-21;\n")
    return path


def _described_proxy(number: int) -> str:
    """An element with a set of ten properties, as lines of a file."""
    first = number * 100
    steps = ",".join(f"#{first + k}" for k in range(10))
    values = (
        f"#{first + k}=IFCPROPERTYSINGLEVALUE('P{k}',$,IFCLABEL('\\X2\\4F4F6236\\X0\\ {number}'),$);" for k in range(10)
    )
    lines = (
        *values,
        f"#{first + 10}=IFCPROPERTYSET('{number:022d}',$,'Pset_{number % 9}',$,({steps}));",
        f"#{first + 11}=IFCBUILDINGELEMENTPROXY('1{number:021d}',$,'{number}',$,$,$,$,$,$);",
        f"#{first + 12}=IFCRELDEFINESBYPROPERTIES('2{number:021d}',$,$,$,(#{first + 11}),#{first + 10});",
    )
    return "".join(f"{line}\n" for line in lines)


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
    authored = run(author, str(path))
    cold = run(COLD, str(path), str(folder), small_of(path))
    warm = run(WARM, str(path), str(folder))
    return [
        Figure("500 dwellings: author, CPU", authored["cpu_s"], "s", "≤ 5"),
        Figure("500 dwellings: file", path.stat().st_size / 1e6, "MB", "≤ 4"),
        Figure("500 dwellings: cold load, CPU", cold["cpu_s"], "s", ""),
        Figure("500 dwellings: peak memory, loader and parser", peak_mb(path), "MB", _allowed(path)),
        Figure("500 dwellings: warm load, all tables and meshes", warm["s"] * 1000, "ms", "≤ 150"),
    ]


def dies_of(path: Path) -> str:
    """The fastest kernel that does not die of a file: manifold segfaults on the Duplex."""
    return "cgal-simple" if path.stem.startswith("Duplex") else "manifold"


def peak_mb(path: Path) -> float:
    """The most memory that a loader and its parsing process hold together (what they share counts once), megabytes."""
    code = "import sys\nfrom pathlib import Path\nfrom bim.load import load\nload(Path(sys.argv[1]))\n"
    most = 0.0
    with subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=CHECKOUT) as loader:
        watched = psutil.Process(loader.pid)
        while loader.poll() is None:
            most = max(most, sum(map(_held, [watched, *watched.children()])))
            time.sleep(0.01)
    return most / 1e6


def _allowed(path: Path) -> str:
    return f"≤ {8 * path.stat().st_size / 1e6 + 200:.0f}"


def _held(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


def small_of(path: Path) -> str:
    """A small file of the same schema, so that no contender pays for reading the schema."""
    is_old = b"'IFC2X3'" in path.read_bytes()[:4096]
    return str(SHARED / "ifc" / ("SimpleWall.ifc" if is_old else "Ifc4DesignTransfer.ifc"))


def run(code: str, *words: str) -> dict[str, float]:
    """What a script prints, run in a process of its own."""
    done = subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, cwd=CHECKOUT)
    result: dict[str, float] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    for each in figures():
        print(f"{each.name:55} {each.value:10.3f} {each.unit:6} {each.target}")
