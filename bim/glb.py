"""Write instanced meshes as glTF 2.0 binary: each shape once, a node per instance, named by its GlobalId.

Coordinates are metres around `origin_m` (kept as `asset.extras.origin_m`, model metres), so that float32 is enough; the
root node turns the model's z-up into glTF's y-up. Normals are left to the viewer: flat shading suits buildings.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from bim.meshes import Meshes

Origin = tuple[float, float, float]

_MAGIC, _VERSION, _JSON, _BIN = b"glTF", 2, b"JSON", b"BIN\0"
_FLOAT, _UNSIGNED_INT = 5126, 5125
_VERTICES, _INDICES = 34962, 34963
_Z_UP = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
"""Column-major: x stays, y goes to -z, z goes to y."""


def origin_of(meshes: Meshes) -> Origin:
    """A local origin for a model: its lowest corner of placements, in whole metres."""
    if not len(meshes.placement):
        return 0.0, 0.0, 0.0
    x_m, y_m, z_m = np.floor(meshes.placement[:, :3, 3].min(axis=0))
    return float(x_m), float(y_m), float(z_m)


def glb(meshes: Meshes, instances: Sequence[int], origin_m: Origin) -> bytes:
    """These instances as one GLB; instances without faces are left out. The same input gives the same bytes."""
    drawn = [nth for nth in instances if len(meshes.of(int(meshes.mesh[nth]))[1])]
    used = sorted({int(meshes.mesh[nth]) for nth in drawn})
    row = {mesh: nth for nth, mesh in enumerate(used)}
    blobs = [part for mesh in used for part in _arrays(*meshes.of(mesh))]
    nodes = [_node(meshes, nth, row[int(meshes.mesh[nth])], origin_m) for nth in drawn]
    views, binary = _views(blobs)
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "taipei-twin", "extras": {"origin_m": origin_m}},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"name": "model", "matrix": _Z_UP, **_children(len(nodes))}, *nodes],
    }
    if used:
        document |= {
            "meshes": [_mesh(nth) for nth in range(len(used))],
            "accessors": [_accessor(nth, blob) for nth, blob in enumerate(blobs)],
            "bufferViews": views,
            "buffers": [{"byteLength": len(binary)}],
        }
    return _packed(msgspec.json.encode(document), binary)


def _arrays(vertices: npt.NDArray[np.float32], faces: npt.NDArray[np.int32]) -> tuple[npt.NDArray[Any], ...]:
    return vertices.astype("<f4"), faces.astype("<u4").reshape(-1)


def _children(count: int) -> dict[str, list[int]]:
    """glTF allows no empty list of children."""
    return {"children": list(range(1, count + 1))} if count else {}


def _node(meshes: Meshes, instance: int, mesh: int, origin_m: Origin) -> dict[str, Any]:
    matrix = meshes.placement[instance].copy()
    matrix[:3, 3] -= origin_m
    return {
        "name": meshes.entity_id[instance].decode(),
        "mesh": mesh,
        "matrix": [float(each) for each in matrix.T.reshape(-1)],
    }


def _mesh(nth: int) -> dict[str, Any]:
    return {"primitives": [{"attributes": {"POSITION": 2 * nth}, "indices": 2 * nth + 1}]}


def _accessor(view: int, blob: npt.NDArray[Any]) -> dict[str, Any]:
    if blob.ndim == 1:
        return {"bufferView": view, "componentType": _UNSIGNED_INT, "count": len(blob), "type": "SCALAR"}
    corners = {"min": blob.min(axis=0).tolist(), "max": blob.max(axis=0).tolist()}
    return {"bufferView": view, "componentType": _FLOAT, "count": len(blob), "type": "VEC3", **corners}


def _views(blobs: Sequence[npt.NDArray[Any]]) -> tuple[list[dict[str, int]], bytes]:
    """Both kinds of array are multiples of four bytes: no padding between them."""
    views, at = [], 0
    for blob in blobs:
        target = _INDICES if blob.ndim == 1 else _VERTICES
        views.append({"buffer": 0, "byteOffset": at, "byteLength": blob.nbytes, "target": target})
        at += blob.nbytes
    return views, b"".join(blob.tobytes() for blob in blobs)


def _packed(document: bytes, binary: bytes) -> bytes:
    document += b" " * (-len(document) % 4)
    chunks = [(_JSON, document), *([(_BIN, binary)] if binary else [])]
    body = b"".join(struct.pack("<I", len(data)) + kind + data for kind, data in chunks)
    return _MAGIC + struct.pack("<II", _VERSION, 12 + len(body)) + body
