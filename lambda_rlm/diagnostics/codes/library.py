"""Codes of the library's own faults, a part of those of evaluation."""

from __future__ import annotations

from lambda_rlm.diagnostics.codes.code import Code

TABLE: tuple[Code, ...] = (
    Code(
        "E0430",
        "a computed pattern is no regular expression",
        "A pattern that is computed while the program runs is compiled when it is used. RE2 refuses it when it is malformed, too "
        "long, or uses back-references or look-around, which would break the promise of linear time; so it does a replacement "
        "that names a group which the pattern does not have. Text that shall be found literally goes through `escape_regex`, or "
        "needs no pattern at all: `contains` and `find_all` search literally.",
        bad="matches(context, part)",
        fixed="matches(context, escape_regex(part))",
        inputs={"part": "Text"},
        values={"context": "f(x) = 1", "part": "f(x"},
    ),
    Code(
        "E0431",
        "too many matches",
        "A pattern matched more often in one text than the library will list or replace. The matches are never cut off silently. "
        "Search for something rarer, or chunk the text and search the pieces.",
        bad='length(replace_regex(repeat("a", 310000), "a", ""))',
        fixed='length(replace_regex(repeat("a", 310), "a", ""))',
    ),
)
