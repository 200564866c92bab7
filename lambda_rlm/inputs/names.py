"""Names of inputs that a host gives by any text.

Owns `input_names`. Promises that each is a name that programs can use, no two alike, by the rule that fields of rows are
renamed by.
"""

from __future__ import annotations

from collections.abc import Iterable

from lambda_rlm.inputs.listing import QUERY
from lambda_rlm.inputs.shape import field_names
from lambda_rlm.syntax.keywords import KEYWORDS


def input_names(keys: Iterable[str]) -> dict[str, str]:
    """A name for each key: itself where a program can use it; a reserved word, and the name of the question, get a number."""
    names = field_names(list(keys), otherwise="input")
    taken = {*names.values(), *KEYWORDS, QUERY}
    for key, name in names.items():
        if name in KEYWORDS or name == QUERY:
            number = 2
            while f"{name}_{number}" in taken:
                number += 1
            names[key] = f"{name}_{number}"
            taken.add(names[key])
    return names
