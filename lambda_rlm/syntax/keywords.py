"""The words that the grammar keeps for itself. `test_the_keywords_are_those_of_the_grammar` holds the table against it."""

from __future__ import annotations

from typing import Final

KEYWORDS: Final = (
    "let", "def", "type", "fn", "fix", "if", "then", "else", "match", "and", "or", "not", "true", "false", "some", "none", "auto",
)  # fmt: skip

INFIX_WORDS: Final = ("and", "or", "then", "else")
"""The keywords before which white space stands, or a comment: nothing else would part them from a name or a number, and whoever
decodes under the grammar cannot look back."""
