"""Which IFC schema a file names, and which one opens it.

The parser holds IFC2X3, IFC4 and IFC4X3_ADD2. Near relatives open as one of these: every mapping stands in `OPENED_AS`
and is reported as `schema` (as in the file) beside `schema_loaded`. IFC4X1 and IFC4X2 only add alignments to IFC4; the
drafts of IFC4X3 share the names of ADD2. What a mapping cannot hold is counted as dropped in the coverage report.
Schemas before IFC2X3 differ in the attributes of common entities: opened as another they would be read wrongly.
"""

from __future__ import annotations

from bim.errors import UnsupportedSchemaError

LOADABLE = ("IFC2X3", "IFC4", "IFC4X3_ADD2")
"""Schemas that the parser itself holds."""

OPENED_AS = {
    "IFC2X3": "IFC2X3",
    "IFC2X3_FINAL": "IFC2X3",
    "IFC2X3_TC1": "IFC2X3",
    "IFC4": "IFC4",
    "IFC4_ADD1": "IFC4",
    "IFC4_ADD2": "IFC4",
    "IFC4_ADD2_TC1": "IFC4",
    "IFC4X1": "IFC4",
    "IFC4X1_FINAL": "IFC4",
    "IFC4X2": "IFC4",
    "IFC4X3": "IFC4X3_ADD2",
    "IFC4X3_RC1": "IFC4X3_ADD2",
    "IFC4X3_RC2": "IFC4X3_ADD2",
    "IFC4X3_RC3": "IFC4X3_ADD2",
    "IFC4X3_RC4": "IFC4X3_ADD2",
    "IFC4X3_TC1": "IFC4X3_ADD2",
    "IFC4X3_ADD1": "IFC4X3_ADD2",
    "IFC4X3_ADD2": "IFC4X3_ADD2",
}
"""Schema in the file's header, upper case → schema it is opened as."""


def first_known(schemas: list[str]) -> str:
    """The one of a header's schemas that is read here, else the first (empty: none is named).

    >>> first_known(["COBIE", "IFC4"])
    'IFC4'
    """
    return next((each for each in schemas if each.strip().upper() in OPENED_AS), schemas[0] if schemas else "")


def opened_as(file: str, schema: str) -> str:
    """The schema that opens a file whose header names `schema`.

    >>> opened_as("tower.ifc", "ifc4x3_rc4")
    'IFC4X3_ADD2'
    """
    loadable = OPENED_AS.get(schema.strip().upper())
    if loadable is None:
        raise UnsupportedSchemaError(
            f"{file}: FILE_SCHEMA is {schema!r}, which is not read here; export it as {', '.join(LOADABLE)}"
        )
    return loadable
