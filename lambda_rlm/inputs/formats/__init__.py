"""File formats: what each one's text or rows are."""
