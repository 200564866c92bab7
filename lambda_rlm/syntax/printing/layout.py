"""Documents with possible line ends, and their layout within a width.

Owns a small algebra after Wadler, "A prettier printer": texts, lines, indentation, and groups that are laid out on one line
when they fit and contain no hard line end. Promises time linear in the document times the width, without recursion.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lambda_rlm.data_class import dataclass

WIDTH = 100
INDENT = 2


@dataclass(frozen=True, slots=True)
class SoftBreak:
    """A line end, or `flat` where the group fits on one line."""

    flat: str


@dataclass(frozen=True, slots=True)
class HardBreak:
    """A line end whatever fits; with `is_mark` nothing is written, but the groups around it are not laid out flat."""

    is_mark: bool = False


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """Documents in a row: further indented, or laid out flat or broken together when `is_group`.

    One that `hangs` is behind a space where it fits flat there, on a line of its own, further indented, where it fits flat
    there, and else, broken, behind the space.
    """

    parts: tuple[Doc, ...]
    has_hard: bool
    is_nested: bool = False
    is_group: bool = False
    hangs: bool = False


Doc = str | SoftBreak | HardBreak | DocumentRow

SPACE = SoftBreak(" ")
SOFT = SoftBreak("")
HARD = HardBreak()
FORCE = HardBreak(is_mark=True)


def row(*parts: Doc) -> DocumentRow:
    """Documents one after the other."""
    return DocumentRow(parts, _has_hard(parts))


def nest(*parts: Doc) -> DocumentRow:
    """Documents whose line ends are followed by more indentation."""
    return DocumentRow(parts, _has_hard(parts), is_nested=True)


def group(*parts: Doc) -> DocumentRow:
    """Documents whose own lines end all or not at all."""
    return DocumentRow(parts, _has_hard(parts), is_group=True)


def hang(doc: Doc) -> DocumentRow:
    """A document behind a space, or on a line of its own if it then needs no more lines."""
    return DocumentRow((doc,), _has_hard((doc,)), hangs=True)


def joined(separator: Sequence[Doc], parts: Iterable[Doc]) -> DocumentRow:
    """Documents with others between them."""
    out: list[Doc] = []
    for part in parts:
        if out:
            out += separator
        out.append(part)
    return row(*out)


def _has_hard(parts: tuple[Doc, ...]) -> bool:
    return any(part.has_hard if isinstance(part, DocumentRow) else isinstance(part, HardBreak) for part in parts)


def lay_out(doc: Doc, width: int = WIDTH) -> str:
    """The text of a document, without spaces at line ends."""
    out: list[str] = []
    column = 0
    pending_indent = 0
    todo: list[tuple[int, bool, Doc]] = [(0, False, doc)]
    while todo:
        indent, is_flat, part = todo.pop()
        if isinstance(part, str):
            if part and pending_indent:
                out.append(" " * pending_indent)
                pending_indent = 0
            out.append(part)
            last_end = part.rfind("\n")
            column = column + len(part) if last_end < 0 else len(part) - last_end - 1
        elif isinstance(part, DocumentRow):
            inner = indent + INDENT if part.is_nested else indent
            if part.hangs:
                starts_line = not is_flat and _falls(part, width, column, indent, todo)
                todo.append((indent + INDENT if starts_line else indent, is_flat, part.parts[0]))
                todo.append((indent + INDENT, False, HARD if starts_line else " "))
                continue
            if part.is_group and not is_flat:
                is_flat = not part.has_hard and _fits(part, width - column, todo)
            todo.extend((inner, is_flat, piece) for piece in reversed(part.parts))
        elif isinstance(part, SoftBreak) and is_flat:
            todo.append((indent, True, part.flat))
        elif not (isinstance(part, HardBreak) and part.is_mark):
            out.append("\n")
            column = pending_indent = indent
    return "".join(out)


def _falls(doc: DocumentRow, width: int, column: int, indent: int, rest: list[tuple[int, bool, Doc]]) -> bool:
    """Whether a hanging document fits flat on a line of its own but not where it is."""
    if doc.has_hard or _fits(doc, width - column, rest):
        return False
    return _fits(doc, width - indent - INDENT + 1, rest)


def _fits(doc: DocumentRow, room: int, rest: list[tuple[int, bool, Doc]]) -> bool:
    """Whether a document laid out flat, and what follows it up to the next possible line end, fits into the room."""
    todo: list[tuple[bool, Doc]] = [(True, doc)]
    behind = len(rest)
    while room >= 0:
        if not todo:
            if not behind:
                return True
            behind -= 1
            _, is_flat, following = rest[behind]
            todo.append((is_flat, following))
        is_flat, part = todo.pop()
        if isinstance(part, str):
            line_end = part.find("\n")
            room -= len(part) if line_end < 0 else line_end
            if line_end >= 0:
                return room >= 0
        elif isinstance(part, DocumentRow):
            if part.hangs and not is_flat:
                return True
            todo.extend((is_flat, piece) for piece in reversed(part.parts))
            room -= part.hangs
        elif isinstance(part, SoftBreak) and is_flat:
            room -= len(part.flat)
        elif not (isinstance(part, HardBreak) and part.is_mark):
            return True
    return False
