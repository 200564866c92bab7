"""Large texts are decoded part by part: the text, the notes and the problems are those of the whole."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.inputs import InputProblem, Reading, from_arguments
from lambda_rlm.inputs.decode import Decoded, decode, decode_parts

ENGLISH = "The ship left at noon. " * 20


def outcome(parts: list[bytes], reading: Reading | None = None) -> Decoded | tuple[str, str | None]:
    try:
        return decode_parts(parts, "a.txt", reading)
    except InputProblem as problem:
        return problem.message, problem.hint


texts = st.text(st.sampled_from("ab\r\n é€😀\x00\x1b\ufeff\u2028"), max_size=40)
encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "iso2022_jp"])


@given(texts, encodings, st.binary(max_size=3), st.lists(st.integers(0, 200), min_size=1, max_size=4))
def test_bytes_in_parts_are_decoded_as_in_one(text: str, encoding: str, damage: bytes, cuts: list[int]) -> None:
    data = text.encode(encoding, "replace") + damage
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    parts = [data[start:end] for start, end in pairwise(places)]
    assert outcome(parts) == outcome([data])


@pytest.mark.parametrize("reading", [Reading(encoding="cp1252"), Reading(encoding="utf-8:replace")])
def test_a_named_encoding_holds_for_all_parts(reading: Reading) -> None:
    data = f"{ENGLISH}é😀".encode()
    assert outcome([data[:300], data[300:]], reading) == decode(data, "a.txt", reading)


@pytest.mark.slow
def test_a_large_text_and_its_bytes_are_not_held_at_once(tmp_path: Path) -> None:
    path, size = tmp_path / "a.txt", 120_000_000
    path.write_bytes(ENGLISH.encode() * (size // len(ENGLISH)))
    from_arguments([str(Path(__file__))])
    tracemalloc.start()
    try:
        text = from_arguments([str(path)]).values["context"]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert text == ENGLISH * (size // len(ENGLISH))
    assert peak < 1.5 * size
