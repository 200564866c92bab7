"""Entries for numbered items that are lines: numbered lists, tables, and one line for each item.

Owns what a line that begins an entry looks like: its number, in whatever script, and the signs around it. Promises: an entry
goes on until the next number; a line inside an entry that looks like the beginning of another makes none, since both are left
out, to be asked for again, where a text could have brought it along. Refuses lines without numbers, unless there are as many
as items and nothing else can be meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import field
from itertools import accumulate, pairwise
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.asking.coerce import is_compound
from lambda_rlm.eval.asking.lenient import CONFLICT, Raw, loads
from lambda_rlm.eval.asking.schema import mentions
from lambda_rlm.eval.asking.shape import ReplyReading
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.types.type import FLOAT, INT, QUOTE, TEXT, Record, Type

Entry = tuple[int, Raw]
"""An entry and the number that it carries."""

VALUE_KEYS: Final = ("reply", "value", "answer", "label", "result", "output", "text")
"""What models call the value of an entry beside its number."""

_HEAD = late_pattern(
    r"(?P<mark>(?:[-*•・>]|#+)[ \t]+)?(?P<bold>[*_]*)"
    r"(?P<word>(?:item|entry|eintrag|élément|elemento|ítem|элемент|項目|项目|条目|항목|عنصر|פריט|आइटम|mục|no\.?|nr\.?|n°|№|第)[ \t]*)?(?P<open>[\[(［（【〔#\"'`]*)"
    r"(?:\d{8}-)?(?P<number>\d{1,9}|[①-⑳])(?P<counter>[项項条條个個番번])?(?P<close>[\])］）】〕\"'`]*)(?P<inner>[*_]*)"
    r"(?P<between>[ \t]*(?P<sign>->|=>|→|[:.)=–—,\-：．。）、，])?(?P<outer>[*_]*)(?P<gap>[ \t]*))(?P<rest>.*)",
    re.IGNORECASE,
)
_COMMAS: Final = (",", "，")
_DASHES: Final = "–—-"
_OPENINGS, _CLOSINGS = "[［(（【〔", "]］)）】〕"
_CELLS = late_pattern(r"(?<!\\)\|")
_NUMBER_CELL = late_pattern(r"[\s*_#\[(]*(\d{1,9})[\s*_\]).:]*")
_RULE_CELL = late_pattern(r"\s*:?-+:?\s*")
_DIGIT = late_pattern(r"[\W_]*\d")
_NAMED = late_pattern(r"[ \t]*[*_\[(]*(?P<word>[^\W\d_]+)[ \t]?(?=\d{1,9}[ \t*_\])]*[:：.=)\-–—])")
"""A word right before the number of a line: `Text 1: yes`."""
_ON_A_LINE = late_pattern(r"(?:(?<=^)|(?<=[,;|.])[ \t]*|(?<=[ \t]))(?=[\[(]?\d{1,9}[\])]?[ \t]?[:：.)=](?![ \t]*\d))")
"""Where an entry begins on a line of several."""
_NEXT = late_pattern(r"(?:^|\s)[\[(]?(\d{1,9})[.):\]](?=\s)")
_BULLET = late_pattern(r"[-*•・]\s+")


@dataclass(slots=True)
class _Listed:
    """One entry as it is in the lines, and the signs around its number."""

    number: int
    style: tuple[str, ...]
    lines: list[str] = field(default_factory=list)
    cell: Raw = None
    """The value in a row of a table."""

    @property
    def is_key(self) -> bool:
        """The number is a key of JSON."""
        return len(self.style) > 2 and any(quote in self.style[2] for quote in "\"'")

    @property
    def is_loose(self) -> bool:
        """Its signs may be those of something else."""
        return self.style == _BARE or self.is_key or self.style[-1] in _COMMAS


def has_numbers(text: str, items: int) -> bool:
    """A line begins an entry of one of the items; keys of JSON and rows of numbers do not."""
    heads = [_head(line) for line in text.split("\n")]
    return any(head is not None and head.number <= items and not head.is_loose for head in heads)


def has_texts(type_: Type) -> bool:
    """A reply of the type has texts that its program does not know, which may have lines of their own."""
    return mentions(type_, TEXT) or mentions(type_, QUOTE)


def value_key(keys: Sequence[str], type_: Type) -> str | None:
    """The one key that names a value; beside another, `text` is that of the item where no text is asked for."""
    named = [key for key in keys if key.strip("*_ ").casefold() in VALUE_KEYS]
    if len(named) > 1 and not has_texts(type_):
        named = [key for key in named if key.strip("*_ ").casefold() != "text"]
    return named[0] if len(named) == 1 else None


def numbered_lines(text: str, type_: Type, items: int, reading: ReplyReading) -> list[Entry] | None:
    """The entries of a table or of a numbered list; None where no line has a number. One that cannot be told is `CONFLICT`: its
    number counts all the same where the others' are judged."""
    is_free = has_texts(type_)
    lines = text.split("\n") if is_free else _plain_lines(text, items, reading)
    table = _rows(lines, type_, reading)
    found = table if table is not None else _listed(lines, reading, is_free=is_free)
    if not found:
        return None
    unsure = _unsure(found, items, reading) if is_free else set()
    return [(one.number, CONFLICT if at in unsure else _value(one, type_)) for at, one in enumerate(found)]


