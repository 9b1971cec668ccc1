"""Cuts into the text of a STEP file: how tests make the damage that real files have."""

from __future__ import annotations

import re
from collections.abc import Iterable

HEADER = (
    "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\nFILE_NAME('','',(''),(''),'','','');\n"
    "FILE_SCHEMA(('{}'));\nENDSEC;\nDATA;\n"
)
FOOTER = "ENDSEC;\nEND-ISO-10303-21;\n"
METRES = (
    "#1=IFCSIUNIT(*,.LENGTHUNIT.,$,.METRE.);\n#2=IFCUNITASSIGNMENT((#1));\n"
    "#3=IFCPROJECT('0YvctVUKr0kugbFTf53O9L',$,'P',$,$,$,$,$,#2);\n"
)


def written(schema: str, lines: Iterable[str]) -> str:
    """A file of a schema that holds a project in metres (#1 to #3) and these lines."""
    return HEADER.format(schema) + METRES + "".join(f"{line}\n" for line in lines) + FOOTER


def without(text: str, ifc_class: str) -> str:
    """Without the instances of a class; what refers to them dangles."""
    pattern = re.compile(rf"^#\d+ ?= ?{ifc_class}\(.*\n", re.IGNORECASE | re.MULTILINE)
    cut = pattern.sub("", text)
    assert cut != text
    return cut


def with_lines(text: str, *lines: str) -> str:
    """With more instances at its end."""
    head, mark, tail = text.rpartition("ENDSEC;")
    return head + "".join(f"{line}\n" for line in lines) + mark + tail


def steps(text: str, ifc_class: str) -> list[str]:
    """Instance names (#12) of a class, in the file's order."""
    found = re.findall(rf"^(#\d+) ?= ?{ifc_class}\(", text, re.IGNORECASE | re.MULTILINE)
    assert found
    return list(found)
