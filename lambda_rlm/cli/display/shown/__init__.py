"""A run of the journal on the screen: what `show` prints."""
