"""A frame of a cut as a file that says what it is: the cut, its source, its licence, its columns' units.

    .parquet   metadata under the keys `twin:*` of the file's schema
    .arrow     the same in the IPC file's schema
    .jsonld    a list of NGSI-LD entities (`replay.ngsi_ld`); the metadata beside it, as for .csv
    .csv       UTC and local columns for every time; the metadata beside it as CSV on the Web (`<file>-metadata.json`);
               an apostrophe before a text that a spreadsheet would take for a formula

`catalogue_record` is the DCAT 3 record of such a file, JSON-LD.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from events.clock import TAIPEI
from events.errors import UsageError
from replay.ngsi_ld import entities
from replay.quantities import unit_of

MEDIA = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv",
    ".arrow": "application/vnd.apache.arrow.file",
    ".jsonld": "application/ld+json",
}
"""File endings that can be written, and their media types."""

BARE = (".parquet", ".arrow", ".csv")
"""File endings of a frame without metadata."""

FORMULA = r"^[=+\-@\t\r]"
"""What a text begins with that a spreadsheet takes for a formula."""


@dataclass(frozen=True)
class Provenance:
    """Of what a file tells: the frame's name, the cut (instant or window's end, position, record time), the sources
    with their attribution, and the licence (empty: none was stated)."""

    city: str
    frame: str
    at: datetime | None
    known: int
    known_at: datetime | None
    sources: tuple[str, ...] = ()
    attribution: tuple[str, ...] = ()
    licence: str = ""
    synthetic: bool = False

    def metadata(self, frame: pl.DataFrame) -> dict[str, str]:
        """Text by key, as it stands in the file; columns without a unit are left out of `twin:units`."""
        units = {c: unit for c in frame.columns if (unit := unit_of(self.frame, c)) is not None}
        return {
            "twin:city": self.city,
            "twin:frame": self.frame,
            "twin:at": self.at.isoformat() if self.at else "latest",
            "twin:known": str(self.known),
            "twin:known_at": self.known_at.isoformat() if self.known_at else "",
            "twin:sources": "; ".join(self.sources),
            "twin:attribution": "; ".join(self.attribution),
            "twin:licence": self.licence or "not stated",
            "twin:synthetic": str(self.synthetic).lower(),
            "twin:units": msgspec.json.encode(units).decode(),
        }


def write(frame: pl.DataFrame, path: Path, provenance: Provenance) -> list[Path]:
    """Write `frame` to `path` by its ending; the files written. UsageError for another ending or a path that cannot."""
    metadata = provenance.metadata(frame)
    try:
        match path.suffix:
            case ".parquet":
                frame.write_parquet(path, metadata=metadata)
            case ".arrow":
                _write_arrow(frame, path, metadata)
            case ".csv":
                return _write_csv(frame, path, metadata)
            case ".jsonld":
                return _write_ngsi_ld(frame, path, metadata)
            case other:
                raise UsageError(f"{path}: no export to {other or 'a file without ending'}; give {', '.join(MEDIA)}")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error}") from error
    return [path]


def write_bare(frame: pl.DataFrame, path: Path) -> None:
    """Write `frame` alone by the path's ending (BARE); UsageError for another one, or where it cannot be written."""
    if path.suffix not in BARE:
        raise UsageError(f"{path}: {path.suffix or 'a file without ending'} is not written; give {', '.join(BARE)}")
    try:
        match path.suffix:
            case ".parquet":
                frame.write_parquet(path)
            case ".arrow":
                frame.write_ipc(path)
            case _:
                _sheet(frame).write_csv(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error}") from error


def catalogue_record(path: Path, rows: int, provenance: Provenance, issued: datetime) -> dict[str, Any]:
    """The DCAT 3 record of an exported file, with its size and SHA-256."""
    data = path.read_bytes()
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dcterms": "http://purl.org/dc/terms/",
            "spdx": "http://spdx.org/rdf/terms#",
            "prov": "http://www.w3.org/ns/prov#",
        },
        "@type": "dcat:Dataset",
        "dcterms:title": f"{provenance.city}: {provenance.frame}",
        "dcterms:description": f"{rows} rows of {provenance.frame}"
        + (" (synthetic data 合成資料)" if provenance.synthetic else ""),
        "dcterms:issued": issued.isoformat(),
        "dcterms:spatial": provenance.city,
        "dcterms:temporal": {"dcat:endDate": provenance.at.isoformat() if provenance.at else None},
        "dcterms:license": provenance.licence or None,
        "dcterms:source": list(provenance.sources),
        "prov:wasAttributedTo": list(provenance.attribution),
        "prov:wasDerivedFrom": f"log position {provenance.known}",
        "dcat:distribution": {
            "@type": "dcat:Distribution",
            "dcterms:title": path.name,
            "dcat:mediaType": MEDIA[path.suffix],
            "dcat:byteSize": len(data),
            "spdx:checksum": {"spdx:algorithm": "sha256", "spdx:checksumValue": hashlib.sha256(data).hexdigest()},
        },
    }


def local_times(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with times as RFC 3339 text, each in UTC and, in a column `<name>_local` behind it, in Asia/Taipei."""
    columns: list[pl.Expr] = []
    for name, kind in frame.schema.items():
        if isinstance(kind, pl.Datetime):
            local = pl.col(name).dt.convert_time_zone(TAIPEI.key)
            columns.append(pl.col(name).dt.convert_time_zone("UTC").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
            columns.append(local.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f%:z").alias(f"{name}_local"))
        else:
            columns.append(pl.col(name))
    return frame.select(columns)


def as_text(column: str) -> pl.Expr:
    """A column of text that no spreadsheet runs: what begins as a formula does gets an apostrophe before it (OWASP)."""
    held = pl.col(column)
    return pl.when(held.str.contains(FORMULA)).then(pl.concat_str(pl.lit("'"), held)).otherwise(held).alias(column)


def _sheet(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame as a table of CSV."""
    text = local_times(frame)
    return text.with_columns(as_text(column) for column in text.select(pl.selectors.string()).columns)


def _write_arrow(frame: pl.DataFrame, path: Path, metadata: dict[str, str]) -> None:
    import pyarrow as pa  # only this format needs it

    table = frame.to_arrow().replace_schema_metadata(metadata)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _write_ngsi_ld(frame: pl.DataFrame, path: Path, metadata: dict[str, str]) -> list[Path]:
    path.write_bytes(msgspec.json.encode(entities(frame, metadata["twin:frame"])))
    beside = path.with_name(f"{path.name}-metadata.json")
    beside.write_bytes(msgspec.json.format(msgspec.json.encode({"url": path.name, **metadata}), indent=2) + b"\n")
    return [path, beside]


def _write_csv(frame: pl.DataFrame, path: Path, metadata: dict[str, str]) -> list[Path]:
    text = _sheet(frame)
    text.write_csv(path)
    units = msgspec.json.decode(metadata["twin:units"])
    columns = [{"titles": c} | ({"twin:unit": units[c]} if c in units else {}) for c in text.columns]
    described = {"@context": "http://www.w3.org/ns/csvw", "url": path.name, **metadata}
    beside = path.with_name(f"{path.name}-metadata.json")
    table = described | {"tableSchema": {"columns": columns}}
    beside.write_bytes(msgspec.json.format(msgspec.json.encode(table), indent=2) + b"\n")
    return [path, beside]
