"""How far the engine reads past a match: bounded by what is known of the pattern, and paid for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.eval.library.engine import Pattern
from lambda_rlm.eval.library.machine import BadPattern
from lambda_rlm.types.type import TEXT
from tests.support.running import run


def nobody(_: int) -> None:
    """Is charged nothing."""


SINGLE = ["a", "b", ".", "[ab]", "[^a]", "[^b\\n]", r"\w", r"\n", "é", r"\x61", r"\W", "[b-c]", "[^é]"]
TIMES = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{2,}", "{0,2}?", "{1,}?"]


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        several.map("".join),
        several.map(lambda branches: f"({'|'.join(branches)})"),
        st.builds(lambda one, times: f"(?:{one}){times}", inner, st.sampled_from(TIMES)),
        st.builds(lambda one, times: one + times, st.sampled_from(SINGLE), st.sampled_from(TIMES)),
    )


branch = st.recursive(st.sampled_from([*SINGLE, "^", "$", r"\b"]), grown, max_leaves=8)
patterns = st.builds(
    lambda flags, branches: flags + "|".join(branches),
    st.sampled_from(["", "(?s)", "(?i)", "(?m)"]),
    st.lists(branch, min_size=1, max_size=3),
)


@given(patterns, st.text("abcA \né", max_size=50), st.text("abcA \né", max_size=9))
def test_nothing_beyond_the_horizon_changes_a_match(pattern: str, text: str, tail: str) -> None:
    """What the engine may have read past a match is all that the match depends on, but for a character after it."""
    try:
        engine = Pattern(pattern, False)
    except BadPattern:
        return
    data, position = text.encode(), 0
    found = engine.first_from(data, position, nobody)
    while found is not None:
        start, end = found[0]
        furthest = end + max(engine.horizon.beyond(data, position, start, end), engine.horizon.steady)
        kept = data[: furthest + 2].decode(errors="ignore").encode()
        known = kept if len(kept) > furthest else data[: furthest + 4]
        if len(known) < len(data):
            again = engine.first_from(known.decode(errors="ignore").encode() + tail.encode(), position, nobody)
            assert again is not None
            assert again[0] == (start, end)
        if end == position:
            return
        position = end
        found = engine.first_from(data, position, nobody)


FAR = r"(?s)c.*zzz|c"
LOOKING = [
    f'search(context, r"{FAR}") |> length',
    f'replace_regex(context, r"{FAR}", "") |> length',
    r'search(context, r"c[^z]*z|c") |> length',
    r'search(context, r"c[^z]*y|c") |> length',
    r'search(context, r"(?s)(?:c(?:.|x)*zzz|c)") |> length',
    r'search(context, r"(?s)c.*?zzz|c") |> length',
    r'search(context, r"(?s)c\pL*.*\d|c") |> length',
    r'sections(replace(context, "cc", "c\n"), r"(?s)c.*zzz|c") |> length',
]


@pytest.mark.parametrize("program", LOOKING)
def test_matches_that_reread_the_text_exhaust_the_fuel(program: str) -> None:
    """In a text of 100,000 characters these would read five thousand million."""
    done = run(program, {"context": TEXT}, {"context": "c" * 100_000}, fuel=5_000_000)
    assert done.fault is not None
    assert done.fault.code == "E0401"
    assert done.usage.seconds < 20


NEAR = [
    r'"[^"]*"',
    r"Section [0-9]+[^\n]*",
    r"(?i)magic number",
    r"(\w+): (\d+)",
    r"(?i)(error|warning).*",
    r"(?s)<(\w+)>(.*?)</",
    r"(?s)Q: (.*?)\nA: (.*?)\n\n",
    r"\b[A-Z][a-z]+ [A-Z][a-z]+\b",
    r"(?m)^.*says.*$",
    r'"[^"]*"|<[^>]*>',
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[a-z]{2,}",
]
PAGE = """Section 12 of the Manual
Q: What is the magic number?
A: "forty two", says <b>Ann Lee</b>, ann.lee@example.org

level: 3
warning: low
"""


@pytest.mark.parametrize("pattern", NEAR)
def test_usual_patterns_are_charged_little_past_a_match(pattern: str) -> None:
    data = (PAGE * 2_000).encode()
    read: list[int] = []
    found = list(Pattern(pattern, False).all_in(data, read.append))
    assert len(found) >= 2_000
    assert sum(read) < 12 * len(data)
