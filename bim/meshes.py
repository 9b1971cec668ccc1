"""Instanced meshes of a model: each shape once, and a placement for every product that has it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Meshes:
    """Arrays that a view draws without touching IFC.

    `vertices` (n, 3) float32 metres around each mesh's own origin and `faces` (m, 3) int32 (rows of the mesh's own
    vertices) lie one mesh after the other; mesh k has vertices[vertex_start[k]:vertex_start[k + 1]], faces likewise.
    Instance i is entity `entity_id[i]` (S22), drawn as mesh `mesh[i]` at `placement[i]` (4x4 row-major, model metres).
    """

    vertices: Floats
    faces: Ints
    vertex_start: Ints
    face_start: Ints
    mesh: Ints
    placement: npt.NDArray[np.float64]
    entity_id: npt.NDArray[np.bytes_]

    @property
    def count(self) -> int:
        """Number of different meshes."""
        return len(self.vertex_start) - 1

    def of(self, mesh: int) -> tuple[Floats, Ints]:
        """(vertices, faces) of one mesh."""
        vertices = self.vertices[self.vertex_start[mesh] : self.vertex_start[mesh + 1]]
        return vertices, self.faces[self.face_start[mesh] : self.face_start[mesh + 1]]

    def placed(self, instance: int) -> npt.NDArray[np.float64]:
        """Vertices of one instance, (n, 3) model metres."""
        vertices, _ = self.of(int(self.mesh[instance]))
        placement = self.placement[instance]
        moved: npt.NDArray[np.float64] = vertices.astype(np.float64) @ placement[:3, :3].T + placement[:3, 3]
        return moved


def assembled(
    shapes: list[tuple[Floats, Ints]], mesh: Ints, placement: npt.NDArray[np.float64], entity_ids: list[str]
) -> Meshes:
    """Meshes from (vertices, faces) pairs and their instances."""
    return Meshes(
        np.concatenate([each for each, _ in shapes] or [np.empty((0, 3), np.float32)]),
        np.concatenate([each for _, each in shapes] or [np.empty((0, 3), np.int32)]),
        _starts([len(each) for each, _ in shapes]),
        _starts([len(each) for _, each in shapes]),
        mesh,
        placement,
        np.array(entity_ids, dtype="S22"),
    )


def write(meshes: Meshes, path: Path) -> None:
    """Write the arrays as an uncompressed .npz."""
    with path.open("wb") as stream:
        np.savez(stream, **{each.name: getattr(meshes, each.name) for each in fields(Meshes)})


def read(path: Path) -> Meshes:
    """The meshes that `write` wrote."""
    with np.load(path) as arrays:
        return Meshes(**{each.name: arrays[each.name] for each in fields(Meshes)})


def _starts(lengths: list[int]) -> Ints:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
