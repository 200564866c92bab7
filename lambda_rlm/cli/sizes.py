"""Sizes on the command line: `--size context=10MB,100MB`.

Owns the notation. KB, MB and GB are bytes of UTF-8, and a text of N bytes has at most N characters; a plain number is
characters. `1000x6KB` is a list of at most 1,000 elements of 6 KB each. Several sizes of one input are columns of the table;
inputs with one size have it in each column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from lambda_rlm.bounds.declared import Size
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.data_class import dataclass

_EXAMPLE: Final = "e.g. --size context=10MB,100MB, --size notes=20000 (characters) or --size docs=1000x6KB"
_SIZE: Final = re.compile(r"(?:(\d[\d_]*)x)?(\d[\d_]*(?:\.\d+)?)(B|KB|MB|GB)?", re.IGNORECASE)
_BYTES: Final = {"B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}


@dataclass(frozen=True, slots=True)
class Column:
    """One size for each input, and how the column is headed: by what differs from the other columns."""

    sizes: Mapping[str, Size]
    title: str


def columns(options: Sequence[str]) -> list[Column]:
    """The columns that `--size` options ask for; raises `UsageProblem`."""
    written: dict[str, list[str]] = {}
    for option in options:
        for name, texts in _named(option):
            if name in written:
                raise UsageProblem(f"--size declares {name!r} twice", _EXAMPLE)
            written[name] = texts
    count = max(map(len, written.values()), default=0)
    for name, texts in written.items():
        if len(texts) not in (1, count):
            raise UsageProblem(
                f"--size declares {len(texts)} sizes for {name!r} but {count} for another input", "use the same number, or one"
            )
    return [_column(written, index, count) for index in range(count)]


def _named(option: str) -> Iterator[tuple[str, list[str]]]:
    """`a=1KB,2KB` is one input with two sizes; `a=1KB,b=2KB` are two inputs."""
    name, texts = "", list[str]()
    for part in option.split(","):
        before, equals, after = part.partition("=")
        if equals:
            if name:
                yield name, texts
            name, texts = before.strip(), [after.strip()]
        else:
            texts = [*texts, part.strip()]
    if not name.isidentifier():
        raise UsageProblem(f"--size {option!r} is not NAME=SIZE", _EXAMPLE)
    yield name, texts


def _column(written: Mapping[str, Sequence[str]], index: int, count: int) -> Column:
    chosen = {name: texts[index if len(texts) > 1 else 0] for name, texts in written.items()}
    shown = [f"{name}={text}" for name, text in chosen.items() if count == 1 or len(written[name]) > 1]
    return Column({name: _size(name, text) for name, text in chosen.items()}, ", ".join(shown))


def _size(name: str, text: str) -> Size:
    hit = _SIZE.fullmatch(text)
    if hit is None:
        raise UsageProblem(f"--size {name}={text!r} is not a valid size", _EXAMPLE)
    count = None if hit[1] is None else int(hit[1].replace("_", ""))
    unit = None if hit[3] is None else _BYTES[hit[3].upper()]
    amount = int(float(hit[2].replace("_", "")) * (unit or 1))
    return Size(amount, None if unit is None else amount, count)
