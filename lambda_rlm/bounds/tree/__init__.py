"""Where a bound comes from: the tree of its derivation, and that tree as a record."""
