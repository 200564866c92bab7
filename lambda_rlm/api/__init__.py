"""The library for Python programs."""
