"""Arguments that make each function that cuts texts or lists hold as much as it can for its input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Content = Callable[[int], str]
"""From a number of characters, an input of about that many."""


def line_ends(n: int) -> str:
    return "\n" * n


def returns(n: int) -> str:
    return "\r\n" * (n // 2)


def one_letter_words(n: int) -> str:
    return "a " * (n // 2)


def blank_lines(n: int) -> str:
    return "a\n\n" * (n // 3)


def indented_blank_lines(n: int) -> str:
    return "a\n \t \n" * (n // 6)


def wide_letters(n: int) -> str:
    return "語 " * (n // 2)


def letters(n: int) -> str:
    return "aB" * (n // 2)


CUTTING: Final[dict[str, tuple[str, Content]]] = {
    "lines": ("length(lines(context))", line_ends),
    "lines, returns": ("length(lines(context))", returns),
    "lines of a computed text": ('length(lines(replace(context, "a", "b")))', blank_lines),
    "lines of a rope": ('length(lines(f"{context}a{context}"))', line_ends),
    "words": ("length(words(context))", one_letter_words),
    "words, wide": ("length(words(context))", wide_letters),
    "paragraphs": ("length(paragraphs(context))", blank_lines),
    "paragraphs, none": ("length(paragraphs(context))", line_ends),
    "paragraphs, indented": ("length(paragraphs(context))", indented_blank_lines),
    "split_on": ('length(split_on(context, "\\n"))', line_ends),
    "split": ("length(split(context, length(context)))", letters),
    "chunk": ("length(chunk(context, 1))", letters),
    "windows": ("length(windows(context, 2, 1))", letters),
    "pack": ('length(pack(lines(context), 1, ""))', blank_lines),
    "sections": ('length(sections(context, "a"))', blank_lines),
    "search": ('length(search(context, "a"))', blank_lines),
    "find_all": ('length(find_all(context, "\\n"))', line_ends),
    "enumerate": ("length(map(enumerate(lines(context)), fn(e) => e))", line_ends),
    "zip": ("let l = lines(context); length(zip(l, l) ++ zip(l, l))", line_ends),
    "batch": ("length(batch(lines(context), 1))", line_ends),
    "group_by": ("length(group_by(lines(context), fn(l) => l))", blank_lines),
    "partition": ("length(partition(lines(context), fn(l) => is_empty(l)).no)", blank_lines),
    "unique": ("length(unique(map(range(0, length(context)), fn(n) => n * 1000)))", letters),
    "tally": ("length(tally(map(range(0, length(context)), fn(n) => n * 1000)))", letters),
    "sort_by": ("length(sort_by(words(context), fn(w) => w))", one_letter_words),
    "take of each": ("length(map(words(context), fn(w) => take(context, 300)))", one_letter_words),
    "templates": ('length(map(words(context), fn(w) => f"{w}{w}"))', one_letter_words),
    "upper of each": ("length(map(words(context), fn(w) => upper(w)))", one_letter_words),
    "records": ("length(map(words(context), fn(w) => { w: some(w), n: [length(w)] }))", one_letter_words),
    "functions": ("length(map(take(words(context), 20000), fn(w) => fn(n) => n + length(w)))", one_letter_words),
    "a chain of ropes": ('length(fold(words(context), "", fn(a, w) => f"{a}{w}"))', one_letter_words),
    "a list that grows": ("length(fold(take(words(context), 2000), [context], fn(a, w) => a ++ [w]))", one_letter_words),
    "all states": ("length(scan(take(words(context), 1000), [context], fn(a, w) => a ++ [w]))", one_letter_words),
}
"""By name, a program whose only input is `context`, and what makes one."""
