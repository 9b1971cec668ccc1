"""What a check found, as topics of a BCF file that every BIM tool opens.

What elements lack is one topic a requirement; a thing that is not there (a dwelling's water meter, a building's lift)
is a topic of its own, since somebody has to put in each.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from bim.check import bcf
from bim.check.bcf import Box, Topic
from bim.check.checking import Checked
from bim.errors import ArchiveUnavailableError
from bim.model import BuildingModel

SHOWN = 200
"""Elements selected in one topic's viewpoint: a thousand times the same omission is shown by these."""

NAME = "臺北市社會住宅交付檢核 Taipei social housing handover check"


def write_bcf(checked: Mapping[str, Checked], path: Path, at: datetime) -> int:
    """Write what failed in each file to `path`, found at `at`; the number of topics.

    Raises ArchiveUnavailableError where the file cannot be written.
    """
    try:
        return bcf.write((topic for file, one in checked.items() for topic in topics(file, one)), path, at, NAME)
    except OSError as error:
        raise ArchiveUnavailableError(f"{path}: the BCF file cannot be written: {error.strerror}") from error


def topics(file: str, checked: Checked) -> Iterator[Topic]:
    """The topics of one file."""
    for (title, _), rows in _grouped(checked):
        reasons = rows.select(pl.concat_str("reason_zh", pl.lit(" "), "reason_en")).to_series()
        elements = rows["global_id"].drop_nulls().unique(maintain_order=True).to_list()
        description = f"{rows.height} 項不符 not met\n" + "\n".join(reasons.unique(maintain_order=True)[:5])
        yield Topic(Path(file).name, title, description, elements[:SHOWN], box_of(checked.model, elements))


def _grouped(checked: Checked) -> Iterable[tuple[tuple[str, str], pl.DataFrame]]:
    """Failures by topic: those of a requirement together, each of what is missing alone."""
    together = checked.audit.failures.with_columns(of=pl.lit(""))
    alone = checked.missing.with_columns(of=pl.col("global_id").fill_null("building"))
    of = pl.when(pl.col("of") == "building").then(pl.lit("")).otherwise("of")
    words = pl.concat_str("specification", "requirement", of, separator=" ")
    told = pl.concat([together, alone]).with_columns(title=words.str.strip_chars())
    for (title, of), rows in told.group_by("title", "of", maintain_order=True):
        yield (str(title), str(of)), rows


def box_of(model: BuildingModel | None, ids: Collection[str]) -> Box | None:
    """The box around things as drawn (a dwelling: its spaces), else around the whole model; None: it has no shapes."""
    if model is None or not len(model.meshes.mesh):
        return None
    spaces = model.spaces.filter(pl.col("dwelling_id").is_in(list(ids)))["space_id"].to_list()
    wanted = np.isin(model.meshes.entity_id, np.array([*ids, *spaces], dtype="S22"))
    rows = np.flatnonzero(wanted) if wanted.any() else np.arange(len(model.meshes.mesh))
    corners = [model.meshes.placed(int(row)) for row in rows]
    boxes = np.array([(each.min(axis=0), each.max(axis=0)) for each in corners if len(each)])
    return np.array([boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)]) if len(boxes) else None
