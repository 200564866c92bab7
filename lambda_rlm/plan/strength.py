"""What a model can be trusted with: writing programs that beat a fixed plan, and telling tasks apart.

Owns the judgement: of programs by families that are known to write them well, then by price and window; of tasks by size. Fixed
plans win with weak models and free programs with strong ones (2603.20105), so a model of which nothing is known is assumed to
be a weak one.
"""

from __future__ import annotations

import re
from typing import Final

from lambda_rlm.completion import ModelProfile

_SMALL: Final = re.compile(
    r"(?:^|[-_.:/])(?:mini|nano|tiny|micro|small|lite|flash|haiku|instant|air|\d{1,2}(?:\.\d+)?b)(?:$|[-_.:@])"
)
"""Parts of names by which makers tell the small members of a family."""

_STRONG: Final = re.compile(
    r"^(?:gpt-(?:4\.1|[5-9])|o[134](?:-pro)?(?:$|-\d)|claude-(?:opus|sonnet|3-[57]-sonnet|[4-9])|gemini-(?:2\.5|[3-9][\d.]*)-pro"
    r"|grok-[4-9]|deepseek-(?:chat|reasoner|v[3-9]|r[1-9])|qwen3-(?:max|coder)|kimi-k[2-9]|glm-[5-9]|glm-4\.[5-9]|mistral-large)"
)
"""How names of the families begin whose large members write programs well."""

_PRICE: Final = 4.0 / 1_000_000
"""US dollars for a token of output."""

_WINDOW: Final = 100_000

_TINY: Final = re.compile(r"(?:^|[^\d.])(?:0?\.\d+b|\d{2,3}m)(?:$|[^a-z\d])")
"""How names tell of less than a billion parameters."""


def tells_tasks_apart(profile: ModelProfile) -> bool:
    """The model is worth asking which task a question is. One of less than a billion parameters is not: Qwen2.5-Coder-0.5B took
    13 of 31 questions for what they are, Qwen2.5-Coder-1.5B 21 (`benchmarks/told_apart.py`)."""
    return _TINY.search(profile.name.lower()) is None


def is_strong(profile: ModelProfile) -> bool:
    """The model writes programs well, as far as its name, or else its price and window, tell."""
    name = profile.name.lower().rpartition("/")[2].rpartition("anthropic.")[2]
    if profile.name.startswith(("local/", "local:")) or _SMALL.search(name):
        return False
    if _STRONG.match(name):
        return True
    return profile.output_price is not None and profile.output_price >= _PRICE and profile.window >= _WINDOW
