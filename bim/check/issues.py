"""What a check found, as a BCF 3.0 file that every BIM tool opens: one topic per requirement that is not met."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
from bcf.v3.bcfxml import BcfXml

from bim.errors import ArchiveUnavailableError

AUTHOR = "taipei-twin"
SHOWN = 200
"""Elements selected in one topic's viewpoint: a thousand times the same omission is shown by these."""


def write_bcf(failures: Mapping[str, pl.DataFrame], path: Path) -> int:
    """Write the failures (`bim.check.audit.FAILURES`) of each file to `path`; the number of topics.

    Raises ArchiveUnavailableError where the file cannot be written.
    """
    document = BcfXml.create_new("臺北市社會住宅交付檢核 Taipei social housing handover check")
    for file, found in failures.items():
        for (specification, requirement), rows in found.group_by("specification", "requirement", maintain_order=True):
            _topic(document, file, f"{specification} {requirement}".strip(), rows)
    try:
        document.save(path)
    except OSError as error:
        raise ArchiveUnavailableError(f"{path}: the BCF file cannot be written: {error.strerror}") from error
    return len(document.topics)


def _topic(document: BcfXml, file: str, title: str, rows: pl.DataFrame) -> None:
    reasons = rows.select(pl.concat_str("reason_zh", pl.lit(" "), "reason_en")).to_series().unique(maintain_order=True)
    ids = rows["global_id"].drop_nulls().unique(maintain_order=True)
    description = f"{file}\n{rows.height} 項不符 not met\n" + "\n".join(reasons[:5])
    topic = document.add_topic(title, description, AUTHOR, topic_type="Issue", topic_status="Open")
    if ids.len():
        topic.add_viewpoint_from_point_and_guids(np.zeros(3), *ids[:SHOWN])
