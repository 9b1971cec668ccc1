"""A decoder that fails in spite of its law: the message that breaks it is found and refused, its partition goes on."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import polars as pl

from events.feeds.decoded import REFUSED, Decoded, Format, Payload
from events.feeds.limits import MOST_REFUSED

logger = logging.getLogger(__name__)


def decoded(form: Format, payloads: Sequence[Payload]) -> Decoded:
    """What `form` decodes; a payload that breaks its decoder is refused as a whole, and the others are decoded."""
    try:
        return bounded(form.name, form.decode(payloads), payloads)
    except (Exception, pl.exceptions.PanicException) as error:  # any fault of a decoder is one message's
        if len(payloads) > 1:
            half = len(payloads) // 2
            return _joined(decoded(form, payloads[:half]), decoded(form, payloads[half:]), half)
        logger.exception("the decoder of %s failed; the message is in quarantine: please report it", form.name)
        reason = f"{form.name}: the decoder failed ({type(error).__name__}); report it, and retry after it is mended"
        rows = {"record": [0], "reason": [reason], "payload": [payloads[0].data]}
        return Decoded({}, pl.DataFrame(rows, schema=REFUSED), 1)


def bounded(name: str, found: Decoded, payloads: Sequence[Payload]) -> Decoded:
    """What was decoded; a payload with more refused parts than `limits.MOST_REFUSED` is refused as a whole instead.

    What is sound in it lands; the payload itself is kept once, not its parts a million times.
    """
    if found.refused.height <= MOST_REFUSED:
        return found
    counts = found.refused.group_by("record", maintain_order=True).agg(pl.len(), pl.col("reason").first())
    most = counts.filter(pl.col("len") > MOST_REFUSED)
    rows = [
        (record, f"{name}: {count} of its parts cannot be taken, the first because: {reason}", payloads[record].data)
        for record, count, reason in most.rows()
    ]
    whole = pl.DataFrame(rows, schema=REFUSED, orient="row")
    refused = pl.concat([found.refused.join(most, on="record", how="anti", maintain_order="left"), whole])
    return Decoded(found.frames, refused, found.offered - found.refused.height + refused.height)


def _joined(left: Decoded, right: Decoded, shift: int) -> Decoded:
    """Two parts of a poll as one: records of the right one are counted from `shift`."""
    frames: Mapping[str, pl.DataFrame] = {
        name: pl.concat([f for f in (left.frames.get(name), _shifted(right.frames.get(name), shift)) if f is not None])
        for name in {**left.frames, **right.frames}
    }
    refused = _shifted(right.refused, shift)
    return Decoded(
        frames, pl.concat([left.refused, *([] if refused is None else [refused])]), left.offered + right.offered
    )


def _shifted(frame: pl.DataFrame | None, shift: int) -> pl.DataFrame | None:
    return None if frame is None else frame.with_columns((pl.col("record") + shift).cast(frame.schema["record"]))
