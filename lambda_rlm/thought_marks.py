"""The marks in which models write their thoughts: one table for what reads answers, streams them, or looks for programs.

Owns `PAIRS` and `MARK`. Which marks of a reply count is decided by what reads it.
"""

from __future__ import annotations

import re
from typing import Final

from lambda_rlm.late_pattern import late_pattern

_TAGS: Final = ("think", "thinking", "thought", "thoughts", "reasoning", "seed:think")

PAIRS: Final = (
    *((f"<{tag}>", f"</{tag}>") for tag in _TAGS),
    ("[THINK]", "[/THINK]"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<unused94>thought", "<unused95>"),
    ("<|channel>thought", "<channel|>"),
    ("◁think▷", "◁/think▷"),
)
"""How thoughts begin and end: of Qwen, DeepSeek and most others, Gemini, EXAONE, Seed, Magistral, Command, Apertus, MedGemma,
Gemma 4 and Kimi 1.5."""

SIDES: Final = {mark.lower(): (pair, mark == pair[0]) for pair in PAIRS for mark in pair}
"""The pair of each mark, in lower case, and whether the mark begins a thought."""


def _pattern(mark: str) -> str:
    return f"(?-i:{re.escape(mark)})" if mark.startswith("[") else re.escape(mark)  # `[think]` is a list in many languages


MARK: Final = late_pattern("|".join(_pattern(mark) for pair in PAIRS for mark in pair), re.IGNORECASE)
"""Any of the marks, in any casing."""
