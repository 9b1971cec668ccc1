"""buildingSMART's implementers' cases of IDS 1.0, and what people met in the field: each judged as its name says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bim.check.checking import Checked, check_each, told
from bim.errors import RequirementsFileError

JUDGE = """
import json, sys
from pathlib import Path
import ifcopenshell
from bim.check import auditing, ids_library

ids_library.mend()
verdicts = {}
for path in map(Path, sys.stdin.read().split("\\0")):
    try:
        document = auditing.opened(str(path))
    except Exception as error:
        verdicts[str(path)] = ["invalid", str(error)]
        continue
    report = auditing.judged(document, ifcopenshell.open(str(path.with_suffix(".ifc"))))
    failed = [failure.reason for each in report.told for failure in each.failures]
    verdicts[str(path)] = ["fail" if failed else "pass", "; ".join(failed)]
print(json.dumps(verdicts))
"""
"""The auditing process's own steps, for many files: it changes ifctester, so that it has a process to itself."""

COUNTED = {"pass": 176, "fail": 111, "invalid": 27}
"""Cases of 2024-06 that `shared/data/ids-suite` holds."""


def test_every_case_of_the_official_suite_is_judged_as_its_name_says(shared_data: Path) -> None:
    cases = sorted((shared_data / "ids-suite").rglob("*.ids"))
    verdicts = judged(cases)
    assert {kind: sum(case.name.startswith(kind) for case in cases) for kind in COUNTED} == COUNTED
    wrong = {case.stem: verdicts[str(case)] for case in cases if not case.name.startswith(verdicts[str(case)][0])}
    assert wrong == {}


def judged(paths: list[Path]) -> dict[str, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", JUDGE], input="\0".join(map(str, paths)), capture_output=True, text=True, check=True
    )
    verdicts: dict[str, list[str]] = json.loads(done.stdout)
    return verdicts


@pytest.mark.parametrize(
    ("name", "status"),
    [("ids-length-mm-attr", "passed"), ("ids-optional-attr-null", "passed"), ("ids-pattern-or", "passed")],
)
def test_requirements_of_the_field_are_met_as_the_standard_says(shared_data: Path, name: str, status: str) -> None:
    """With requirements of one's own the city's rule of three meters does not decide."""
    field = shared_data / "field" / "bim"
    (outcome,) = check_each([field / f"{name}.ifc"], ids=field / f"{name}.ids")
    answer = told(outcome)
    assert (answer["status"], answer["failures"], answer["meters"]) == (status, [], [])


def test_a_requirement_for_another_schema_is_checked_and_the_verdict_says_so(shared_data: Path) -> None:
    field = shared_data / "field" / "bim"
    (outcome,) = check_each([field / "ids-only-ifc2x3.ifc"], ids=field / "ids-only-ifc2x3.ids")
    answer = told(outcome)
    assert answer["status"] == "failed"
    assert answer["requirements"]
    assert any("written for another IFC schema" in note and "IFC2X3; IFC4" in note for note in answer["notes"])


def test_requirements_that_no_model_can_meet_are_refused_by_name(shared_data: Path) -> None:
    suite = shared_data / "ids-suite" / "attribute"
    case = suite / "invalid-derived_attributes_cannot_be_checked_and_always_fail"
    (outcome,) = check_each([case.with_suffix(".ifc")], ids=case.with_suffix(".ids"))
    assert isinstance(outcome.result, RequirementsFileError)
    assert "IFCCARTESIANPOINT has no attribute Dim in IFC4" in str(outcome.result)
    assert not isinstance(outcome.result, Checked)
