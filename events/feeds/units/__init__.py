"""Units as the world writes them, in one place: every feed's reader asks here."""
