"""The error tree of building models. Every message says which file, what is wrong, which value, and what to do.

BimError
├── UnreadableFileError (OSError)       no such file, a folder, no permission
├── RefusedFileError (ValueError)       the content cannot become a model
│   ├── EmptyFileError
│   ├── NotAnIfcError                   no STEP file at all
│   ├── UnsupportedFormatError          ifcXML, ifcJSON, UTF-16 text
│   ├── UnsupportedSchemaError          a STEP file of a schema that nothing here opens
│   ├── TruncatedIfcError               the end mark is missing
│   ├── CorruptIfcError                 the parser gives up
│   ├── OversizeError                   larger than the stated limit
│   ├── UnsafeArchiveError              an ifczip with path tricks, a bomb, not exactly one model
│   └── MissingLengthUnitError          lengths without a unit, and none stated
├── BudgetError (TimeoutError)          not even the tables could be read in the time given
├── ParserCrashError                    the parser's process died
├── MappingError (ValueError)           a mapping file that says something unknown
├── RequirementsFileError (ValueError)  an IDS file that is none
├── ArchiveError (LookupError)          an archive without the model, or with a damaged one
└── ArchiveUnavailableError (OSError)   an archive that cannot be written: full disk, no permission
"""

from __future__ import annotations


class BimError(Exception):
    """Root of every error of `bim` that a user may see."""


class UnreadableFileError(BimError, OSError):
    """The file cannot be opened or read."""


class RefusedFileError(BimError, ValueError):
    """The file's content cannot become a model."""


class EmptyFileError(RefusedFileError):
    """No bytes, or nothing but white space."""


class NotAnIfcError(RefusedFileError):
    """The bytes are no STEP physical file (ISO 10303-21)."""


class UnsupportedFormatError(RefusedFileError):
    """A building model in a serialisation that is not read here."""


class UnsupportedSchemaError(RefusedFileError):
    """A STEP file whose FILE_SCHEMA nothing here opens."""


class TruncatedIfcError(RefusedFileError):
    """The file ends before END-ISO-10303-21."""


class CorruptIfcError(RefusedFileError):
    """The parser cannot read the file."""


class OversizeError(RefusedFileError):
    """The model is larger than the stated limit."""


class UnsafeArchiveError(RefusedFileError):
    """A packed file that is not exactly one model of honest size at a plain name."""


class MissingLengthUnitError(RefusedFileError):
    """The file holds lengths, names no length unit, and none was stated."""


class BudgetError(BimError, TimeoutError):
    """The tables could not be read within the budget."""


class ParserCrashError(BimError):
    """The process that parses died; the caller's own is unharmed."""


class MappingError(BimError, ValueError):
    """A mapping file with an unknown key, kind or pattern."""


class RequirementsFileError(BimError, ValueError):
    """The file of requirements cannot be read, or is not IDS 1.0."""


class ArchiveError(BimError, LookupError):
    """The archive does not hold the model asked for, or holds a damaged one."""


class ArchiveUnavailableError(BimError, OSError):
    """The archive's folder cannot be written."""
