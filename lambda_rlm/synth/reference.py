"""The page about the language that a root model reads first, built from the tables.

Owns the words around the tables (`reference.md`). Promises the same page every time, so that providers' prompt caches hold it, and
the whole library. Says nothing of the inputs: see `task`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Template

from lambda_rlm.synth.library import library, model_calls


@cache
def reference() -> str:
    """The page, in English; about 2,400 tokens."""
    text = (files("lambda_rlm.synth") / "reference.md").read_text(encoding="utf-8")
    return Template(text).substitute(library=library(), model_calls=model_calls())
