"""Prompts that a server cut before its model read them, noticed by what the server counted.

Owns the least number of tokens that a prompt can have. Promises no false alarm: where the vocabulary is known the count is
exact; else it is a limit that no tokenizer falls below, in any script. Ollama cuts a prompt that is longer than its context
(`num_ctx`) and says so by its count alone, other servers are told to (context shift, `truncate`). Refuses to guess: a prompt
that was cut by less than that is not noticed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from lambda_rlm.completion import Message, Usage, Vocabulary
from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern

_WORDS_PER_TOKEN: Final = 2
"""Words, with the spaces between them, that tokens have in the mean at most. Most vocabularies never join two; those that do
have up to one and a half a token in prose."""

_SIGNS_PER_TOKEN: Final = 16
"""Letters and digits of one word that its tokens have in the mean at most: the longest tokens of words have some twenty; of
scripts without spaces they have up to a dozen, and two or three in the mean."""

_RUN: Final = late_pattern(r"(.)\1{3,}", re.DOTALL)
"""The same sign again and again, of which one token may have a hundred."""
_PERIOD: Final = late_pattern(r"(\S{2,32}?)\1{3,}")
"""A few signs of one word again and again."""
_LONG: Final = late_pattern(r"(?<!\S)\S{8,}")
"""Where a few signs can be again and again: four times two."""
_WORD: Final = late_pattern(r"\S*\w\S*")
_SIGN: Final = late_pattern(r"[^\W_]")

_LOOKED_AT: Final = 1_000_000
"""Characters of a text that are looked at; the rest has no token less."""
_FEWEST: Final = 200
"""No server has a shorter context: fewer tokens than that are a count of something else, as of what was not in its cache."""
_DENSE: Final = 5
"""Bytes for each counted token, below which a prompt is not counted exactly: nothing of it is missing that would be noticed."""


@dataclass(frozen=True, slots=True)
class CutPrompt:
    """A prompt of at least `least` tokens of which a server counted `counted`."""

    least: int
    counted: int

    def note(self, model: str) -> str:
        """What a person should know of it."""
        return (
            f"{model} counted {self.counted:,} tokens of a prompt that has at least {self.least:,}: its server cuts long prompts; "
            "raise its context length (Ollama: num_ctx or OLLAMA_CONTEXT_LENGTH, llama.cpp: -c), or set --window to what it has"
        )


def cut_prompt(messages: Sequence[Message], usage: Usage, vocabulary: Vocabulary | None = None) -> CutPrompt | None:
    """What a server cut of the prompt of one request, None where that is not known. `vocabulary` is the model's."""
    counted = usage.input_tokens
    if usage.attempts != 1 or usage.is_estimated or counted < _FEWEST:
        return None
    texts = [message.content for message in messages]
    if vocabulary is not None:
        size = sum([len(text.encode("utf-8", "surrogatepass")) for text in texts])
        least = sum([vocabulary.exact(text) for text in texts]) if size > _DENSE * counted else 0
    else:
        least = least_tokens(texts, counted)
    return CutPrompt(least, counted) if least > counted else None


def least_tokens(texts: Iterable[str], enough: int = 0) -> int:
    """The least number of tokens that texts can have, in any vocabulary; a lower one where that is surely not above
    `enough`."""
    texts = list(texts)
    most = sum([len(text) // _SIGNS_PER_TOKEN + len(text.split()) // _WORDS_PER_TOKEN + 1 for text in texts])
    return most if most <= enough else sum(map(_least, texts))


def _least(text: str) -> int:
    """Half a token for each word, or one for each sixteen signs of a longer one; repeated signs count once."""
    shorter = _LONG.sub(lambda run: _PERIOD.sub(r"\1", run[0]), _RUN.sub(r"\1", text[:_LOOKED_AT]))
    words = _WORD.findall(_RUN.sub(r"\1", shorter))
    halves = len(words) / _WORDS_PER_TOKEN
    for word in words:
        if len(word) > _SIGNS_PER_TOKEN // _WORDS_PER_TOKEN:
            halves += max(0.0, len(_SIGN.findall(word)) / _SIGNS_PER_TOKEN - 1 / _WORDS_PER_TOKEN)
    return int(halves)
