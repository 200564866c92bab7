"""The abstract domain: sizes as expressions, abstract values, and how they join, narrow and are told apart."""
