"""Cuts into the text of a STEP file: how tests make the damage that real files have."""

from __future__ import annotations

import random
import re
import string
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


def exported_again(text: str, seed: int) -> str:
    """As another run of an exporter writes the same model: other numbers and order of instances, new GlobalIds of
    relationships, real numbers that differ by a billionth."""
    chance = random.Random(seed)
    head, _, data = text.partition("\nDATA;\n")
    data, _, tail = data.rpartition("ENDSEC;")
    lines = data.splitlines()
    numbers = chance.sample(range(1, 10 * len(lines)), len(lines))
    new = {line.split("=")[0].strip(): f"#{number}" for line, number in zip(lines, numbers, strict=True)}
    chance.shuffle(lines)
    renumbered = (re.sub(r"'(?:[^']|'')*'|#\d+", lambda found: new.get(found[0], found[0]), line) for line in lines)
    data = "".join(f"{_noisy(_anew(line, chance), chance)}\n" for line in renumbered)
    return f"{head}\nDATA;\n{data}ENDSEC;{tail}"


def _anew(line: str, chance: random.Random) -> str:
    """A relationship with another GlobalId."""
    digits = "".join(chance.choices(string.ascii_letters + string.digits, k=21))
    return re.sub(r"(= ?IFCREL\w+\(')[^']{22}", rf"\g<1>1{digits}", line)


def _noisy(line: str, chance: random.Random) -> str:
    if "DIRECTION" in line or "UNIT" in line:
        return line
    factor = 1 + chance.uniform(-1e-9, 1e-9)
    return re.sub(r"(?<=[(,])-?\d+\.\d+(?=[,)])", lambda found: repr(float(found[0]) * factor), line)
