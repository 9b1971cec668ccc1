"""The door of every decoder: what is too long does not come in, and what breaks a decoder is refused alone.

A message that breaks its decoder in spite of the decoder's law is found and refused, its partition goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import polars as pl

from events.errors import PayloadError
from events.feeds.decoded import Decoded, Format, Payload
from events.feeds.limits import MOST_REFUSED
from events.feeds.packed import check_message
from events.feeds.refusals import Refused, refused_frame, stacked

logger = logging.getLogger(__name__)


def decoded(form: Format, payloads: Sequence[Payload]) -> Decoded:
    """What `form` decodes; a payload that is too long, or breaks its decoder, is refused as a whole and alone."""
    long = [Refused(at, f"{form.name}: {why}", p.data) for at, p in enumerate(payloads) if (why := _too_long(p))]
    if not long:
        return _decoded(form, payloads)
    out = {one.record for one in long}
    kept = [at for at in range(len(payloads)) if at not in out]
    found = _decoded(form, [payloads[at] for at in kept])
    place = pl.Series("record", kept, dtype=pl.UInt32)
    frames = {name: _placed(frame, place) for name, frame in found.frames.items()}
    refused = stacked(_placed(found.refused, place), refused_frame(long))
    return Decoded(frames, refused, found.offered + len(long))


def _decoded(form: Format, payloads: Sequence[Payload]) -> Decoded:
    try:
        return bounded(form.name, form.decode(payloads), payloads)
    except (Exception, pl.exceptions.PanicException) as error:  # any fault of a decoder is one message's
        if len(payloads) > 1:
            half = len(payloads) // 2
            return _joined(_decoded(form, payloads[:half]), _decoded(form, payloads[half:]), half)
        logger.exception("the decoder of %s failed; the message is in quarantine: please report it", form.name)
        reason = f"{form.name}: the decoder failed ({type(error).__name__}); report it, and retry after it is mended"
        return Decoded({}, refused_frame([Refused(0, reason, payloads[0].data)]), 1)


def bounded(name: str, found: Decoded, payloads: Sequence[Payload]) -> Decoded:
    """What was decoded; a payload with more refused parts than `limits.MOST_REFUSED` is refused as a whole instead.

    What is sound in it lands; the payload itself is kept once, not its parts a million times.
    """
    if found.refused.height <= MOST_REFUSED:
        return found
    counts = found.refused.group_by("record", maintain_order=True).agg(pl.len(), pl.col("reason").first())
    most = counts.filter(pl.col("len") > MOST_REFUSED)
    whole = [
        Refused(
            record, f"{name}: {count} of its parts cannot be taken, the first because: {reason}", payloads[record].data
        )
        for record, count, reason in most.rows()
    ]
    others = found.refused.join(most, on="record", how="anti", maintain_order="left")
    refused = stacked(others, refused_frame(whole))
    return Decoded(found.frames, refused, found.offered - found.refused.height + refused.height)


def _too_long(payload: Payload) -> str:
    """Why a payload does not come in, "" when it does."""
    try:
        check_message(payload.data)
    except PayloadError as error:
        return str(error)
    return ""


def _placed(frame: pl.DataFrame, place: pl.Series) -> pl.DataFrame:
    """A frame whose records are places in `place`."""
    return frame.with_columns(place.gather(frame["record"]))


def _joined(left: Decoded, right: Decoded, shift: int) -> Decoded:
    """Two parts of a poll as one: records of the right one are counted from `shift`."""
    frames: Mapping[str, pl.DataFrame] = {
        name: pl.concat([f for f in (left.frames.get(name), _shifted(right.frames.get(name), shift)) if f is not None])
        for name in {**left.frames, **right.frames}
    }
    return Decoded(frames, stacked(left.refused, _moved(right.refused, shift)), left.offered + right.offered)


def _shifted(frame: pl.DataFrame | None, shift: int) -> pl.DataFrame | None:
    return None if frame is None else _moved(frame, shift)


def _moved(frame: pl.DataFrame, shift: int) -> pl.DataFrame:
    return frame.with_columns((pl.col("record") + shift).cast(frame.schema["record"]))
