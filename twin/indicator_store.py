"""Indicators on disk: files by month, a manifest that says which count, and which version answers.

    indicators/<name>.json                        the version that answers
    indicators/<name>-v<version>/manifest.json    months, position covered, digest of the declaring file
    indicators/<name>-v<version>/indicator.py     that file, so that anyone can fold again
    indicators/<name>-v<version>/2026-03-<digest>.parquet

Files are named by their content and only a manifest makes them count: a run that is killed leaves the old answer. Those
that the last run replaced stay until the next one, for readers that hold the manifest before.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
import polars as pl

from events.durable import put
from events.errors import UsageError
from events.sealing.chain import BEGINNING, Mark
from twin.indicators import START, Indicator, load_indicator


class Manifest(msgspec.Struct, frozen=True):
    """What counts: file by local month (`2026-03`), up to and including `position` of the log, whose chain stands at
    `mark` there."""

    name: str
    version: int
    position: int
    source_sha256: str
    months: dict[str, str]
    units: dict[str, str] = {}
    retired: list[str] = []
    mark: Mark = BEGINNING


class Answering(msgspec.Struct, frozen=True):
    """Which version of an indicator answers."""

    version: int


class IndicatorStore:
    """The indicators of one city; `directory` is the city's."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "indicators"

    def folder(self, name: str, version: int) -> Path:
        """Where a version lies."""
        return self.directory / f"{name}-v{version}"

    def answering(self, name: str) -> int | None:
        """The version that answers, None before the first run has ended."""
        try:
            return msgspec.json.decode((self.directory / f"{name}.json").read_bytes(), type=Answering).version
        except (OSError, msgspec.MsgspecError):
            return None

    def names(self) -> list[str]:
        """Indicators that answer."""
        return sorted(path.stem for path in self.directory.glob("*.json") if self.answering(path.stem) is not None)

    def manifest(self, name: str, version: int | None = None) -> Manifest | None:
        """What counts of a version (None: the one that answers); None when there is none, or a file of it is gone."""
        number = self.answering(name) if version is None else version
        if number is None:
            return None
        folder = self.folder(name, number)
        try:
            found = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)
        except (OSError, msgspec.MsgspecError):
            return None
        return found if all((folder / file).exists() for file in found.months.values()) else None

    def indicator(self, name: str) -> tuple[Indicator, Manifest]:
        """The indicator that answers, and what counts of it; UsageError when there is none of that name."""
        manifest = self.manifest(name)
        if manifest is None:
            raise UsageError(
                f"no indicator {name!r} in this city; there are {', '.join(self.names()) or 'none'}. Make one: "
                "twin indicator run FILE.py"
            )
        return load_indicator(self.folder(name, manifest.version) / "indicator.py"), manifest

    def rows(self, manifest: Manifest, months: list[str] | None = None) -> pl.DataFrame:
        """Stored rows of some months, or of all, in order of month, start and key."""
        folder = self.folder(manifest.name, manifest.version)
        wanted = sorted(manifest.months if months is None else set(months) & set(manifest.months))
        files = [folder / manifest.months[month] for month in wanted]
        return pl.concat([pl.read_parquet(file) for file in files]) if files else pl.DataFrame()

    def keep(
        self,
        indicator: Indicator,
        before: Manifest | None,
        months: Mapping[str, pl.DataFrame],
        position: int,
        mark: Mark = BEGINNING,
    ) -> Manifest:
        """Write months anew (an empty frame: it is gone), then swap them in; other months stay as they are."""
        folder = self.folder(indicator.name, indicator.version)
        folder.mkdir(parents=True, exist_ok=True)
        kept = dict(before.months) if before else {}
        for month, rows in months.items():
            kept.pop(month, None)
            if rows.height:
                kept[month] = _write(folder, month, rows, indicator)
        old = set(before.months.values()) if before else set()
        for file in set(before.retired if before else ()) - set(kept.values()):
            (folder / file).unlink(missing_ok=True)
        fresh = Manifest(
            indicator.name,
            indicator.version,
            position,
            indicator.sha256,
            dict(sorted(kept.items())),
            dict(indicator.units),
            sorted(old - set(kept.values())),
            mark,
        )
        put(folder / "indicator.py", indicator.source)
        put(folder / "manifest.json", msgspec.json.encode(fresh))
        put(self.directory / f"{indicator.name}.json", msgspec.json.encode(Answering(indicator.version)))
        return fresh

    @contextmanager
    def alone(self, indicator: Indicator) -> Iterator[None]:
        """While this process is the only one that folds the indicator; UsageError when another one is at it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with (self.directory / f"{indicator.name}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(f"{indicator.name} is being folded by another process; wait for it to end") from None
            yield


def _write(folder: Path, month: str, rows: pl.DataFrame, indicator: Indicator) -> str:
    """A month's rows under a name of their content; the same rows give the same bytes."""
    buffer = io.BytesIO()
    told = {"twin:indicator": f"{indicator.name} v{indicator.version}"}
    units = msgspec.json.encode(dict(indicator.units)).decode()
    rows.sort(START, *indicator.key).rechunk().write_parquet(
        buffer, compression="zstd", compression_level=1, statistics=False, metadata=told | {"twin:units": units}
    )
    data = buffer.getvalue()
    name = f"{month}-{hashlib.sha256(data).hexdigest()[:16]}.parquet"
    put(folder / name, data)
    return name
