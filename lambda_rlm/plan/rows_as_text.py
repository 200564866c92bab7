"""Rows as text that a model reads, in the language itself: a line for each column, line ends as they are.

Owns `items`, `blocks` and `records`. Promises that columns are called as in the data, on one line, that these names are data as
values are, and that nothing is escaped. Refuses rows with more than `MOST_COLUMNS` columns: those are given as lines of JSON.
"""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

from lambda_rlm.syntax.literals import quoted
from lambda_rlm.types.called import line_name
from lambda_rlm.types.type import TEXT, Con, Enum, Record, Type

MOST_COLUMNS: Final = 24
"""Wider rows are given as lines of JSON: the number of parts of a program is limited."""

_SHOWN: Final = ("Text", "Quote", "Int", "Float", "Bool")

_TITLES: Final = ("title", "name", "headline", "subject", "file", "filename", "path", "url", "doc_id", "id")
_BODIES: Final = ("text", "content", "contents", "body", "document", "passage", "page_content", "article")
"""Columns by which a row is called, and which hold what it says, the likeliest first. Rows with both are documents."""

_BETWEEN: Final = "|"
"""What is between the names of columns; a line end, which none has, where one has this sign."""


class RowColumn(NamedTuple):
    """A column of rows: the field, its type, and what the data calls it."""

    field: str
    type: Type
    name: str


Columns = tuple[RowColumn, ...]


def columns_of(type_: Type) -> Columns | None:
    """The columns of a list of rows; None where it is none, or its rows are too wide."""
    if not (isinstance(type_, Con) and type_.name == "List" and isinstance(type_.arguments[0], Record)):
        return None
    record = type_.arguments[0]
    columns = tuple(map(RowColumn, *zip(*record.fields, strict=True), _told_apart(record)))
    return columns if len(columns) <= MOST_COLUMNS else None


def _told_apart(record: Record) -> list[str]:
    """What the data calls the fields of a record, numbered where names differ in capitals alone or not at all: strategies find
    a column whatever the capitals are that a model writes."""
    called, seen, names = dict(record.called), Counter[str](), []
    for field, _ in record.fields:
        name = line_name(called.get(field, field)) or field
        seen[name.casefold()] += 1
        count = seen[name.casefold()]
        names.append(name if count == 1 else f"{name} ({count})")
    return names


def are_documents(type_: Type) -> bool:
    """Each row is a document with a title and a text."""
    columns = columns_of(type_)
    return columns is not None and _title(columns) is not None and _body(columns) is not None


def items(name: str, type_: Type) -> str:
    """Rows as items: a field for each column, and all of them as the text."""
    columns = columns_of(type_) or ()
    shown = 'map(fields, fn(field) => f"{field.name}: {field.value}") |> join(" | ")'
    return _mapped(name, columns, f"{{ let fields = {_fields(columns)}; {{ text: {shown}, fields: fields }} }}")


def blocks(name: str, type_: Type) -> str:
    """One text of all rows, each a paragraph."""
    columns = columns_of(type_) or ()
    return f'{_mapped(name, columns, _lines(columns))} |> join("\\n\\n")'


def records(name: str, type_: Type) -> str:
    """Rows as named texts: called by their title, or else by their number."""
    columns = columns_of(type_) or ()
    title, body = _title(columns), _body(columns)
    others = tuple(column for column in columns if column.field not in (title, body))
    lines = _lines(others)
    types = {column.field: column.type for column in columns}
    called = '""' if title is None else f"trim({_cell(title, types[title])})"
    text = lines
    if body is not None:
        said = _cell(body, types[body])
        text = f'join(filter([{lines}, {said}], fn(part) => part != ""), "\\n\\n")' if others else said
    record = f'{{ let title = {called}; {{ name: if title == "" then f"{{one.index + 1}}" else title, text: {text} }} }}'
    return _mapped(name, others, f"{{ let row = one.value; {record} }}", "enumerate(rows)", "one")


def _mapped(name: str, columns: Columns, made: str, rows: str = "rows", one: str = "row") -> str:
    """A value for each row. The names of columns are put in the place of a sign of the rows, which makes them data."""
    sign = "\n" if any(_BETWEEN in column.name for column in columns) else _BETWEEN
    listed = quoted(sign.join(column.name.replace("\\", "\\\\") for column in columns))
    names = f'split_on(replace_regex(take(to_json(take(rows, 1)), 1), r"^.", {listed}), {quoted(sign)})'
    names = f"let names = {names}; " if columns else ""
    return f"{{ let rows = {name}; {names}map({rows}, fn({one}) => {made}) }}"


def _lines(columns: Columns) -> str:
    """The columns of a row that are not empty, a line each."""
    if not columns:
        return '""'
    shown = 'map(fn(field) => f"{field.name}: {field.value}") |> join("\\n")'
    return f'({_fields(columns)} |> filter(fn(field) => field.value != "") |> {shown})'


def _fields(columns: Columns) -> str:
    cells = ", ".join(_cell(column.field, column.type) for column in columns)
    return f"map(zip(names, [{cells}]), fn(pair) => {{ name: pair.first, value: pair.second }})"


def _title(columns: Columns) -> str | None:
    return next((name for name in _TITLES if any(name == one.field and _is_plain(one.type) for one in columns)), None)


def _body(columns: Columns) -> str | None:
    return next((name for name in _BODIES if any(name == one.field and _is_text(one.type) for one in columns)), None)


def _cell(column: str, type_: Type) -> str:
    if _is_shown(type_):
        return f"to_text(row.{column})"
    if isinstance(type_, Con) and type_.name == "Option" and _is_shown(type_.arguments[0]):
        return f'(map_option(row.{column}, to_text) ?? "")'
    return f"to_json(row.{column})"


def _is_plain(type_: Type) -> bool:
    """A value, or none, that is shown as it is."""
    return _is_shown(type_.arguments[0] if isinstance(type_, Con) and type_.name == "Option" else type_)


def _is_text(type_: Type) -> bool:
    return type_ == TEXT or (isinstance(type_, Con) and type_.name == "Option" and type_.arguments[0] == TEXT)


def _is_shown(type_: Type) -> bool:
    return isinstance(type_, Enum) or (isinstance(type_, Con) and type_.name in _SHOWN)
