"""Work of the library that is one call of native code: linear, or charged by its worst case, and cut so that a run can end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.diagnostics.faults import PrimitiveFault
from lambda_rlm.eval.library import engine
from lambda_rlm.eval.library.engine import MOST_AT_ONCE, BadPattern, Pattern
from lambda_rlm.eval.library.occurrence import count, first, occurrences, replaced, split
from lambda_rlm.eval.library.swift import MOST_WORK, swift
from tests.eval.test_regex_horizon import patterns
from tests.support.applying import apply, document, meter, read

few = st.text("ab", max_size=90)
parts = st.builds(lambda part, times: (part * times)[:60], st.text("ab", min_size=1, max_size=4), st.integers(1, 20))


@given(few, st.integers(1, 900), parts, st.integers(0, 9))
def test_a_literal_text_is_found_as_python_finds_it(text: str, times: int, part: str, begin: int) -> None:
    s = text * times + part + text
    end = len(s) - begin
    assert first(s, part, begin, end) == s.find(part, begin, end)
    assert count(s, part, begin, end) == s.count(part, begin, end)
    cut = s[begin:end]
    assert [s[at : at + len(part)] for at in occurrences(s, part, begin, end)] == [part] * cut.count(part)
    assert split(cut, part) == cut.split(part)
    assert replaced(cut, part, "c") == cut.replace(part, "c")


@pytest.mark.parametrize("old", ["a", "aa", "ab" * 40, "a" * 600_000])
def test_a_long_text_is_replaced_as_a_short_one(old: str) -> None:
    text = ("ab" * 70 + "a" * 50) * 7_000 + "a" * 1_300_000
    assert read(apply("replace", document(text), old, "c")) == text.replace(old, "c")


@given(patterns, st.text("abcA \né", max_size=60), st.integers(1, 5))
def test_a_text_searched_in_parts_has_the_same_matches(pattern: str, text: str, reach: int) -> None:
    try:
        engine_of_parts, whole = Pattern(pattern, False), Pattern(pattern, False)
    except BadPattern:
        return
    engine_of_parts.reach = reach
    data = text.encode()

    def matches(engine: Pattern) -> list[list[tuple[int, int]]]:
        return list(engine.all_in(data, lambda size: None))

    assert matches(engine_of_parts) == matches(whole)
    assert engine_of_parts.occurs(text) == whole.occurs(text)


def test_the_clock_is_looked_at_while_a_pattern_is_searched_for() -> None:
    account, looks = meter(), [0]
    account.watch(lambda: looks.__setitem__(0, looks[0] + 1))
    text = document("many words on a line\n" * 100_000)
    before = looks[0]
    assert apply("matches", text, r"(?i)(error|warning|fatal):\d+", account=account) is False
    assert looks[0] - before > 10


def test_a_pattern_that_cannot_be_searched_in_parts_is_refused() -> None:
    """On a text so long that no look at the clock would come in time; a search that is short or can be cut is not."""
    pattern = r"(?s)(?:a|b)*a(?:.){30}c"
    size = Pattern(pattern, False).size
    apply("matches", document("a" * 100_000), pattern)
    with pytest.raises(PrimitiveFault) as caught:
        apply("matches", document("a" * (MOST_AT_ONCE // size + 100_000)), pattern)
    assert caught.value.code == "E0430"
    assert "in pieces" in caught.value.message
    assert apply("matches", document("a\n" * (MOST_AT_ONCE // size)), pattern.replace("(?s)", "")) is False


def test_barriers_are_looked_for_once() -> None:
    pattern = Pattern("[^\\x00]", False)
    pattern.reach = 10
    asked: list[int] = []
    found = pattern.barrier_from

    def counted(data: bytes, least: int) -> int:
        asked.append(least)
        return found(data, least)

    pattern.barrier_from = counted  # type: ignore[method-assign]
    assert len(list(pattern.all_in(b"a" * 1_000, lambda size: None))) == 1_000
    assert len(asked) == 1


@pytest.mark.parametrize("pattern", ["[ab]?" * 9 + "[cd]", "(?:a|b)*a(?:a|b){12}c", r"(?i)\b(error|warning|fatal)\b"])
def test_a_pattern_is_charged_by_its_instructions(pattern: str) -> None:
    """The engine may have to follow all of them at each byte."""
    account, n = meter(), 100_000
    apply("matches", document("ab" * (n // 2)), pattern, account=account)
    assert account.steps >= n * Pattern(pattern, False).size // 64


def test_swift_patterns_try_no_more_than_is_charged() -> None:
    for pattern, ways in (("[ab]?" * 9 + "[cd]", 512), ("a+b", 1)):
        proved = swift(pattern)
        assert proved is not None
        assert proved.most * ways <= MOST_WORK


def test_a_pattern_that_would_be_a_huge_program_is_refused() -> None:
    with pytest.raises(PrimitiveFault) as caught:
        apply("matches", "abc", r"(?i)\pL{200}\pN{200}")
    assert caught.value.code == "E0430"


def test_compiling_is_charged_by_the_program_it_makes() -> None:
    account = meter()
    apply("matches", "abc", r"\pL{20}", account=account)
    assert account.steps > Pattern(r"\pL{20}", False).size > 10_000


def test_patterns_that_are_kept_hold_little_together() -> None:
    assert engine._KEPT_PATTERNS * engine.MOST_MEMORY <= 1 << 27
