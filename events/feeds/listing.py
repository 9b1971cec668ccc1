"""What a document lists, beside its rows: so that what a later one of its feed no longer lists is known to be gone.

Two kinds of states say so, both at the document's own time (`events.listings` draws the conclusion where they land):

    listing:<feed>:whole:<kinds>                      the document is whole for these kinds, joined by `+`;
                                                      `<kind>?` was torn: nothing is concluded of it
    listing:<feed>:<kind>:<family>:<identity>         a thing of that kind is listed: identity columns joined by `|`

A feed is named by a digest of where its documents come from (`Payload.origin`). A payload without an origin is one of
no row of documents: nothing is said of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from events.observations import STATES, TIME

PREFIX = "listing:"
WHOLE = "whole"
TORN = "?"
LISTED, COMPLETE = "listed", "complete"
"""Texts of the two states."""

_BAR, _PERCENT = "%7C", "%25"


class Listed(NamedTuple):
    """A point of the second kind, taken apart."""

    feed: str
    kind: str
    family: str
    identity: tuple[str, ...]


def feed_of(origin: str) -> str:
    """A feed's name in points."""
    return hashlib.blake2b(origin.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def kind_of_entity(entity: str) -> str:
    """The kind that stands for one entity of a feed that tells of each alone."""
    return f"e{feed_of(entity)}"


def whole_point(feed: str, kinds: Iterable[str]) -> str:
    """The point that says that a document is whole for these kinds."""
    return f"{PREFIX}{feed}:{WHOLE}:{'+'.join(sorted(set(kinds)))}"


def kinds_of(point: str) -> list[str]:
    """The kinds of a point of the first kind."""
    return [k for k in point.split(":", 3)[3].split("+") if k]


def listed_of(point: str) -> Listed:
    """A point of the second kind, taken apart."""
    _, feed, kind, family, identity = point.split(":", 4)
    return Listed(feed, kind, family, tuple(_plain(part) for part in identity.split("|")))


def listed_points(rows: pl.DataFrame, family: str, identity: Iterable[str]) -> pl.Series:
    """Points of the rows' identity columns; `feed` and `kind` are columns of the rows."""
    parts = [pl.col(c).str.replace_all("%", _PERCENT, literal=True).str.replace_all("|", _BAR, literal=True)
             for c in identity]  # fmt: skip
    head = [pl.lit(PREFIX), pl.col("feed"), pl.lit(":"), pl.col("kind"), pl.lit(f":{family}:")]
    return rows.select(pl.concat_str(*head, pl.concat_str(*parts, separator="|")).alias("point_id")).to_series()


def listing_states(points: pl.Series, text: str, times: pl.Series, records: pl.Series) -> pl.DataFrame:
    """Rows of STATES that say it."""
    return (
        pl.DataFrame({"point_id": points, "time": times, "text": pl.Series([text]).new_from_index(0, len(points)),
                      "record": records})
        .select(list(STATES.decoded))
        .cast({"time": TIME, "record": pl.UInt32, "point_id": pl.String, "text": pl.String})
    )  # fmt: skip


def _plain(part: str) -> str:
    return part.replace(_BAR, "|").replace(_PERCENT, "%")
