"""Formats that are text inside: the encoding is found before the text is parsed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lambda_rlm.inputs.decode import text_in
from lambda_rlm.inputs.formats.extracted import Rows
from lambda_rlm.inputs.reading import Reading


def decoded(parse: Callable[[str, str], Rows]) -> Callable[[bytes, str, Reading], Rows]:
    """What parses a text, as the reader of a format: the encoding is found first."""

    def read(data: bytes, name: str, reading: Reading) -> Rows:
        decoded = text_in(data, name, reading)
        rows = parse(decoded.text, name)
        return rows if decoded.note is None else replace(rows, notes=(decoded.note, *rows.notes))

    return read
