"""What a file defines and refers to is counted as written, however long the file is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bim import references as module
from bim.references import classes, references

Written = Callable[[str], Path]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    path = tmp_path_factory.mktemp("references") / "some.ifc"

    def write(text: str) -> Path:
        path.write_text(text, newline="")
        return path

    return write


@given(
    defined=st.sets(st.integers(1, 10**9), max_size=20),
    referred=st.sets(st.integers(1, 10**9), max_size=20),
    piece=st.integers(1, 4_000),
)
def test_references_are_counted_as_written(defined: set[int], referred: set[int], piece: int, written: Written) -> None:
    lines = [
        f"#{step}= IFCX('a #77 b',{','.join(f'#{each}' for each in sorted(referred))});" for step in sorted(defined)
    ]
    path = written("\r\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_PIECE_BYTES", piece)
        found = references(path, len(defined))
    assert found.defined == len(defined)
    assert found.dangling == (referred - defined if defined else set())


def test_classes_are_counted_in_upper_case(written: Written) -> None:
    path = written("#1=IFCWALL($);#2= IfcWall($);\n#3 = IFCDOOR ($);")
    assert classes(path) == {"IFCWALL": 2, "IFCDOOR": 1}
