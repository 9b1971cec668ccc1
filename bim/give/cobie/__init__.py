"""A model's asset register as COBie 2.4: its twenty sheets, and the checks of a handover."""
