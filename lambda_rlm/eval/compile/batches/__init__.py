"""Bodies of loops over many elements at a time, where that is provably the same as one after the other."""
