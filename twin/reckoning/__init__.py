"""Pure functions over frames that pages, rules, bills and engines share: one answer for one question."""
