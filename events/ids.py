"""Typed identifiers."""

from __future__ import annotations

from typing import NewType

Position = NewType("Position", int)
"""Place of an event in the log's total order, from 1: the *known* clock. 0 is before the first event."""

StreamId = NewType("StreamId", str)
"""Name of one stream (an aggregate or a source partition)."""

SourceId = NewType("SourceId", str)
"""Name of one source partition, such as `kafka:city.senml:0` or `file:youbike`."""

EntityKey = NewType("EntityKey", int)
"""Dictionary code of an observed entity (point, station, vehicle) within one family, from 0."""
