"""Makes the tables of models that the package brings along, from the public ones that an installed litellm carries.

    python benchmarks/model_tables.py kinds | ranks | models DATE

`kinds` are the kinds of characters: run it with Python 3.11, whose Unicode 14 is the oldest table that counts here. `ranks` are
the vocabularies of tiktoken. `models` are windows and prices; DATE is the day from which the installed litellm has them. No
network is used, and every file is the same however often it is made.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import sys
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lambda_rlm.llm.vocabulary import characters

_LLM: Final = Path(__file__).resolve().parents[1] / "lambda_rlm" / "llm"
_VOCABULARY: Final = _LLM / "vocabulary" / "data"
_UNICODE: Final = "14.0.0"
_LAST: Final = 0x10FFFF

RANK_FILES: Final = {
    # The SHA-1 of the address that each comes from.
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
}

_MODES: Final = ("chat", "responses", "completion", None)
_FEES: Final = ("input_cost_per_request", "citation_cost_per_token")
_SEARCH: Final = "search_context_cost_per_query"
"""What Perplexity bills for each request beside its tokens, and others only where a search is asked for."""
_PRICES: Final = {
    "in": ("input_cost_per_token",),
    "out": ("output_cost_per_token", "output_cost_per_reasoning_token"),
    "cached": ("cache_read_input_token_cost",),
    "batch_in": ("input_cost_per_token_batches",),
    "batch_out": ("output_cost_per_token_batches",),
}
"""What each price may be billed as."""

_WHITE: Final = frozenset(
    map(chr, (*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000))
)
"""The property White_Space, which is not what `str.isspace` says."""

_SINGLE: Final = {
    "\r": characters.LINE_END,
    "\n": characters.LINE_END,
    "'": characters.APOSTROPHE,
    "/": characters.SLASH,
    **dict.fromkeys("rvl", characters.IN_CONTRACTION),
    **dict.fromkeys("EL", characters.ENDS_CONTRACTION),
}
_CATEGORIES: Final = {
    "Cn": characters.UNKNOWN,
    "Cs": characters.UNKNOWN,
    "Lu": characters.UPPER,
    "Lt": characters.UPPER,
    "Ll": characters.LOWER,
    "Lm": characters.CASELESS,
    "Lo": characters.CASELESS,
}


def kind(character: str) -> str:
    """What a character is for the patterns of vocabularies."""
    if character in _SINGLE:
        return _SINGLE[character]
    if character in _WHITE:
        return characters.SPACE
    category = unicodedata.category(character)
    return _CATEGORIES.get(category) or {"M": characters.MARK, "N": characters.NUMBER}.get(category[0], characters.OTHER)


def kinds() -> str:
    """The runs of one kind: where each begins, in hexadecimal, and its kind."""
    if unicodedata.unidata_version != _UNICODE:
        raise SystemExit(f"this Python has Unicode {unicodedata.unidata_version}; the table is of {_UNICODE}")

    def runs() -> Iterator[str]:
        last = ""
        for code in range(_LAST + 1):
            if (found := kind(chr(code))) != last:
                yield f"{code:x}{found}"
                last = found

    rows, row = [], ""
    for run in runs():
        if len(row) + len(run) >= 127:
            rows.append(row)
            row = ""
        row = f"{row} {run}".strip()
    return "\n".join([*rows, row]) + "\n"


def carried() -> Path:
    """The folder of an installed litellm; raises `FileNotFoundError`."""
    spec = importlib.util.find_spec("litellm")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("litellm is not installed")
    return Path(spec.origin).parent


def public_ranks(name: str) -> list[bytes]:
    """The tokens of a vocabulary in their order, from tiktoken's file: a token in base64 and its rank on each line."""
    lines = (carried() / "litellm_core_utils" / "tokenizers" / RANK_FILES[name]).read_bytes().splitlines()
    rows = [line.split() for line in lines if line]
    if [int(rank) for _, rank in rows] != list(range(len(rows))):
        raise ValueError(f"the ranks of {name} are not in order")
    return [base64.b64decode(token) for token, _ in rows]


def packed(tokens: list[bytes]) -> bytes:
    """What `byte_pair.ranks` reads."""
    return zlib.compress(len(tokens).to_bytes(4, "big") + bytes(map(len, tokens)) + b"".join(tokens), 9)


def public_models() -> dict[str, dict[str, Any]]:
    """litellm's table of models, as it is."""
    text = (carried() / "model_prices_and_context_window_backup.json").read_text(encoding="utf-8")
    return {name: row for name, row in json.loads(text).items() if name != "sample_spec"}


def models(public: Mapping[str, Mapping[str, Any]], as_of: str) -> dict[str, Any]:
    """The table that `profiles` reads: of each model that replies with text, its window and longest reply in tokens, and its
    prices in US dollars per token."""
    rows = {name: _row(row) for name, row in sorted(public.items()) if row.get("mode") in _MODES}
    return {"as_of": as_of, "source": f"litellm {version('litellm')} (MIT, see LICENSE)", "models": rows}


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    has_fees = any(row.get(fee) for fee in _FEES) or (row.get("litellm_provider") == "perplexity" and bool(row.get(_SEARCH)))
    prices = {} if has_fees else {key: _dearest(row, *names) for key, names in _PRICES.items()}
    window = _whole(row.get("max_input_tokens")) or _whole(row.get("max_tokens"))
    found = {
        "provider": row.get("litellm_provider"),
        "window": window,
        "output": _whole(row.get("max_output_tokens")) or _whole(row.get("max_tokens")),
        **prices,
        "schema": bool(row.get("supports_response_schema")),
        "reasons": bool(row.get("supports_reasoning")),
    }
    return {key: value for key, value in found.items() if value is not None and value is not False}


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, (int, float)) and value > 0 else None


def _dearest(row: Mapping[str, Any], name: str, *others: str) -> float | None:
    """The highest of a price, of those above a prompt length, and of what may be billed in its place: what a token may cost at
    worst. None where the price itself is unknown."""
    if not isinstance(row.get(name), (int, float)):
        return None
    steps = (key for key in row if key.startswith(f"{name.removesuffix('_batches')}_above_") and _is_step(key, name))
    return max(float(row[key]) for key in (name, *steps, *others) if isinstance(row.get(key), (int, float)))


def _is_step(key: str, name: str) -> bool:
    """Whether a key is the price of long prompts, and not of another tier or of longer keeping."""
    return key.endswith("_tokens_batches" if name.endswith("_batches") else "_tokens")


def written(table: Mapping[str, Any]) -> str:
    """A table as JSON, with a line for each model."""
    head = {key: value for key, value in table.items() if key != "models"}
    rows = ",\n".join(f" {json.dumps(name)}: {json.dumps(row, separators=(',', ':'))}" for name, row in table["models"].items())
    return json.dumps(head)[:-1] + ', "models": {\n' + rows + "\n}}\n"


def main(arguments: list[str]) -> None:
    match arguments:
        case ["kinds"]:
            (_VOCABULARY / "kinds.txt").write_text(kinds(), "ascii")
        case ["ranks"]:
            for name in RANK_FILES:
                (_VOCABULARY / f"{name}.z").write_bytes(packed(public_ranks(name)))
        case ["models", as_of]:
            (_LLM / "table" / "models.json").write_text(
                written(models(public_models(), date.fromisoformat(as_of).isoformat())), "utf-8"
            )
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
