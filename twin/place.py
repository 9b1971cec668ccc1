"""A city on disk: what lies where in its directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from events.durable import OWN_FOLDER, make_folder, put
from events.errors import UsageError
from events.log import Log
from events.vault import Vault


class CityFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """`city.json`: the city's name, where its log and its vault of names are, and which sources hold synthetic data.

    `retention_days`: by family, the days of history that the lake keeps; absent: all. The log keeps everything.
    """

    name: str = "Taipei"
    log: str = "log.sqlite"
    vault: str = "vault.sqlite"
    synthetic: bool = False
    synthetic_sources: list[str] = []
    attribution: list[str] = []
    retention_days: dict[str, int] = {}


@dataclass(frozen=True)
class Place:
    """Paths within a city's directory."""

    directory: Path

    @property
    def file(self) -> Path:
        """The city file."""
        return self.directory / "city.json"

    @property
    def archive(self) -> Path:
        """Building models by content."""
        return self.directory / "archive"

    @property
    def lake(self) -> Path:
        """History as files (`twin.lake`)."""
        return self.directory / "lake"

    @property
    def memory(self) -> Path:
        """The ingester's saved memory."""
        return self.directory / "checkpoints" / "ingester.npz"

    def read(self) -> CityFile:
        """The city file; UsageError when the directory is no city."""
        try:
            return msgspec.json.decode(self.file.read_bytes(), type=CityFile)
        except FileNotFoundError:
            raise UsageError(
                f"{self.directory}: no city here (city.json is absent); make one: twin init --city DIR"
            ) from None
        except (OSError, msgspec.MsgspecError) as error:
            raise UsageError(f"{self.file}: not a city file: {error}") from error

    def write(self, city: CityFile) -> None:
        """Make or replace the city file."""
        put(self.file, msgspec.json.format(msgspec.json.encode(city), indent=2) + b"\n")

    def log(self) -> Log:
        """The city's log: a file beside the city file, or a server's address."""
        log = Log.open(self.log_location())
        log.vault = self.vault()
        return log

    def vault(self) -> Vault:
        """Names of points, outside the log: a file beside it, or a server's address."""
        return Vault(self.located(self.read().vault))

    def log_location(self) -> str:
        """Where the log lies: a path, or a server's address."""
        return self.located(self.read().log)

    def located(self, where: str) -> str:
        """A store that the city file names `where`."""
        return where if "://" in where else str(self.directory / where)


def init(directory: Path, city: CityFile | None = None) -> Place:
    """Make an empty city in `directory`; one that is there stays as it is."""
    place = Place(directory)
    if not place.file.exists():
        make_folder(directory, OWN_FOLDER)
        place.write(city or CityFile())
        place.log().close()
    return place
