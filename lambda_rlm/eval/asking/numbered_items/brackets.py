"""Numbers of items that no item can forge.

Owns the signs around a number in a prompt: brackets that no line of an item begins with, or a code that no item contains.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Final

from lambda_rlm.late_pattern import late_pattern

_MOST_BRACKETS: Final = 4
_CODE_LENGTH: Final = 8
CODE_SIGNS: Final = _CODE_LENGTH + 1
"""Characters of a code beside the number of an item, with its dash."""

_LINE_END: Final = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""Everything that begins a new line for some reader (as `str.splitlines` has it)."""

_UNSEEN: Final = (
    r"\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
"""What may come before a number without being seen."""

_AT_LINE: Final = f"(?:^|[{_LINE_END}])[{_UNSEEN}]*"
_OPENING, _CLOSING = r"\[［〔【⟦〚", r"\]］〕】⟧〛"


def has_line_end(text: str) -> bool:
    """A text has more than one line, for some reader."""
    return any(sign in text for sign in _LINE_END)


def brackets(items: Sequence[str]) -> tuple[str, str]:
    """What stands around the number of an item: a few brackets, or, where items forge all of these, a code that no item
    contains."""
    for count in range(1, _MOST_BRACKETS + 1):
        pattern = re.compile(rf"{_AT_LINE}[{_OPENING}]{{{count}}}[{_UNSEEN}]*\d+[{_UNSEEN}]*[{_CLOSING}]{{{count}}}")
        if not any(pattern.search(item) for item in items):
            return "[" * count, "]" * count
    digest = hashlib.sha256("\n".join(items).encode("utf-8", "surrogatepass"))
    while any((code := _digits(digest.digest())) in item for item in items):
        digest.update(b"again")
    return f"[{code}-", "]"


def _digits(digest: bytes) -> str:
    """A code without letters: what is between items has none, so that they are one stretch of data."""
    return f"{int.from_bytes(digest) % 10**_CODE_LENGTH:0{_CODE_LENGTH}}"


def forges_a_number(text: str) -> bool:
    """A later line of a text begins like the next of a list that is numbered `1. `."""
    return _NUMBERED.search(text) is not None


_NUMBERED: Final = late_pattern(rf"[{_LINE_END}][{_UNSEEN}]*\d+[{_UNSEEN}]*[.):．。]")
