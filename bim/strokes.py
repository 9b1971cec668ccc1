"""What the drawing process streams to disk, product by product, so that its crash loses only what was not drawn yet.

meshes.bin      per mesh: n_vertices u4, n_faces u4, vertices (n, 3) f4 metres, faces (m, 3) i4
instances.bin   per drawn product: `INSTANCE` (step, row of the mesh in meshes.bin, 4x4 placement in metres, row-major)
trying.bin      step of the product being drawn one by one (only in the last resort)
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bim.facts import Step

UNDRAWN = "undrawn.json"
"""A list of `bim.facts.Placed`: of what no kernel drew."""

INSTANCE = np.dtype([("step", "<u4"), ("mesh", "<u4"), ("placement", "<f8", (4, 4))])
"""One record of instances.bin."""

HEADER = struct.Struct("<II")
"""Head of a mesh in meshes.bin: number of vertices, number of faces."""

ONE_BY_ONE = "opencascade one by one"
"""Name of the last pass: each product alone, marked before it is tried."""


def instances(folder: Path) -> npt.NDArray[np.void]:
    """Records of the drawn products, in the order drawn; a torn last one is left out."""
    path = folder / "instances.bin"
    whole = path.stat().st_size // INSTANCE.itemsize if path.exists() else 0
    return np.fromfile(path, INSTANCE, whole) if whole else np.empty(0, INSTANCE)


def drawn(folder: Path) -> set[Step]:
    """Steps of the drawn products."""
    return {Step(int(step)) for step in instances(folder)["step"]}


def tried(folder: Path) -> Step | None:
    """The product that was being drawn one by one when the process ended."""
    path = folder / "trying.bin"
    return Step(int.from_bytes(path.read_bytes(), "little")) if path.exists() else None


def meshes(folder: Path) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]]:
    """(vertices, faces) of each mesh in meshes.bin, in order; a torn last one is left out."""
    path = folder / "meshes.bin"
    data = path.read_bytes() if path.exists() else b""
    at = 0
    while at + HEADER.size <= len(data):
        n_vertices, n_faces = HEADER.unpack_from(data, at)
        at += HEADER.size
        if at + 12 * (n_vertices + n_faces) > len(data):
            return
        vertices = np.frombuffer(data, "<f4", 3 * n_vertices, at).reshape(-1, 3)
        at += 12 * n_vertices
        yield vertices, np.frombuffer(data, "<i4", 3 * n_faces, at).reshape(-1, 3)
        at += 12 * n_faces


def mesh_count(folder: Path) -> int:
    """Number of whole meshes in meshes.bin; cuts off a torn last one, so that appending goes on from there."""
    whole = list(meshes(folder))
    path = folder / "meshes.bin"
    if path.exists():
        size = sum(HEADER.size + vertices.nbytes + faces.nbytes for vertices, faces in whole)
        with path.open("r+b") as stream:
            stream.truncate(size)
    return len(whole)
