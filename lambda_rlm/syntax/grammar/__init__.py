"""The LALR(1) automaton and the stored table of the one grammar."""
