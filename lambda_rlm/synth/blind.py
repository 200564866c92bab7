"""What a root model that is shown no contents may see of a value: numbers, and texts with their contents masked.

Owns `blind`, which all that goes back to such a model from a run passes. Promises that of a value nothing but this is in it:
each Int, Float and Bool as it is, labels that its type declares, and texts, dates among them, as `masked` leaves them; of a
list how many elements it has and the first few of them, of a text of several lines how many and the first few; at most
`LONGEST` characters of all. With `hides_texts`, where no layout of inputs may be seen, of a text is left whether it is empty:
its mask is a layout. Refuses to guess what a text means: a number in a text is masked.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from lambda_rlm.synth.masked import masked
from lambda_rlm.types.type import Con, Enum, Record, Type

LONGEST: Final = 1_000
"""Characters of a blind form."""

MOST_ELEMENTS: Final = 8
MOST_LINES: Final = 3
"""Elements of a list and lines of a text that are shown."""

_CUT: Final = " …"


def blind(value: Any, type_: Type, *, hides_texts: bool = False) -> str:
    """A value in plain data, as somebody may see it who is shown no contents."""
    shown = _shown(value, type_, _hidden if hides_texts else _text)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - len(_CUT)] + _CUT


def _shown(value: Any, type_: Type, text: Callable[[str], str]) -> str:
    match type_:
        case Con("Option", (inner,)):
            return "none" if value is None else f"some({_shown(value, inner, text)})"
        case Con("List", (inner,)):
            return _list(value, inner, text)
        case Con("Int" | "Float" | "Bool") | Enum():
            return json.dumps(value, ensure_ascii=False)
        case Record(fields):
            return "{ " + ", ".join(f"{name}: {_shown(value[name], field, text)}" for name, field in fields) + " }"
    return text(str(value))


def _list(items: list[Any], inner: Type, text: Callable[[str], str]) -> str:
    """The first elements, and how many there are where these are not all."""
    shown: list[str] = []
    for item in items[:MOST_ELEMENTS]:
        shown.append(_shown(item, inner, text))
        if sum(map(len, shown)) > LONGEST:
            break
    listed = ", ".join(shown)
    return f"[{listed}]" if len(shown) == len(items) else f"[{listed}, …] ({len(items):,} elements)"


def _hidden(text: str) -> str:
    """Whether a text is empty."""
    return '"…"' if text.strip() else '""'


def _text(text: str) -> str:
    """The first lines of a text, masked, and how many there are where these are not all."""
    lines = [line for line in text.splitlines() if line.strip()]
    shown = " / ".join(json.dumps(masked(line)) for line in lines[:MOST_LINES]) or '""'
    return shown if len(lines) <= MOST_LINES else f"{shown} / … ({len(lines):,} lines)"
