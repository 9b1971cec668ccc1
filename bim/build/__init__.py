"""From what the parsing process left to a model's tables and meshes."""

from __future__ import annotations

from bim.build.whole import Built, Stated, build

__all__ = ["Built", "Stated", "build"]
