"""Programs that ask a number of equal questions: about short rows, and about pieces of text in a script."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.type import TEXT
from tests.support.recorded_inputs import made
from tests.support.recorded_programs import Program

NUMBERS: Final = (1, 2, 3, 10, 100)
SCRIPTS: Final[Mapping[str, str]] = {
    "English": "prose",
    "German": "german",
    "Chinese": "chinese",
    "Thai": "thai",
    "code": "code",
    "base64": "base64",
}
"""Names of scripts, and the kinds of inputs that are written in them."""

LABELS: Final = (
    'type Label = "number" | "person" | "place" | "manner";\n'
    'map(parts, fn(part) => llm_call[Label](f"What does the line ask for or speak of?\\n\\n{part}")) |> map(to_text) |> join("\\n")\n'
)
SENTENCES: Final = (
    'map(parts, fn(part) => llm_call(f"Summarise the text in one sentence of at most 25 words. Reply with the sentence only.'
    '\\n\\n{part}", out=60)) |> join("\\n")\n'
)
_ROW: Final = 90
_PIECE: Final = 2_000
"""Characters of a row and of a piece."""


def series(source: str, number: int, kind: str) -> Program:
    """`source` over so many parts, no two alike."""
    size = _ROW if source == LABELS else _PIECE
    draw = Random(f"{kind} {number}")
    parts = [_part(kind, size + draw.randrange(-size // 4, size // 4), seed) for seed in range(number)]
    types = {"query": TEXT, "parts": parse_type("List[Text]")}
    return Program(f"{number} of {kind}", "series", source, types, {"query": "", "parts": parts})


def _part(kind: str, size: int, seed: int) -> str:
    text = made(kind, size, seed)
    assert isinstance(text, str)
    return f"{seed}. {text}"
