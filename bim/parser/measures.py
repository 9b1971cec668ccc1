"""What a measure (IfcAreaMeasure, IfcPositiveLengthMeasure …) is a measure of, and its factor to SI in one file.

Law of the schema's names: what `Ifc[Positive|NonNegative]XMeasure` holds is in the project's unit of type `XUNIT`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"IFC(?:POSITIVE|NONNEGATIVE)?([A-Z]+)MEASURE")
_LENGTH_POWER = {"LENGTHUNIT": 1, "AREAUNIT": 2, "VOLUMEUNIT": 3}
OFFSET = frozenset({"thermodynamictemperature"})
"""What is measured in units that differ by more than a factor: such numbers stay as they are."""

Measured = tuple[str, float | None]
"""What is measured (area, length, electriccurrent …) and the factor to SI; None where the file names no such unit."""


class Measures:
    """The measures of one file, by its unit type → factor to SI; areas and volumes fall back on the length's."""

    def __init__(self, factors: Mapping[str, float]) -> None:
        self._factors = factors
        self._known: dict[str, Measured | None] = {}

    def of(self, measure: str) -> Measured | None:
        """Of a measure's class, in any case; None where it is none that has a unit (a ratio, a count, a label)."""
        found = self._known.get(measure, ...)
        if found is ...:
            found = self._known[measure] = self._looked_up(measure.upper())
        return found

    def factor(self, unit_type: str) -> float | None:
        """To SI of the file's unit of a type; of an area or volume without one the power of the length's."""
        own = self._factors.get(unit_type)
        metre = self._factors.get("LENGTHUNIT")
        if own is not None or metre is None or unit_type not in _LENGTH_POWER:
            return own
        return float(metre ** _LENGTH_POWER[unit_type])

    def _looked_up(self, measure: str) -> Measured | None:
        name = _NAME.fullmatch(measure)
        if name is None or name[1] in _DIMENSIONLESS:
            return None
        quantity = name[1].lower()
        return quantity, None if quantity in OFFSET else self.factor(f"{name[1]}UNIT")


_DIMENSIONLESS = frozenset({"RATIO", "NORMALISEDRATIO", "COUNT", "NUMERIC", "DESCRIPTIVE", "CONTEXTDEPENDENT"})
