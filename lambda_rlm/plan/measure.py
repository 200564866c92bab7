"""How large the inputs are for a model, in its own tokens.

Owns the measure. Promises the exact count where it can matter, and for inputs far beyond the window an estimate from a few
stretches, so that 40 MB cost milliseconds. Does not call the model.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

from lambda_rlm.completion import Message, Model
from lambda_rlm.data_class import dataclass
from lambda_rlm.limits import CHAT_TOKENS, MESSAGE_TOKENS
from lambda_rlm.table import Table, are_documents

_FAR_OVER: Final = 12
"""Characters for each token of the window, beyond which a text is not counted: no text of a language has so long tokens."""

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_STRETCH: Final = 4_000
_STRETCHES: Final = 3
_PIECE: Final = 100_000
_AROUND: Final = MESSAGE_TOKENS + CHAT_TOKENS


@dataclass(frozen=True, slots=True)
class Measure:
    """The inputs as one text: its characters and tokens (counted, or else estimated) and the least characters of a token,
    of the whole or of any stretch looked at."""

    characters: int
    tokens: int
    is_exact: bool
    characters_per_token: float

    @property
    def least(self) -> int:
        return self.tokens

    @property
    def most(self) -> int:
        return self.tokens


class LateCount:
    """The tokens of a text, counted when the number is first asked for; `most` there are by its bytes until then, where
    counting loads a vocabulary. `least` are as many as words: of the vocabularies that are counted by, no token has a part of
    two."""

    def __init__(self, text: Callable[[], str], model: Model) -> None:
        self._text, self._model = text, model

    @cached_property
    def tokens(self) -> int:
        return self._model.count_tokens((Message("user", self._text()),))

    @cached_property
    def _limits(self) -> tuple[int, int]:
        text = self._text()
        return _words(text), len(text.encode("utf-8", "surrogatepass")) + self._model.profile.template_tokens + _AROUND

    @property
    def _is_late(self) -> bool:
        return "tokens" not in vars(self) and getattr(self._model, "counts_by_vocabulary", False)

    @property
    def least(self) -> int:
        return self._limits[0] if self._is_late else self.tokens

    @property
    def most(self) -> int:
        return self._limits[1] if self._is_late else self.tokens


class LateMeasure:
    """The measure of inputs, taken when a number of it is first asked for that `least` and `most` do not decide."""

    def __init__(self, inputs: Mapping[str, Any], model: Model) -> None:
        self._inputs, self._model = inputs, model
        self._count = LateCount(self._text, model)

    def _text(self) -> str:
        return "\n\n".join(_read(self._inputs))

    @cached_property
    def _taken(self) -> Measure:
        return measure(self._inputs, self._model)

    @cached_property
    def characters(self) -> int:
        return _characters(_read(self._inputs))

    @property
    def tokens(self) -> int:
        return self._taken.tokens

    @property
    def is_exact(self) -> bool:
        return self._taken.is_exact

    @property
    def characters_per_token(self) -> float:
        return self._taken.characters_per_token

    @property
    def least(self) -> int:
        return self.tokens if self._is_taken else self._count.least

    @property
    def most(self) -> int:
        return self.tokens if self._is_taken else self._count.most

    @property
    def _is_taken(self) -> bool:
        return "_taken" in vars(self) or self.characters == 0 or not getattr(self._model, "counts_by_vocabulary", False)


def measure(inputs: Mapping[str, Any], model: Model) -> Measure:
    """The size of all inputs together, the question left out."""
    texts = _read(inputs)
    characters = _characters(texts)
    if not characters:
        return Measure(0, 0, True, 4.0)
    if characters <= _FAR_OVER * model.profile.window:
        tokens = _tokens("\n\n".join(texts), model)
        ratio = min([characters / max(1, tokens), *_ratios(texts, model)])
        return Measure(characters, tokens, True, ratio)
    ratio = min(_ratios(texts, model))
    return Measure(characters, int(characters / ratio), False, ratio)


def _read(inputs: Mapping[str, Any]) -> list[str]:
    """The texts of all inputs, as a strategy is given them."""
    return [text for name, value in inputs.items() if name != "query" for text in _texts(value)]


def _characters(texts: list[str]) -> int:
    """The characters of texts with what is put between them; 0 where all are empty."""
    return sum(map(len, texts)) + 2 * len(texts) if any(texts) else 0


def _words(text: str) -> int:
    """The words between blanks, in pieces, so that they are not all held at once."""
    return sum(len(text[start : start + _PIECE].split()) for start in range(0, len(text), _PIECE)) - len(text) // _PIECE


def _texts(value: Any) -> Iterator[str]:
    """An input as a strategy is given it: texts unchanged, documents with their names, other data as JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        yield from value
    elif are_documents(value):
        for item in value:
            yield f"# {item['name']}"
            yield str(item["text"])
    elif isinstance(value, Table):
        for rows in value.json_rows(_ENCODER):
            yield from rows
    elif isinstance(value, list):
        yield from map(_ENCODER.encode, value)
    else:
        yield _ENCODER.encode(value)


def _ratios(texts: list[str], model: Model) -> list[float]:
    """Characters for each token in stretches from the start, the middle and the end of the longest text."""
    longest = max(texts, key=len)
    last = max(0, len(longest) - _STRETCH)
    starts = sorted({last * i // (_STRETCHES - 1) for i in range(_STRETCHES)})
    stretches = [longest[start : start + _STRETCH] for start in starts]
    return [len(stretch) / max(1, _tokens(stretch, model)) for stretch in stretches if stretch]


def _tokens(text: str, model: Model) -> int:
    return model.count_tokens((Message("user", text),))
