"""Short texts are searched without the objects that follow a long one: the same matches, charges and places."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.eval.library.engine import Pattern
from lambda_rlm.eval.library.machine import BadPattern
from lambda_rlm.eval.value import Text, span_of
from tests.eval.test_regex_horizon import patterns
from tests.support.applying import apply, document, meter

PLACED = (r"(a)|(b)?c*", r"\b(\w+)=(\w*)", r"^.*$", "", r"(?i)AB", r"(\s)|x+?")
ALPHABET = "abAB c=x\t_."


@given(patterns, st.text("abcA \n", max_size=60))
def test_a_short_text_is_matched_and_charged_as_any(source: str, text: str) -> None:
    try:
        pattern = Pattern(source, False)
    except BadPattern:
        return
    data, short, long = text.encode(), [0], [0]
    assert pattern.all_in_short(data, short.append) == list(pattern.all_in(data, long.append))
    assert short == long


@given(st.sampled_from(PLACED), st.text(ALPHABET, max_size=30), st.text(ALPHABET, max_size=5))
def test_matches_of_a_short_span_are_spans_of_its_document(source: str, text: str, before: str) -> None:
    whole = document(before + text + "abc")
    span = span_of(whole.origin, len(before), len(text))  # type: ignore[arg-type]
    copied = apply("search", text, source)
    found = apply("search", span, source)
    assert [_plain(one) for one in found] == [_plain(one) for one in copied]
    for end, groups, start, match in found:
        assert match.s == text[start:end]
        for part in (match, *groups):
            assert not part.n or (part.origin is whole.origin and whole.s[part.start : part.start + part.n] == part.s)
        assert (match is span) == (end - start == len(text))


def test_a_search_line_by_line_costs_what_it_costs_at_once() -> None:
    """Steps and bytes of a text of a hundred matches, searched at once, against a hundred texts of one match each."""
    line = "service=mail took 15 ms"
    alone, together = meter(), meter()
    for _ in range(100):
        apply("search", document(line), r"took (\d+) ms", account=alone, literals=(None, r"took (\d+) ms"))
    apply("search", document("\n".join([line] * 100)), r"took (\d+) ms", account=together, literals=(None, r"took (\d+) ms"))
    compiled = meter()
    apply("search", document(""), r"took (\d+) ms", account=compiled, literals=(None, r"took (\d+) ms"))
    assert 0 <= alone.steps - 99 * compiled.steps - together.steps < 3_000
    assert alone.bytes - 99 * compiled.bytes == together.bytes


def _plain(record: tuple[int, list[Text], int, Text]) -> tuple[int, list[str], int, str]:
    end, groups, start, match = record
    return end, [group.s for group in groups], start, match.s
