"""What NCDR's list says of itself: whole at its time, and which alerts' states it lists (`events.feeds.listing`)."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from events.feeds.alerts.cap_documents import Document
from events.feeds.buses.listed import torn
from events.feeds.decoded import Payload
from events.feeds.listing import COMPLETE, LISTED, feed_of, listed_points, listing_states, whole_point
from events.feeds.local_time import utc_times
from events.observations import STATES

KIND = "cap-alerts"


def listing_of(found: Document, points: Sequence[str], payload: Payload, record: int) -> pl.DataFrame:
    """Rows of STATES; none where the document is no whole list, or comes from no row of documents.

    Where an entry could not be taken it is not known what it lists: nothing is concluded then.
    """
    time = utc_times(pl.Series([found.listed_at], dtype=pl.String))
    if not payload.origin or not found.listed_at or time.null_count():
        return pl.DataFrame(schema=STATES.decoded)
    feed = feed_of(payload.origin)
    mark = whole_point(feed, [torn(KIND) if found.odd else KIND])
    records = pl.Series([record], dtype=pl.UInt32)
    rows = pl.DataFrame({"point_id": pl.Series(list(dict.fromkeys(points)), dtype=pl.String)}).with_columns(
        feed=pl.lit(feed), kind=pl.lit(KIND)
    )
    listed = listed_points(rows, STATES.name, STATES.entity)
    return pl.concat(
        [
            listing_states(pl.Series([mark]), COMPLETE, time, records),
            listing_states(listed, LISTED, time.new_from_index(0, rows.height), records.new_from_index(0, rows.height)),
        ]
    )