def _plain_lines(text: str, items: int, reading: ReplyReading) -> list[str]:
    """The lines of a reply without texts: those of a list on one line, and without a word that is before each number."""
    lines = text.strip().split("\n")
    if len(lines) == 1 and not _CELLS.search(text):
        starts = sorted({match.end() for match in _ON_A_LINE.finditer(text)})
        parts = [text[a:b].strip(" \t,;") for a, b in pairwise([*starts, len(text)])]
        heads = [_head(part) for part in parts]
        if starts[:1] == [0] and len(parts) == items > 1 and _are_from_one([head.number if head else 0 for head in heads]):
            reading.coerce("read a list that is on one line")
            return parts
    named = [match for line in lines if line.strip() and (match := _NAMED.match(line)) is not None]
    if len(named) < 2 or len({match["word"].casefold() for match in named}) > 1 or has_numbers("\n".join(lines), items):
        return lines
    reading.coerce("dropped the word before each number")
    return [_NAMED.sub("", line, count=1) for line in lines]


def _are_from_one(numbers: Sequence[int]) -> bool:
    return list(numbers) == list(range(1, len(numbers) + 1))


def numbered_texts(parts: Sequence[Raw], type_: Type) -> list[Entry] | None:
    """The entries of a list of texts that each begin with a number; where texts are asked for, only if they are numbered in
    order, since they may begin with numbers of their own."""
    heads = [_head(part) if isinstance(part, str) and "\n" not in part else None for part in parts]
    found = [(head.number, head.lines[0]) for head in heads if head is not None and not head.is_loose]
    if not found or len(found) < len(parts):
        return None
    if mentions(type_, INT) or mentions(type_, FLOAT):
        return None
    return found if not has_texts(type_) or (len(found) > 1 and _are_from_one([number for number, _ in found])) else None


