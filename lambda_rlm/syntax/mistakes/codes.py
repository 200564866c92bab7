"""The codes of syntax errors, by name; `diagnostics.codes.syntax` explains them."""

from __future__ import annotations

from typing import Final

UNEXPECTED: Final = "E0101"
UNBALANCED_BRACKET: Final = "E0102"
UNKNOWN_CHARACTER: Final = "E0103"
UNCLOSED_TEXT: Final = "E0104"
UNKNOWN_ESCAPE: Final = "E0105"
BAD_TEMPLATE: Final = "E0106"
NUMBER_OUT_OF_RANGE: Final = "E0107"
WRONG_SEMICOLON: Final = "E0108"
CHAINED_COMPARISON: Final = "E0109"
OPERATOR_AFTER_STAGE: Final = "E0110"
NO_RESULT: Final = "E0111"
EMPTY_BRACES: Final = "E0112"
POSITIONAL_AFTER_KEYWORD: Final = "E0113"
NAME_GIVEN_TWICE: Final = "E0114"
RESERVED_WORD: Final = "E0115"
FOREIGN_HABIT: Final = "E0116"
NESTED_TOO_DEEP: Final = "E0117"
PROGRAM_TOO_LARGE: Final = "E0118"
WRITTEN_TYPE_TOO_LARGE: Final = "E0119"
IF_WITHOUT_ELSE: Final = "E0120"
HIDDEN: Final = "E0121"
