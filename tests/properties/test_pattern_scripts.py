"""Patterns on texts of many scripts and line ends, against another engine that goes back and looks around.

The other engine is `regex`, whose classes and word ends are Unicode's; what it does not know (line ends, `\\n` for `\\r\\n`) is
written out for it. Where one of the two must go wrong (a repeated empty group, cases of Turkish) no pattern is drawn.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.eval.library.engine import Pattern
from lambda_rlm.eval.library.machine import BadPattern, Spans

pytestmark = pytest.mark.slow

Two = tuple[str, str]
"""A pattern, and how the other engine is told the same."""

LINE_ENDS: Final = r"\n\r\x85\u2028\u2029"
PIECES: Final = [
    *"aBks_7 -.", "é", "É", "ß", "ẞ", "Я", "я", "ж", "क", "्", "ि", "ท", "ย", "ิ", "日", "本", "각", "١", "５", "\u0301", "…", "«", "ς", "Σ",
    "\u00a0", "\u3000", "😀", "K", "ſ", "\u200d", "\n", "\r\n", "\r\n", "\r", "\u2028", "\x85", "\v",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def same(text: str) -> Two:
    return text, text


LETTERS: Final = [
    *map(same, [
        r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", "a", "k", "s", "é", "я", "日", "_", " ", r"\x{E9}".replace("{E9}", "e9"), "[a-z]", "[à-ÿ]",
        r"[\w-]", r"[^\w]", r"[^\W\d_]", r"[\s.]", r"[^\s]", r"[\D]", r"\p{Lu}", r"\pL", r"\PL", "[^aéя]", r"[^\PL]", r"\.", r"[]a]", r"[^]a]",
        "[-a]", r"[я\d]", r"\r",
    ]),
    (".", rf"[^{LINE_ENDS}]"), (r"\n", r"(?:\r\n|\n)"), (r"[a\n]", r"(?:\r\n|[a\n])"), (r"[^\n]", r"[^\n\r]"), (r"[^a\n]", r"[^a\n\r]"),
    (r"\Qa.é\E", r"a\.é"), (r"[[:word:]]", r"\w"), (r"[[:^space:]x]", r"[^\s]"), (r"[[:digit:]]", r"\d"), (r"\x{44F}", "я"),
]  # fmt: skip
EDGES: Final[list[Two]] = [
    (r"\b", r"\b"), (r"\b", r"\b"), (r"\B", r"\B"), (r"\A", r"\A"), (r"\z", r"\Z"), ("^", r"\A"), ("$", r"\Z"),
    ("(?m:^)", r"(?:\A|(?<=[\n\x85\u2028\u2029])|(?<=\r)(?!\n))"),
    ("(?m:$)", r"(?:\Z|(?=[\r\x85\u2028\u2029])|(?<!\r)(?=\n))"),
]  # fmt: skip
TIMES: Final = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{2,}"]
single = st.sampled_from(LETTERS)
repeated = st.builds(
    lambda one, times: (f"{one[0]}{times}", f"(?:{one[1]}){times}"),
    single.filter(lambda one: "Q" not in one[0]),
    st.sampled_from(TIMES),
)
edges = st.sampled_from(EDGES)


def in_a_row(parts: list[Two]) -> Two:
    return "".join([mine for mine, _ in parts]), "".join([theirs for _, theirs in parts])


def either(parts: list[Two], opening: str) -> Two:
    return f"{opening}{'|'.join([mine for mine, _ in parts])})", f"{opening}{'|'.join([theirs for _, theirs in parts])})"


def grown(inner: st.SearchStrategy[Two]) -> st.SearchStrategy[Two]:
    several = st.lists(inner, min_size=1, max_size=4)
    return st.one_of(several.map(in_a_row), st.builds(either, several, st.sampled_from(["(", "(?:", "(?i:"])))


patterns = st.recursive(st.one_of(single, repeated, edges), grown, max_leaves=8)


def expected(pattern: str, text: str) -> list[Spans]:
    """The matches from left to right; behind an empty one the next is looked for one character on."""
    compiled, place, found = regex.compile(pattern), 0, []
    while place <= len(text) and (match := compiled.search(text, place)) is not None:
        found.append([match.span(group) for group in range(compiled.groups + 1)])
        place = match.end() + (match.end() == match.start())
    return found


@given(patterns, texts)
def test_another_engine_finds_the_same_in_every_script(pattern: Two, text: str) -> None:
    try:
        engine = Pattern(pattern[0], False)
    except BadPattern:
        return
    found = list(engine.subject(text, lambda size: None).matches())
    assert found == expected(pattern[1], text)
    assert engine.occurs(text) == bool(found)


@given(patterns, texts, st.integers(1, 5))
def test_what_is_searched_in_parts_has_the_same_matches(pattern: Two, text: str, reach: int) -> None:
    try:
        engine = Pattern(pattern[0], False)
    except BadPattern:
        return
    coding = engine.code.of(set(text))
    whole = list(coding.machine.all_in(coding.encode(text), lambda size: None))
    coding.machine.reach = reach
    assert list(coding.machine.all_in(coding.encode(text), lambda size: None)) == whole


@given(st.lists(st.sampled_from([*LETTERS, *EDGES]), min_size=1, max_size=4).map(in_a_row), texts)
def test_a_text_in_code_matches_as_the_text_itself(pattern: Two, text: str) -> None:
    """Where the engine needs no code, a code changes nothing."""
    try:
        engine = Pattern(pattern[0], False)
    except BadPattern:
        return
    if not engine.code.is_needed(text):
        coding = engine.code.of(set(text))
        data = coding.encode(text)
        spans = [
            [(coding.measure(data[:a]), coding.measure(data[:b])) if a >= 0 else (a, b) for a, b in match]
            for match in coding.machine.all_in(data, lambda size: None)
        ]
        assert spans == list(engine.subject(text, lambda size: None).matches())


@given(patterns, texts)
def test_nothing_beyond_the_horizon_of_a_code_changes_a_match(pattern: Two, text: str) -> None:
    """Behind what may have been read past a match, and a character more, the text may end."""
    try:
        engine = Pattern(pattern[0], False)
    except BadPattern:
        return
    coding = engine.code.of(set(text))
    machine, data, position = coding.machine, coding.encode(text), 0
    for (start, end), *_ in machine.all_in(data, lambda size: None):
        furthest = end + max(machine.horizon.beyond(data, position, start, end), machine.horizon.steady) + 1
        while furthest < len(data) and machine.starts is not None and not machine.starts.match(data, furthest):
            furthest += 1
        kept = data[: furthest + 1]
        while len(kept) < len(data) and machine.starts is not None and not machine.starts.match(data, len(kept)):
            kept = data[: len(kept) + 1]
        again = machine.first_from(kept, position, lambda size: None)
        assert again is not None
        assert again[0] == (start, end)
        position = end if end > start else end + 1


def test_more_kinds_of_letters_than_bytes_are_told_apart() -> None:
    letters = [chr(c) for c in [*range(0x430, 0x450), *range(0x4E00, 0x4E90)]]
    pattern = rf"\b(?:{'|'.join([a + b for a, b in pairwise(letters)])})\b|[…-›]"
    text = (
        " ".join([a + b for a, b in zip(letters, letters[2:], strict=False)])
        + f"… {letters[3]}{letters[4]}‹ {letters[99]}{letters[100]}!"
    )
    found = [text[start:end] for ((start, end), *_) in Pattern(pattern, False).subject(text, lambda size: None).matches()]
    assert found == re.findall(pattern, text)
    assert len(found) == 4
