"""Codes of the library's own faults, a part of those of evaluation."""

from __future__ import annotations

from lambda_rlm.diagnostics.codes.code import Code

TABLE: tuple[Code, ...] = (
    Code(
        "E0430",
        "Invalid regular expression at run time",
        "A pattern that the program computes is compiled when it is used. RE2 rejects a pattern that is malformed, too long, "
        "or uses backreferences or lookaround, which would break linear-time matching. A replacement must not refer to a "
        "group that the pattern does not have. To search for literal text, apply `escape_regex`, or use `contains` or "
        "`find_all`, which need no pattern.",
        bad="matches(context, part)",
        fixed="matches(context, escape_regex(part))",
        inputs={"part": "Text"},
        values={"context": "f(x) = 1", "part": "f(x"},
    ),
    Code(
        "E0431",
        "Too many matches",
        "A pattern matched more often in one text than the library can list or replace. Matches are never dropped silently. "
        "Search for something rarer, or chunk the text and search the pieces.",
        bad='length(replace_regex(repeat("a", 310000), "a", ""))',
        fixed='length(replace_regex(repeat("a", 310), "a", ""))',
    ),
    Code(
        "E0432",
        "Text too long to parse",
        "`parse` reads a text as JSON in one go, during which a run cannot be stopped, so the text must not be too long. Pass a "
        "large file as an input, which is read before the run and has a type, or parse its lines one by one.",
        bad='is_some(parse[List[Int]](repeat("1", 9000000)))',
        fixed='is_some(parse[List[Int]](repeat("1", 9)))',
    ),
)
