"""Choosing and instantiating the fixed plans of the standard library."""
