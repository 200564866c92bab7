"""The infix operators and their levels, from the loosest to the tightest.

The grammar says the same in its own way; a property test holds the two together. `|>` is between the comparisons and
`++`, and the prefix operators `not` and `-` at the levels of their names.
"""

from __future__ import annotations

EXPRESSION = 0
COALESCE = 1
OR = 2
AND = 3
NOT = 4
COMPARE = 5
PIPE = 6
JOIN = 7
SUM = 8
PRODUCT = 9
MINUS = 10
POSTFIX = 11

LEVELS: dict[str, int] = {
    "??": COALESCE,
    "or": OR,
    "and": AND,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), COMPARE),
    "++": JOIN,
    "+": SUM,
    "-": SUM,
    "*": PRODUCT,
    "/": PRODUCT,
    "%": PRODUCT,
}
