"""Words and quick fixes for text that is no program."""
