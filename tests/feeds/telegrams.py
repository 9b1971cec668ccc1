"""The captured P1 telegrams by name, read from the listing that they came in."""

from __future__ import annotations

import ast
from pathlib import Path


def telegrams(shared_data: Path) -> dict[str, bytes]:
    """Name in the listing -> the telegram's bytes."""
    listing = ast.parse((shared_data / "events" / "dsmr_p1_example_telegrams.py.txt").read_text())
    assigned = [node for node in listing.body if isinstance(node, ast.Assign)]
    named = [(node.targets[0], ast.literal_eval(node.value)) for node in assigned]
    return {target.id: text.encode("latin-1") for target, text in named if isinstance(target, ast.Name)}
