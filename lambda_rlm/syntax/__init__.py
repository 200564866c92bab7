"""Source text to terms and back: the grammar's reader, the term nodes, the formatter, the names of the library."""
