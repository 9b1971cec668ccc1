"""A decoder that fails in spite of its law: the message that breaks it is found and refused, its partition goes on."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import polars as pl

from events.feeds.decoded import REFUSED, Decoded, Format, Payload

logger = logging.getLogger(__name__)


def decoded(form: Format, payloads: Sequence[Payload]) -> Decoded:
    """What `form` decodes; a payload that breaks its decoder is refused as a whole, and the others are decoded."""
    try:
        return form.decode(payloads)
    except (Exception, pl.exceptions.PanicException) as error:  # any fault of a decoder is one message's
        if len(payloads) > 1:
            half = len(payloads) // 2
            return _joined(decoded(form, payloads[:half]), decoded(form, payloads[half:]), half)
        logger.exception("the decoder of %s failed; the message is in quarantine: please report it", form.name)
        reason = f"{form.name}: the decoder failed ({type(error).__name__}); report it, and retry after it is mended"
        rows = {"record": [0], "reason": [reason], "payload": [payloads[0].data]}
        return Decoded({}, pl.DataFrame(rows, schema=REFUSED), 1)


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
