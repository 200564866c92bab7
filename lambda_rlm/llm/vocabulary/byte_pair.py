"""The vocabularies that are part of this package: o200k_base and cl100k_base, counted by tiktoken.

Owns their rank files (`data`, made by `benchmarks/model_tables.py` from the public ones) and the counters made of them,
without a network. Promises that nothing is read before the first number is asked for, and that a process has one of each.
Refuses a tokenizer whose pattern has no rule of seams: its texts are counted by their bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import Any, Final
from weakref import WeakValueDictionary

from lambda_rlm.completion import TokenSize
from lambda_rlm.llm.vocabulary.charges import Charges
from lambda_rlm.llm.vocabulary.counted import CountedCells
from lambda_rlm.llm.vocabulary.seams import CL100K_PATTERN, O200K_PATTERN, rule_of

PATTERNS: Final = {"o200k_base": O200K_PATTERN, "cl100k_base": CL100K_PATTERN}
_LOADING: Final = Lock()


class BytePairVocabulary:
    """A `Vocabulary` of a name, by its charges."""

    def __init__(self, name: str, charges: Charges) -> None:
        self._name = name
        self._charges = charges
        self._counted: WeakValueDictionary[str, CountedCells] = WeakValueDictionary()

    @property
    def name(self) -> str:
        return self._name

    def exact(self, text: str) -> int:
        return self._charges.exact(text)

    def size(self, text: str) -> TokenSize:
        return self._charges.size(text)

    def counted(self, text: str) -> CountedCells:
        """Counted once for as long as anybody holds it: each way of a question is bounded on the same inputs."""
        found = self._counted.get(text)
        if found is None:
            found = self._counted[text] = CountedCells(self._charges, text)
        return found

    def __repr__(self) -> str:
        return f"BytePairVocabulary({self._name!r})"

    def __deepcopy__(self, memo: dict[int, Any]) -> BytePairVocabulary:
        return self  # one of each in a process


def known_vocabulary(name: str | None) -> BytePairVocabulary | None:
    """The vocabulary of a name, None where it is not one of ours."""
    return vocabulary_named(name) if name in PATTERNS else None


@cache
def vocabulary_named(name: str) -> BytePairVocabulary:
    """The same, where it has to be one of ours; raises `ValueError`."""
    found = vocabulary_of(name, PATTERNS.get(name, ""), lambda: encoder(name))
    if found is None:
        raise ValueError(f"unknown vocabulary {name!r}; choose from {', '.join(PATTERNS)}")
    return found


def vocabulary_of(name: str, pattern: str, counter: Callable[[], Callable[[str], int]]) -> BytePairVocabulary | None:
    """The vocabulary of a tokenizer that cuts texts with a pattern, None where the pattern has no rule."""
    rule = rule_of(pattern)
    return None if rule is None else BytePairVocabulary(name, Charges(rule, counter))


def encoder(name: str) -> Callable[[str], int]:
    """A counter of the tokens of short texts."""
    with _LOADING:
        return _encoder(name)


@cache
def _encoder(name: str) -> Callable[[str], int]:
    import tiktoken

    encode = tiktoken.Encoding(name, pat_str=PATTERNS[name], mergeable_ranks=ranks(name), special_tokens={}).encode_ordinary
    return lambda text: len(encode(text))


def ranks(name: str) -> dict[bytes, int]:
    """The tokens of a vocabulary in their order: the file has their number in four bytes, their lengths in one byte each, and
    then the tokens themselves."""
    data = zlib.decompress((files("lambda_rlm.llm.vocabulary") / "data" / f"{name}.z").read_bytes())
    count = int.from_bytes(data[:4], "big")
    at, found = 4 + count, {}
    for rank, length in enumerate(data[4:at]):
        found[data[at : at + length]] = rank
        at += length
    return found
