"""What the log keeps of a check (`bim.check.checking`): counts per requirement, and the first elements that fail it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from twin.aggregates.compliance import CheckFacts, Requirement

if TYPE_CHECKING:  # the loader's libraries are slow to import, and only its values are used
    from bim.check.checking import Checked

KEPT = 20
"""GlobalIds kept of one requirement's failures: the whole list is in the answer of `twin bim check` and in the BCF."""


def check_facts(building_id: str, schema: str, checked: Checked) -> CheckFacts:
    """Facts of a check of the building's model, which is of `schema`."""
    return CheckFacts(
        building_id=building_id,
        sha256=checked.sha256,
        schema=schema,
        ids_file=checked.audit.ids_file,
        ids_sha256=checked.audit.ids_sha256,
        requirements=tuple(_requirement(row, checked.audit.failures) for row in checked.audit.results.to_dicts()),
        meters_wanted=checked.meters_wanted,
        meters_amiss=checked.meters.height,
    )


def _requirement(row: dict[str, str | int], failures: pl.DataFrame) -> Requirement:
    of = failures.filter(specification=row["specification"], requirement=row["requirement"])
    return Requirement(**row, failing=tuple(of["global_id"].drop_nulls().unique(maintain_order=True)[:KEPT]))  # type: ignore[arg-type]
