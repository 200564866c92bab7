"""What the analysis raises when a program is too intricate to bound."""

from __future__ import annotations


class TooHard(Exception):
    """The analysis ran out of its own fuel, or a loop's accumulator changes its shape again and again."""
