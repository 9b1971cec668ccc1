"""Write the golden files that are absent."""

from __future__ import annotations

from pathlib import Path

from tests.events.golden.forms import FORMS

for name, form in FORMS.items():
    path = Path(__file__).with_name(name)
    if not path.exists():
        path.write_bytes(form.stored())
