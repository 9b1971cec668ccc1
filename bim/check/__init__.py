"""Is a model what was asked for: IDS files judged and applied."""
