"""Check a model against an IDS 1.0 file, in a child process, within a budget.

Without a file of one's own it is the city's own for the model's schema (`bim.check.handover`). What IDS cannot say, the
three meters, is in `bim.check.requirements`.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
import polars as pl

from bim.check.audited import Failure, Report, Told
from bim.check.handover import FOLDER, SCHEMAS
from bim.child import run
from bim.errors import ParserCrashError, RequirementsFileError
from bim.file import identify, make_readable

RESULTS = pl.Schema(
    {
        "specification": pl.String,
        "requirement": pl.String,
        "applicable": pl.Int64,
        "passed": pl.Int64,
        "failed": pl.Int64,
    }
)
"""One row per requirement, in the file's order; `requirement` empty: that there are such elements at all."""

FAILURES = pl.Schema(
    {
        "specification": pl.String,
        "requirement": pl.String,
        "global_id": pl.String,
        "ifc_class": pl.String,
        "name": pl.String,
        "reason_zh": pl.String,
        "reason_en": pl.String,
    }
)
"""One row per element that does not meet a requirement; `global_id` null: it has none, or the model lacks it."""

_NOT_IDS, _UNSOUND_IDS = 3, 4

_ZH = {
    "The model has no such element": "模型中沒有這類元件",
    "There shall be no such element": "模型中不應有這類元件",
    "The required attribute did not exist": "缺少此屬性欄位",
    "The required property set does not exist": "缺少此屬性集",
    "The property set does not contain the required property": "屬性集中沒有此屬性",
}
"""ifctester's own sentences, in Chinese; those with values in them are put into words below."""


@dataclass(frozen=True)
class Audit:
    """What was checked (`results`, columns `RESULTS`) and what failed (`failures`, columns `FAILURES`).

    `ids_file` and `ids_sha256`: name and digest of the file of requirements. `notes`: what the verdict does not say, as
    that a requirement was written for another schema (IDS 1.0: `ifcVersion` does not decide).
    """

    results: pl.DataFrame
    failures: pl.DataFrame
    ids_file: str
    ids_sha256: str
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return self.failures.is_empty()


def audit(path: Path, *, ids: Path | None = None, budget_s: float = 60.0) -> Audit:
    """Check one IFC file. Raises RequirementsFileError, BudgetError, ParserCrashError, and what `bim.load` refuses."""
    file = identify(Path(path))
    with tempfile.TemporaryDirectory(prefix="bim-") as work:
        readable = make_readable(file, Path(work))
        wanted = ids or FOLDER / SCHEMAS[readable.schema_loaded]
        out = Path(work) / "audit.json"
        _run(str(path), readable.path.resolve(), wanted, out, budget_s)
        report = msgspec.json.decode(out.read_bytes(), type=Report)
        return _audit(report.told, wanted, tuple(report.notes))


def _run(name: str, model: Path, ids: Path, out: Path, budget_s: float) -> None:
    if not ids.is_file():
        raise RequirementsFileError(f"{ids}: no such file; give an IDS 1.0 file, or none for the city's own")
    done = run("bim.check.auditing", [model, ids.resolve(), out], name, budget_s)
    if done.returncode == _NOT_IDS:
        raise RequirementsFileError(f"{ids}: no IDS 1.0 file ({done.last_words}); validate it first")
    if done.returncode == _UNSOUND_IDS:
        raise RequirementsFileError(f"{ids}: asks for what no model can have: {done.last_words}; mend the file")
    if done.returncode != 0:
        raise ParserCrashError(
            f"{name}: the check died with {done.returncode} ({done.last_words}); "
            "load the file first, its report says what is damaged"
        )


def _audit(told: list[Told], ids: Path, notes: tuple[str, ...]) -> Audit:
    results = [
        (each.specification, each.requirement, each.applicable, each.passed, len(each.failures)) for each in told
    ]
    failures = [
        (each.specification, each.requirement, failure.global_id, failure.ifc_class, failure.name, *_reasons(failure))
        for each in told
        for failure in each.failures
    ]
    return Audit(
        pl.DataFrame(results, schema=RESULTS, orient="row"),
        pl.DataFrame(failures, schema=FAILURES, orient="row"),
        ids.name,
        hashlib.sha256(ids.read_bytes()).hexdigest(),
        notes,
    )


def _reasons(failure: Failure) -> tuple[str, str]:
    """(Chinese, English)."""
    reason = failure.reason
    if reason in _ZH:
        return _ZH[reason], reason
    if "data type" in reason:
        return "資料型別不符", reason
    return ("屬性值為空" if reason.endswith("is empty") else "內容不符合要求"), reason
