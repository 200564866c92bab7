"""How the functions of the library change sizes: one family of tables."""
