"""The page about the language that a root model reads first, built from the tables.

Owns the words around the tables (`reference.md`) and in which form the worked examples are shown. Promises the same page every
time, so that providers' prompt caches hold it, and the whole library. Says nothing of the inputs: see `task`.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.resources import files
from string import Template
from typing import Final

from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.synth.library import library, model_calls
from lambda_rlm.synth.turn import Turn, said

_EXAMPLES: Final = "\n# Examples\n"
_TITLE: Final = late_pattern(r"^## (.*)\n", re.MULTILINE)


@cache
def reference() -> str:
    """The page, in English; about 2,400 tokens."""
    text = (files("lambda_rlm.synth") / "reference.md").read_text(encoding="utf-8")
    return Template(text).substitute(library=library(), model_calls=model_calls())


@cache
def version() -> str:
    """The page by its SHA-256: what is known of models that were shown another one is out of date."""
    return hashlib.sha256(reference().encode()).hexdigest()


def shown_to(*, is_small: bool) -> tuple[str, tuple[Turn, ...]]:
    """The page for a model, and the turns before the first task. A small model continues a page in prose or repeats
    it; shown the same examples as questions and answers, it answers with a program."""
    if not is_small:
        return reference(), ()
    page, _, examples = reference().partition(_EXAMPLES)
    _, *parts = _TITLE.split(examples)
    turns = [
        turn
        for title, program in zip(parts[::2], parts[1::2], strict=True)
        for turn in (said("user", f"# Task\nquery:\n{title}\n\nWrite the program."), said("assistant", program.strip()))
    ]
    return page, tuple(turns)
