"""Makes the tables of models that the package brings along, from the public ones that an installed litellm carries.

    python benchmarks/model_tables.py kinds | ranks | models DATE

`kinds` are the kinds of characters: run it with Python 3.11, whose Unicode 14 is the oldest table that counts here. `ranks` are
the vocabularies of tiktoken. No network is used, and every file is the same however often it is made.
"""

from __future__ import annotations

import base64
import importlib.util
import sys
import unicodedata
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lambda_rlm.llm.vocabulary import characters

_LLM: Final = Path(__file__).resolve().parent.parent / "lambda_rlm" / "llm"
_VOCABULARY: Final = _LLM / "vocabulary" / "data"
_UNICODE: Final = "14.0.0"
_LAST: Final = 0x10FFFF

RANK_FILES: Final = {
    # The SHA-1 of the address that each comes from.
    "o200k_base": "fb374d419588a4632f3f557e76b4b70aebbca790",
    "cl100k_base": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
}

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


def main(arguments: list[str]) -> None:
    match arguments:
        case ["kinds"]:
            (_VOCABULARY / "kinds.txt").write_text(kinds(), "ascii")
        case ["ranks"]:
            for name in RANK_FILES:
                (_VOCABULARY / f"{name}.z").write_bytes(packed(public_ranks(name)))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
