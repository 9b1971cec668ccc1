"""How tables are shown on every page."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st
from polars import selectors


def whole_numbers(frame: pl.DataFrame) -> dict[str, Any]:
    """Settings of the columns of counts: with the reader's separators of thousands."""
    return {c: st.column_config.NumberColumn(format="localized") for c in frame.select(selectors.integer()).columns}
