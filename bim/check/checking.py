"""Everything asked of a handover file in one go: the IDS audit and the rule of three meters, files one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from bim.batch import load_each
from bim.check.audit import Audit, audit
from bim.check.requirements import SCHEMA as METERS
from bim.check.requirements import meter_findings, meters_wanted
from bim.errors import BimError
from bim.model import BuildingModel


@dataclass(frozen=True)
class Checked:
    """The audit and the meter findings (`bim.check.requirements.SCHEMA`) of the file with this digest; its model."""

    sha256: str
    audit: Audit
    meters: pl.DataFrame
    meters_wanted: int
    model: BuildingModel | None = field(default=None, repr=False, compare=False)

    @property
    def passed(self) -> bool:
        """Whether everything asked is there."""
        return self.audit.passed and self.meters.is_empty()

    @property
    def failures(self) -> pl.DataFrame:
        """The audit's failures and the meter findings in its words: columns `bim.check.audit.FAILURES`."""
        return pl.concat([self.audit.failures, self.missing])

    @property
    def missing(self) -> pl.DataFrame:
        """The meter findings alone, in the audit's words."""
        return self.meters.select(
            specification=pl.lit("三表 Three meters"),
            requirement=pl.col("kind"),
            global_id=pl.col("dwelling_id"),
            ifc_class=pl.lit(None, pl.String),
            name=pl.lit(None, pl.String),
            reason_zh=pl.format("有 {} 具，{} 具無序號；應為 1 具且有序號", "meters", "without_serial"),
            reason_en=pl.format("{} there, {} without serial; shall be 1 with a serial", "meters", "without_serial"),
        )


@dataclass(frozen=True)
class CheckOutcome:
    """One file's findings, or the error that refuses it."""

    path: Path
    result: Checked | BimError


def check_each(
    paths: Sequence[Path], *, ids: Path | None = None, budget_s: float = 60.0, **stated: Any
) -> Iterator[CheckOutcome]:
    """The outcome of each file, in the order given.

    `ids`: see `bim.check.audit`; `budget_s` for each of the two readings; `stated` as for `bim.load.load`.
    """
    for loaded in load_each(paths, budget_s=budget_s, **stated):
        if isinstance(loaded.result, BimError):
            yield CheckOutcome(loaded.path, loaded.result)
            continue
        try:
            yield CheckOutcome(loaded.path, check(loaded.result, loaded.path, ids=ids, budget_s=budget_s))
        except BimError as error:
            yield CheckOutcome(loaded.path, error)


def check(model: BuildingModel, path: Path, *, ids: Path | None = None, budget_s: float = 60.0) -> Checked:
    """Check a loaded model whose file is at `path`. Raises what `bim.check.audit.audit` raises."""
    found = audit(path, ids=ids, budget_s=budget_s)
    if ids is not None:  # who brings requirements of her own asks for those; the three meters are the city's
        return Checked(model.sha256, found, pl.DataFrame(schema=METERS), 0, model)
    return Checked(model.sha256, found, meter_findings(model), meters_wanted(model), model)


def told(outcome: CheckOutcome) -> dict[str, Any]:
    """What `twin bim check --json` prints of a file."""
    if isinstance(outcome.result, BimError):
        nothing: dict[str, Any] = {"requirements": [], "failures": [], "meters": [], "notes": []}
        return {"file": str(outcome.path), "status": "refused", "reason": str(outcome.result), **nothing}
    checked = outcome.result
    return {
        "file": str(outcome.path),
        "status": "passed" if checked.passed else "failed",
        "reason": None,
        "requirements": checked.audit.results.to_dicts(),
        "failures": checked.audit.failures.to_dicts(),
        "meters": checked.meters.to_dicts(),
        "notes": list(checked.audit.notes),
    }
