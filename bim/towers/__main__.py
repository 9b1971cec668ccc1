"""`python -m bim.towers FILE.ifc`: write a generated tower."""

from __future__ import annotations

import argparse
from pathlib import Path

from bim.towers.spec import TowerSpec
from bim.towers.tower import author_tower


def main() -> None:
    """Write the tower that the command line asks for."""
    usual = TowerSpec()
    parser = argparse.ArgumentParser("python -m bim.towers", description="Write a generated tower as IFC 產生大樓模型.")
    parser.add_argument("file", type=Path, metavar="FILE.ifc")
    parser.add_argument("--storeys", type=int, default=usual.storeys_above, help="above ground, the ground floor too")
    parser.add_argument("--basements", type=int, default=usual.storeys_below)
    parser.add_argument("--dwellings", type=int, default=usual.dwellings)
    parser.add_argument("--lifts", type=int, default=usual.lifts)
    parser.add_argument("--schema", choices=("IFC4", "IFC4X3"), default="IFC4")
    asked = parser.parse_args()
    try:
        spec = TowerSpec(asked.storeys, asked.basements, asked.dwellings, asked.lifts)
    except ValueError as refused:
        parser.error(str(refused))
    author_tower(spec, asked.file, schema=asked.schema)


if __name__ == "__main__":
    main()
