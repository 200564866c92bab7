"""Work of the library that is one call of native code: linear, or charged by its worst case, and cut so that a run can end."""

from __future__ import annotations

from functools import partial

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.bounds.admit import defer
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import STRETCH
from lambda_rlm.diagnostics.faults import PrimitiveFault
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.eval.library import engine
from lambda_rlm.eval.library.engine import Pattern
from lambda_rlm.eval.library.keys import keys_of
from lambda_rlm.eval.library.machine import MOST_AT_ONCE, MOST_MEMORY, BadPattern
from lambda_rlm.eval.library.occurrence import count, first, occurrences, replaced, split
from lambda_rlm.eval.library.order import sequence_of
from lambda_rlm.eval.library.swift import MOST_WORK, swift
from lambda_rlm.execution.execute import NOBODY, Options, execute
from lambda_rlm.syntax.parse import parse
from lambda_rlm.types.infer import infer
from lambda_rlm.types.type import FLOAT, INT, TEXT, list_of, record_of
from tests.eval.test_regex_horizon import patterns
from tests.support.applying import apply, document, meter, read
from tests.support.running import run

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
    assert engine._KEPT_PATTERNS * MOST_MEMORY <= 1 << 27


def looks_of(program: str) -> int:
    """How often the clock is looked at in a run."""
    looks = [0]

    def clock() -> float:
        looks[0] += 1
        return 0.0

    typed = infer(parse(SourceFile("test", program)), {"query": TEXT})
    ran = anyio.run(
        partial(execute, defer(typed, Budget(seconds=1.0), NOBODY.profile), {"query": ""}, NOBODY, options=Options(clock=clock))
    )
    assert ran.fault is None
    return looks[0]


def colliding(n: int) -> list[tuple[int, int]]:
    """Records of two numbers whose tuples have one hash in CPython: the second is solved for from the first."""
    first_prime, second_prime, fifth_prime = 11400714785074694791, 14029467366897019727, 2870177450012600261
    word, inverse = (1 << 64) - 1, pow(second_prime, -1, 1 << 64)

    def turned(x: int, by: int) -> int:
        return (x << by | x >> 64 - by) & word

    rows: list[tuple[int, int]] = []
    target, number = 12345, 0
    while len(rows) < n:
        number += 1
        state = turned((fifth_prime + number * second_prime) & word, 31) * first_prime & word
        other = (target - state) * inverse & word
        if other < (1 << 61) - 1:
            rows.append((number, other))
    return rows


def test_records_whose_hashes_collide_have_keys_that_do_not() -> None:
    rows = colliding(2_000)
    assert len({hash(row) for row in rows}) == 1, "the attack no longer works on this Python: find another"
    for type_ in (record_of(a=INT, b=INT), list_of(INT)):
        for items in (rows, [list(row) for row in rows]) if type_ == list_of(INT) else (rows,):
            (keys,) = keys_of(type_)(items)
            assert len({hash(key) for key in keys}) == len(rows)


def test_numbers_whose_hashes_collide_have_keys_that_do_not() -> None:
    prime = (1 << 61) - 1
    whole = [k + j * prime for k in range(50) for j in range(4)]
    (keys,) = keys_of(INT)(whole)
    assert len({hash(key) for key in keys}) == len(whole)
    real = [m * 2.0 ** (61 * j) for m in (1.5, 3.25) for j in range(-8, 8)]
    assert len(set(map(hash, real))) == 2
    (keys,) = keys_of(FLOAT)(real)
    assert len({hash(key) for key in keys}) == len(real)


def test_keys_of_lists_that_are_compared_are_of_one_kind() -> None:
    assert apply("intersect", [1, 2, 3], [2, 1 << 40, 3]) == [2, 3]


def test_long_texts_are_paid_for_by_each_comparison_of_a_sort() -> None:
    def steps(characters: int) -> int:
        ran = run(
            'range(0, 256) |> map(fn(i) => f"{x}{i}") |> sort_by(fn(t) => t) |> length', {"x": TEXT}, {"x": "a" * characters}
        )
        assert ran.fault is None
        return ran.usage.steps

    assert steps(6_464) - steps(64) >= 256 * 100 * 8


def test_a_long_list_is_sorted_as_a_short_one() -> None:
    numbers = [(i * 7_919) % 100_003 for i in range(100_000)]
    for is_falling in (False, True):
        expected = sorted(range(len(numbers)), key=lambda at: numbers[at] % 1_000, reverse=is_falling)
        assert sequence_of([number % 1_000 for number in numbers], is_falling, meter()) == expected


@pytest.mark.parametrize(
    "program",
    [
        "fold(range(0, 100000), 0, fn(a, x) => x) > 0",
        "count(cross(range(0, 300), range(0, 300)), fn(p) => p.first == p.second) > 0",
        "length(map(range(0, 100000), fn(x) => x)) > 0",
        "any(range(0, 100000), fn(x) => x < 0)",
        "is_empty(scan(range(0, 100000), 0, fn(a, x) => x))",
        "range(0, 100000) |> sort_by(fn(x) => 0 - x) |> length > 0",
        "range(0, 100000) |> unique |> length > 0",
        "range(0, 100000) |> group_by(fn(x) => x) |> length > 0",
    ],
)
def test_the_clock_is_looked_at_inside_loops(program: str) -> None:
    """Whatever the loop was charged at once."""
    assert looks_of(program) > 100_000 // STRETCH
