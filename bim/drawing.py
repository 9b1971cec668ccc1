"""Draw products by a kernel and stream them to the files of `bim.strokes`.

Vertices lie around their own origin: what a file keeps far from it is moved into the placement, so float32 suffices.
Runs in the drawing process.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import ifcopenshell
import ifcopenshell.geom
import ifcopenshell.guid
import numpy as np
import numpy.typing as npt

from bim.facts import Entity, Step
from bim.relations import by_type
from bim.strokes import HEADER, INSTANCE, ONE_BY_ONE, mesh_count

_FAR_M = 1e4
_BEYOND_A_SITE_M = 1e6
_BEYOND_EARTH_M = 1e8
_SURFACE_MODELS = ("IfcFaceBasedSurfaceModel", "IfcShellBasedSurfaceModel")
_LAST_STEP = (1 << 31) - 1
_FRUITLESS = 200
"""Products that may be tried one by one without success, beyond twice those drawn so: more are no accident."""

_MARK = struct.Struct("<I")


class Canvas:
    """The two files, opened for appending. A drawn product is on disk before the next one is begun."""

    def __init__(self, folder: Path) -> None:
        self._instances = (folder / "instances.bin").open("ab", buffering=0)
        self._meshes = (folder / "meshes.bin").open("ab", buffering=0)
        self._trying = folder / "trying.bin"
        self._next_mesh = mesh_count(folder)
        self._known: dict[str, tuple[int, npt.NDArray[np.float64] | None]] = {}

    def mark(self, step: Step) -> None:
        """Note the product that is tried next: if the process dies, it was the one."""
        self._trying.write_bytes(_MARK.pack(step))

    def add(self, step: Step, shape: Any) -> bool:
        """Write a shape; False if it has no faces, or coordinates that no site on earth has: it counts as not drawn."""
        geometry = shape.geometry
        known = self._known.get(geometry.id)
        if known is None:
            known = self._add_mesh(geometry)
            if known is None:
                return False
            self._known[geometry.id] = known
        row, moved = known
        placement = np.frombuffer(shape.transformation_buffer, "<f8").reshape(4, 4).T
        if moved is not None:
            placement = placement @ moved
        if not (np.abs(placement) < _BEYOND_EARTH_M).all():
            return False
        record = np.array([(step, row, placement)], INSTANCE)
        self._instances.write(record.tobytes())
        return True

    def _add_mesh(self, geometry: Any) -> tuple[int, npt.NDArray[np.float64] | None] | None:
        vertices = np.frombuffer(geometry.verts_buffer, "<f8").reshape(-1, 3)
        faces = geometry.faces_buffer
        if not len(faces) or not (np.abs(vertices) < _BEYOND_EARTH_M).all():
            return None
        vertices, moved = _near_origin(vertices)
        if np.abs(vertices).max() > _BEYOND_A_SITE_M:
            return None
        header = HEADER.pack(len(vertices), len(faces) // 12)
        self._meshes.write(header + vertices.astype("<f4").tobytes() + faces)
        row, self._next_mesh = self._next_mesh, self._next_mesh + 1
        return row, moved


def name_the_nameless(model: ifcopenshell.file, entities: list[Entity], misnamed: list[Step]) -> None:
    """Give products without a GlobalId one in memory, and no Name to those whose Name is no text: kernels end their
    pass at the first of these, silently."""
    for entity in entities:
        if entity.wanted and entity.global_id is None:
            for product in products_of(model, [entity.step]):
                product.GlobalId = ifcopenshell.guid.new()
    for product in products_of(model, misnamed):
        product.Name = None


def products_of(model: ifcopenshell.file, steps: list[Step]) -> list[Any]:
    """The instances with these numbers; without those whose number the parser's own lookup cannot take (over 2³¹)."""
    return [model.by_id(step) for step in steps if step <= _LAST_STEP]


def without_fatal(model: ifcopenshell.file, wanted: list[Step], kernel: str) -> list[Step]:
    """The products that a kernel may be given: manifold dies of some surface models, cgal-simple of none seen."""
    if kernel != "manifold" or not any(by_type(model, each) for each in _SURFACE_MODELS):
        return wanted
    return [Step(each.id()) for each in products_of(model, wanted) if not _has_surfaces(each)]


def draw(model: ifcopenshell.file, wanted: list[Step], kernel: str, canvas: Canvas) -> int:
    """Draw the wanted products by one kernel; the number drawn. A product that raises is left for another kernel."""
    products = products_of(model, wanted)
    if not products:
        return 0
    shapes = _one_by_one(model, products, canvas) if kernel == ONE_BY_ONE else _iterated(model, products, kernel)
    return sum(canvas.add(Step(shape.id), shape) for shape in shapes)


def _has_surfaces(product: Any) -> bool:
    for representation in product.Representation.Representations or ():
        if representation is None:
            continue
        mapped = [getattr(item, "MappingSource", None) for item in representation.Items or () if item is not None]
        sources = [source.MappedRepresentation for source in mapped if source is not None]
        if any(each is not None and each.RepresentationType == "SurfaceModel" for each in (representation, *sources)):
            return True
    return False


def _near_origin(
    vertices: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64] | None]:
    if np.abs(vertices).max() < _FAR_M:
        return vertices, None
    centre = np.round(vertices.mean(axis=0))
    moved = np.eye(4)
    moved[:3, 3] = centre
    return vertices - centre, moved


def _iterated(model: ifcopenshell.file, products: list[Any], kernel: str) -> Iterator[Any]:
    settings = ifcopenshell.geom.settings()  # type: ignore[no-untyped-call]
    yield from ifcopenshell.geom.iterator(settings, model, 1, include=products, geometry_library=cast(Any, kernel))


def _one_by_one(model: ifcopenshell.file, products: list[Any], canvas: Canvas) -> Iterator[Any]:
    settings = ifcopenshell.geom.settings()  # type: ignore[no-untyped-call]
    kernel = ifcopenshell.geom.kernel(settings, model, geometry_library="opencascade")
    credit = _FRUITLESS
    for product in products:
        canvas.mark(Step(product.id()))
        try:
            shape = kernel.create_shape(product)
        except RuntimeError:
            credit -= 1
            if not credit:
                return
            continue
        credit += 2
        yield shape
