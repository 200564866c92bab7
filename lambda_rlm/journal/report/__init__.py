"""A run on record as a reader sees it: its figures, its tree of calls, what was sent, the page."""
