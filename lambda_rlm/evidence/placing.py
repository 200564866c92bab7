"""A place of an input as a person finds it again: file, page, line, row, heading.

Owns the way from offsets to these. Promises that lines are counted once for each text, and that no heading is guessed: only
those that a format has, and those of Markdown in files that are no program's source.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final, NamedTuple

from lambda_rlm.evidence.parts import SourcePart
from lambda_rlm.evidence.record import Evidence, Match
from lambda_rlm.graphemes import begun
from lambda_rlm.inputs.formats.extracted import LONGEST_HEADING, FilePlaces

_LINE: Final = re.compile(r"\r\n|\n|\r")
ROW: Final = re.compile(r"(?P<input>[^\[\].]+)\[(?P<row>\d+)\](?:\.(?P<column>.+))?\Z", re.DOTALL)
"""The name of a text inside rows."""
_MARKDOWN: Final = re.compile(r"^ {0,3}(?:#{1,6}[ \t]+(?P<words>\S[^\r\n]*)|(?P<fence>```|~~~)[^\n]*)", re.MULTILINE)
_UNDERLINED: Final = re.compile(r"^(?P<words>\S[^\n]{0,198})\r?\n(?:={3,}|-{3,})[ \t]*\r?$", re.MULTILINE)
_WITH_HEADINGS: Final = (".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd")
_PLAIN: Final = ("", ".txt", ".text")
_TITLE: Final = re.compile(r"\s*#{1,6}[ \t]+\S")


class _Headings(NamedTuple):
    """Headings in order: where each begins, and its words."""

    starts: list[int]
    words: list[str]

    def above(self, at: int) -> str | None:
        number = bisect_right(self.starts, at) - 1
        return self.words[number] if number >= 0 else None


class _Counted:
    """One text of an input, with its lines and headings counted when they are first needed."""

    def __init__(self, text: str, places: FilePlaces | None) -> None:
        self.text = text
        self.places = places

    @cached_property
    def lines(self) -> array[int]:
        return array("q", (hit.end() for hit in _LINE.finditer(self.text)))

    @cached_property
    def headings(self) -> _Headings:
        if self.places is not None and not self.places.has_lines:
            found = list(self.places.headings)
        elif self._is_markdown():
            found = _markdown(self.text)
        else:
            found = []
        return _Headings([at for at, _ in found], [words for _, words in found])

    def _is_markdown(self) -> bool:
        """By the ending of its file; of a plain text, or one of no file, by its first line."""
        ending = "" if self.places is None else _ending(self.places.file)
        return ending in _WITH_HEADINGS or (ending in _PLAIN and _TITLE.match(self.text) is not None)


class Placing:
    """Makes evidence of places. `places` say where the texts of inputs are in files, `documents` are inputs that a host gave as
    rows of names and texts."""

    def __init__(self, places: Mapping[str, FilePlaces], documents: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._places = places
        self._documents = documents
        self._texts: dict[str, _Counted] = {}

    def evidence(self, passage: SourcePart, start: int, end: int, claim: str, match: Match) -> Evidence:
        """The evidence for a part of an answer: what is from `start` up to `end` in the text of a passage."""
        name, text = passage.name, passage.text
        places, words = self._file(name), text[start:end]
        if places is None and (row := ROW.match(name)) is not None:
            table = self._places.get(row["input"])
            file, column = None if table is None else table.file or None, row["column"]
            return Evidence(
                input=name, file=file, row=int(row["row"]) + 1, heading=column, start=start, end=end, words=words,
                call=passage.call, claim=claim, match=match,
            )  # fmt: skip
        counted = self._texts.get(name)
        if counted is None:
            counted = self._texts[name] = _Counted(text, places)
        page = line = None
        if places is not None and places.pages:
            page = _page(places.pages, start)
        if places is None or places.has_lines:
            line = bisect_right(counted.lines, start) + 1
        return Evidence(
            input=name, file=None if places is None else places.file or None, page=page, line=line,
            heading=counted.headings.above(start), start=start, end=end, words=words, call=passage.call, claim=claim, match=match,
        )  # fmt: skip

    def _file(self, name: str) -> FilePlaces | None:
        """The file, or the document, that a text is."""
        known = self._places.get(name)
        row = ROW.match(name) if known is None else None
        if row is None or row["input"] not in self._documents or row["column"] != "text":
            return known
        return FilePlaces(str(self._documents[row["input"]][int(row["row"])]["name"]))


def _page(pages: tuple[tuple[int, int], ...], at: int) -> int:
    number = bisect_right([start for start, _ in pages], at) - 1
    return pages[max(0, number)][1]


def _ending(file: str) -> str:
    name = file.replace("\\", "/").rpartition("/")[2].lower()
    return name[name.rfind(".") :] if "." in name.lstrip(".") else ""


def _markdown(text: str) -> list[tuple[int, str]]:
    """The headings of Markdown, without what looks like one in a block of code."""
    found: list[tuple[int, str]] = []
    fences: list[tuple[int, int]] = []
    opened: tuple[int, str] | None = None
    for hit in _MARKDOWN.finditer(text):
        fence = hit["fence"]
        if fence is not None and (opened is None or opened[1] == fence):
            if opened is not None:
                fences.append((opened[0], hit.end()))
            opened = (hit.start(), fence) if opened is None else None
        elif fence is None and opened is None:
            words = hit["words"].rstrip()
            bare = words.rstrip("#")
            found.append((hit.start(), begun(bare.rstrip() if bare[-1:].isspace() else words, LONGEST_HEADING)))
    starts = [start for start, _ in fences]
    for hit in _UNDERLINED.finditer(text):
        within = bisect_right(starts, hit.start()) - 1
        is_list = hit["words"][0] in "-*|>#"
        if not is_list and (within < 0 or fences[within][1] < hit.start()):
            found.append((hit.start(), begun(hit["words"].strip(), LONGEST_HEADING)))
    return sorted(found)
