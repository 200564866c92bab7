"""Scripts that are written without spaces, and what the two ends of a reply in them may come to.

Owns `reply_ends`. A text put beside another may merge with it from its first seam on, and such a script has seams few and far
between: a reply that keeps to its tokens would be cut for where it might be put. So a run about such texts reckons with more,
and any other run does not pay for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.limits import MOST_REPLY, MOST_REPLY_ENDS

_IDEOGRAPHIC_ENDS: Final = 192
"""Bytes of two clauses of Chinese or Japanese, beyond their tokens."""

_UNSPACED: Final = late_pattern("[\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\uaa60-\uaa7f\uaa80-\uaadf]")
"""Thai, Lao, Tibetan, Burmese, Khmer and their neighbors: a sentence may be one piece."""

_IDEOGRAPHIC: Final = late_pattern("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")

_SAMPLE: Final = 4_000
_SHARE: Final = 20
"""One character in this number of a sample makes a text one in that script."""


def reply_ends(texts: Iterable[str]) -> int:
    """The most tokens that the ends of a reply may be charged beyond their own, in a run about such texts."""
    ends = MOST_REPLY_ENDS
    for text in texts:
        if text.isascii():
            continue
        sample = _sample(text)
        if _is_in(_UNSPACED, sample):
            return MOST_REPLY
        if _is_in(_IDEOGRAPHIC, sample):
            ends = _IDEOGRAPHIC_ENDS
    return ends


def _sample(text: str) -> str:
    """Stretches of its beginning, its middle and its end."""
    if len(text) <= 3 * _SAMPLE:
        return text
    middle = len(text) // 2
    return text[:_SAMPLE] + text[middle : middle + _SAMPLE] + text[-_SAMPLE:]


def _is_in(script: re.Pattern[str], sample: str) -> bool:
    return len(script.findall(sample)) * _SHARE >= len(sample)
