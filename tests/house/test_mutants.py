"""What `make mutants` reads and makes: names that are there, and changes that Python takes for other code."""

from __future__ import annotations

import ast
import random
import tomllib
from itertools import islice

from tests.house.checkout import CHECKOUT
from tests.mutation.held import put_back
from tests.mutation.sample import mutants

PLAN = tomllib.loads((CHECKOUT / "tests" / "mutants.toml").read_text("utf-8"))
SOURCE = '''"""Rows."""
from __future__ import annotations

LIMIT = 3


def kept(rows: list[int] | None, most: int = LIMIT) -> list[int]:
    """Those below."""
    if rows is None:
        raise ValueError(f"{most + 1}")
    return sorted(row for row in rows if row < most)
'''


def test_every_module_and_test_that_the_plan_names_is_there() -> None:
    for entry in [*PLAN["core"], *PLAN["held"]]:
        for pattern in entry.get("modules", [entry.get("module")]):
            assert list(CHECKOUT.glob(pattern)), pattern
        for test in entry["tests"]:
            assert (CHECKOUT / test).is_file() or not test.startswith("tests/"), test


def test_every_fault_that_is_put_back_is_other_code_that_python_takes() -> None:
    for entry in PLAN["held"]:
        before = (CHECKOUT / entry["module"]).read_text("utf-8")
        assert ast.dump(ast.parse(put_back(CHECKOUT, entry).source)) != ast.dump(ast.parse(before)), entry["kind"]


def test_every_equivalent_change_is_of_a_line_that_still_stands() -> None:
    for entry in PLAN.get("equivalent", []):
        lines = [line.strip() for line in (CHECKOUT / entry["module"]).read_text("utf-8").splitlines()]
        assert entry["was"] in lines, entry
        assert entry["because"]


def test_a_sample_is_the_same_for_the_same_seed_and_each_of_it_one_change_that_runs() -> None:
    first, again = (list(mutants("rows.py", SOURCE, random.Random("10"))) for _ in range(2))
    assert first == again
    assert {(m.was, m.now) for m in first} == {
        ("LIMIT = 3", "LIMIT = 4"),
        ("LIMIT = 3", "LIMIT = 2"),
        ("if rows is None:", "if rows is not None:"),
        ("if rows is None:", "if not rows is None:"),
        ("return sorted(row for row in rows if row < most)", "return sorted(row for row in rows if row <= most)"),
        ("return sorted(row for row in rows if row < most)", "return sorted(row for row in rows if row > most)"),
    }
    assert list(islice(mutants("rows.py", SOURCE, random.Random("11")), 2)) != first[:2]