def in_order(text: str, type_: Type, items: Sequence[str], reading: ReplyReading) -> list[Entry]:
    """One line for each item where there are exactly as many. Texts may have lines of their own: for them each line begins
    with a sign of a list, and no item has more than one line."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) != len(items) or is_compound(type_):
        return []
    is_listed = all(_BULLET.match(line) for line in lines)
    if has_texts(type_) and not (is_listed and not any("\n" in item for item in items)):
        return []
    is_number = mentions(type_, INT) or mentions(type_, FLOAT)
    if not is_number and any(_DIGIT.match(line) for line in lines):  # a number that is no item's, or not read as one
        return []
    reading.coerce("matched lines of the same number to the items in order")
    return [(number, _BULLET.sub("", line.strip(), count=1).strip()) for number, line in enumerate(lines, 1)]


_BARE: Final = ("", "", "", "", "")
"""The style of a number without any sign around it."""


def _head(line: str) -> _Listed | None:
    """The entry that begins with a line."""
    match = _HEAD.fullmatch(line.strip())
    if match is None:
        return None
    word, opening, closing, sign, rest = match.group("word", "open", "close", "sign", "rest")
    if _brackets(opening, _OPENINGS) != _brackets(closing + (sign or ""), _CLOSINGS) and opening.strip("#"):
        return None
    written, mark = match["number"], (match["mark"] or "").strip()
    number = int(written) if written.isdecimal() else ord(written) - ord("①") + 1
    circle = "" if written.isdecimal() else "①"
    signs = (match["bold"] + mark.strip("-*•・"), (word or "").strip().casefold(), opening + circle, closing, sign or "")
    is_joined = bool(rest) and not match["between"][-1:].isspace()
    if is_joined and (rest[0].isdecimal() or not (closing or sign or circle)):
        return None
    if is_joined and sign is not None and sign in _DASHES:
        signs = _BARE  # a word, unless every line has one
    if not rest and signs == _BARE:
        return None
    if match["bold"] and not match["inner"] + match["outer"]:
        rest = rest.removesuffix(match["bold"])
    return _Listed(number, signs, [rest])


def _brackets(signs: str, of: str) -> list[int]:
    """Which brackets are among the signs, from the outermost to the innermost or the reverse; a lone `)` needs no partner."""
    found = [of.index(sign) for sign in signs if sign in of]
    return sorted(found)


def _listed(lines: list[str], reading: ReplyReading, *, is_free: bool) -> list[_Listed]:
    """The entries of a numbered list. Beginnings have the indentation of the first; a number without signs begins an entry only
    where every line has one."""
    heads = [_head(line) for line in lines]
    said = [at for at, line in enumerate(lines) if line.strip()]
    if not is_free and len(said) > 2 and heads[said[0]] is None and "\t" in lines[said[0]]:  # names of columns
        said = said[1:]
    styles = {None if (head := heads[at]) is None else head.style for at in said}
    if styles != {_BARE}:
        heads = [head if head is not None and head.style != _BARE else None for head in heads]
    first = next((at for at, head in enumerate(heads) if head is not None), None)
    if first is None:
        return []
    if any(line.strip() for line in lines[:first]):
        reading.coerce("dropped lines before the first number")
    indent = _indent(lines[first])
    found: list[_Listed] = []
    for line, head in zip(lines[first:], heads[first:], strict=True):
        if head is not None and _indent(line) <= indent:
            found.append(head)
        else:
            found[-1].lines.append(line.rstrip())
    return _without_close(found, indent, reading, is_free=is_free)


def _without_close(found: list[_Listed], indent: int, reading: ReplyReading, *, is_free: bool) -> list[_Listed]:
    """The entries without a last paragraph that may be for all of them: with it goes, among texts, the last entry."""
    lines = found[-1].lines
    ends = [at for at in range(1, len(lines) - 1) if not lines[at] and lines[at + 1] and _indent(lines[at + 1]) <= indent]
    ends = [at for at in ends if any(lines[:at])]
    if not ends:
        return found
    reading.coerce("dropped what follows the last entry")
    if is_free:
        found[-1].cell = CONFLICT
    del lines[ends[0] :]
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _unsure(found: list[_Listed], items: int, reading: ReplyReading) -> set[int]:
    """The entries whose beginning or end is not sure: numbers do not rise, are those of no item, or skip one after several
    lines, or where that one may begin. Each takes the one before it along, in which it may stand."""
    numbers = [one.number for one in found]
    highest, lowest = list(accumulate(numbers, max)), list(accumulate(reversed(numbers), min))[::-1]
    unsure = {
        at
        for at, number in enumerate(numbers)
        if number > items or (at and highest[at - 1] >= number) or (at + 1 < len(numbers) and lowest[at + 1] <= number)
    }
    absent = set(range(1, items + 1)) - set(numbers)
    for at, one in enumerate(found if absent else ()):
        inside = _NEXT.finditer("\n".join(one.lines)) if one.cell is None else ()
        if any(int(match.group(1)) in absent for match in inside):  # it may be where that entry begins
            unsure.add(at)
    gaps = {at for at, (a, b) in enumerate(pairwise(numbers)) if b > a + 1 and any(found[at].lines[1:])}
    unsure |= {at - 1 for at in unsure if at} | gaps
    for at in sorted(unsure):
        reading.coerce(f"dropped the entry with the number {found[at].number}, whose end cannot be told")
    return unsure


def _rows(lines: list[str], type_: Type, reading: ReplyReading) -> list[_Listed] | None:
    """The rows of a table that begin with a number; None where there is no table."""
    rows = [(line, _cells(line)) for line in lines if line.strip() and _CELLS.search(line)]
    if not any(line.lstrip().startswith("|") for line, _ in rows) and len(rows) < sum(bool(line.strip()) for line in lines):
        return None
    if any(has_numbers(line, len(lines)) for line in lines if not _CELLS.search(line)):  # it is inside an entry
        return None
    rules = [at for at, (_, cells) in enumerate(rows) if all(_RULE_CELL.fullmatch(cell) for cell in cells)]
    header = rows[rules[0] - 1][1] if rules and rules[0] else None
    found: list[_Listed] = []
    for _, cells in rows:
        number = _NUMBER_CELL.fullmatch(cells[0])
        if number is not None:
            value = _of_cells(cells, header, type_)
            if value is CONFLICT:
                reading.coerce("dropped a row whose value cannot be told")
            found.append(_Listed(int(number.group(1)), (), cell=value))
    return found or None


def _cells(line: str) -> list[str]:
    cells = _CELLS.split(line.strip().removeprefix("|"))
    if len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    return [cell.strip().replace("\\|", "|") for cell in cells]


def _of_cells(cells: list[str], header: list[str] | None, type_: Type) -> Raw:
    """The value in a row, `CONFLICT` where it cannot be told: the one cell beside the number, that of the one column with a
    name for values, or a record of the columns."""
    named = dict(zip(header[1:], cells[1:], strict=True)) if header is not None and len(header) == len(cells) else {}
    if isinstance(type_, Record):
        return named or CONFLICT
    if len(cells) == 2:
        return cells[1]
    key = value_key(list(named), type_)
    return CONFLICT if key is None else named[key]


def _value(one: _Listed, type_: Type) -> Raw:
    """What an entry says: JSON where a list or a record is asked for, else its lines; `CONFLICT` where the number is a key
    of JSON and what follows is none, and where nothing follows that may be null."""
    if one.cell is not None:
        return one.cell
    text = "\n".join(one.lines).strip()
    if not text and not has_texts(type_):
        return CONFLICT
    if one.is_key or is_compound(type_):
        try:
            return loads(text.rstrip(",") if one.is_key else text)[0]
        except ValueError:
            return CONFLICT if one.is_key else text
    return text
