"""How large the inputs are for a model, in its own tokens.

Owns the measure. Promises the exact count where it can matter, and for inputs far beyond the window an estimate from a few
stretches, so that 40 MB cost milliseconds. Does not call the model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from lambda_rlm.completion import Message, Model
from lambda_rlm.data_class import dataclass

_FAR_OVER: Final = 12
"""Characters for each token of the window, beyond which a text is not counted: no text of a language has so long tokens."""

_STRETCH: Final = 4_000
_STRETCHES: Final = 3


@dataclass(frozen=True, slots=True)
class Measure:
    """The inputs as one text: its characters and tokens (counted, or else estimated) and the least characters of a token,
    of the whole or of any stretch looked at."""

    characters: int
    tokens: int
    is_exact: bool
    characters_per_token: float


def measure(inputs: Mapping[str, Any], model: Model) -> Measure:
    """The size of all inputs together, the question left out."""
    texts = [text for name, value in inputs.items() if name != "query" for text in _texts(value)]
    characters = sum(map(len, texts)) + 2 * len(texts)
    if not texts or characters <= 2 * len(texts):
        return Measure(0, 0, True, 4.0)
    if characters <= _FAR_OVER * model.profile.window:
        tokens = _tokens("\n\n".join(texts), model)
        ratio = min([characters / max(1, tokens), *_ratios(texts, model)])
        return Measure(characters, tokens, True, ratio)
    ratio = min(_ratios(texts, model))
    return Measure(characters, int(characters / ratio), False, ratio)


def _texts(value: Any) -> Iterator[str]:
    """An input as a strategy is given it: texts unchanged, documents with their names, other data as JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        yield from value
    elif isinstance(value, list) and all(isinstance(item, dict) and item.keys() == {"name", "text"} for item in value):
        for item in value:
            yield f"# {item['name']}"
            yield str(item["text"])
    elif isinstance(value, list):
        for item in value:
            yield _json(item)
    else:
        yield _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _ratios(texts: list[str], model: Model) -> list[float]:
    """Characters for each token in stretches from the start, the middle and the end of the longest text."""
    longest = max(texts, key=len)
    last = max(0, len(longest) - _STRETCH)
    starts = sorted({last * i // (_STRETCHES - 1) for i in range(_STRETCHES)})
    stretches = [longest[start : start + _STRETCH] for start in starts]
    return [len(stretch) / max(1, _tokens(stretch, model)) for stretch in stretches if stretch]


def _tokens(text: str, model: Model) -> int:
    return model.count_tokens((Message("user", text),))
