"""The inputs at hand, as the strategies take them.

Owns the text, in the language itself, that makes of inputs of any types what a strategy names: `context`, one Text of all of
them; `documents`, a list of names and texts; `records`, the same with each row by itself; `items`, rows with their fields; and
`query`, with the questions that it follows. How rows become text is in `rows_as_text`. Promises names and columns as they were
given: a folder stays a list of documents, typed rows stay rows. Refuses nothing: what has no such form is given as its JSON, as
part of `context`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from types import MappingProxyType
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.plan import rows_as_text
from lambda_rlm.syntax.literals import escaped_piece, quoted
from lambda_rlm.types.called import line_name
from lambda_rlm.types.type import TEXT, Con, Type, list_of, record_of

GIVEN: Final = "given"
"""What `documents` and `items` are made of, in the prelude, where no name of a strategy hides an input."""

_DOCUMENTS: Final = list_of(record_of(name=TEXT, text=TEXT))
FORMS: Final[Mapping[str, Type]] = {
    "documents": _DOCUMENTS,
    "records": _DOCUMENTS,
    "items": list_of(record_of(text=TEXT, fields=list_of(record_of(name=TEXT, value=TEXT)))),
    "heading": TEXT,
}
"""What inputs may stand in for in a strategy: the names of its outermost `let`s, and the types they have in the standard
library."""

_ITEMS_OF_DOCUMENTS: Final = """flat_map(given, fn(document) => {
  let rows = items_of(document.text);
  let is_one = length(given) > 1 and is_empty(flat_map(rows, names_of));
  map(if is_one then take(rows, 1) else rows, fn(row) => {
    text: if is_one then document.text else row.text,
    fields: [{ name: "file", value: document.name }] ++ row.fields
  })
})"""
"""Of a document, its lines where they have columns, else, of several documents, each as it is."""


NO_NAMES: Final[Mapping[str, str]] = MappingProxyType({})
"""The user calls every input as programs do."""

LONGEST_ANSWER: Final = 400
"""Characters of an earlier answer that are part of the question."""


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """The questions that a question follows, the first first, and the input that holds the answer to the last of them, by name
    and type; None where no input does."""

    questions: tuple[str, ...]
    answer: tuple[str, Type] | None


def query(before: AskedBefore | None) -> str:
    """Items that bind `query` to the question with those that it follows and the beginning of the last answer, which stays
    data; none where it follows none."""
    if before is None:
        return ""
    asked, item = escaped_piece("".join(f"Earlier question: {question}\n" for question in before.questions)), ""
    if before.answer is not None:
        name, type_ = before.answer
        item = f"let {name} = take({_as_text(name, type_)}, {LONGEST_ANSWER});\n"
        asked += f"Its answer, or the beginning of it: {{{name}}}\\n"
    return f'{item}let query = f"{asked}Question: {{query}}";\n'


def context(inputs: Mapping[str, Type], called: Mapping[str, str] = NO_NAMES) -> str:
    """Items that bind `context`, a Text, to all inputs but `query`, each under the name that the user gave it; none when that
    is what they are."""
    others = _others(inputs)
    if others == {"context": TEXT}:
        return ""
    if not others:
        return 'let context = "";\n'
    if len(others) == 1:
        ((name, type_),) = others.items()
        return f"let context = {_as_text(name, type_)};\n"
    heads = {name: f"{{{_bound(name, inputs)}}}" if name in called else name for name in others}
    lines = [f"let {_bound(name, inputs)} = {_name(name, inputs[name], called)};" for name in others if name in called]
    lines += [f"let {name} = {_as_text(name, type_)};" for name, type_ in others.items() if type_ != TEXT]
    parts = "\\n\\n".join(f"# {head}\\n{{{name}}}" for name, head in heads.items())
    return "\n".join([*lines, f'let context = f"{parts}";', ""])


def _bound(name: str, inputs: Mapping[str, Type]) -> str:
    """A name for what an input is called, which no input has."""
    bound = f"called_{name}"
    while bound in inputs:
        bound += "_"
    return bound


def _name(name: str, type_: Type, called: Mapping[str, str]) -> str:
    """What an input is called, as a text. A name that the user's program gave may come from anywhere: it is put in the place of
    a sign of the input, which makes it data."""
    if name not in called:
        return quoted(name)
    some = f"take({name}, 1)" if type_ == TEXT or (isinstance(type_, Con) and type_.name == "List") else name
    written = quoted(line_name(called[name]).replace("\\", "\\\\"))
    return f'replace_regex(take(to_json({some}), 1), r"^.", {written})'


def documents(inputs: Mapping[str, Type], called: Mapping[str, str] = NO_NAMES) -> tuple[str, str] | None:
    """The item of the prelude and the value of `documents`; None where there is nothing but one text."""
    return _named_texts(inputs, called, _as_documents)


def records(inputs: Mapping[str, Type], called: Mapping[str, str] = NO_NAMES) -> tuple[str, str] | None:
    """The same for `records`: of rows, each is one."""
    return _named_texts(inputs, called, _as_records)


_Made = Callable[[str, Type, Mapping[str, str]], str]


def _named_texts(inputs: Mapping[str, Type], called: Mapping[str, str], made: _Made) -> tuple[str, str] | None:
    others = _others(inputs)
    if len(others) > 1:
        value = " ++ ".join(_joined(others, called, made))
    else:
        ((name, type_),) = others.items() if others else (("", TEXT),)
        if type_ == list_of(TEXT):
            value = f'enumerate({name}) |> map(fn(one) => {{ name: f"{{one.index + 1}}", text: one.value }})'
        elif type_ == _DOCUMENTS or rows_as_text.columns_of(type_) is not None:
            value = made(name, type_, called)
        else:
            return None
    return f"let {GIVEN} = {value};\n", GIVEN


def _joined(inputs: Mapping[str, Type], called: Mapping[str, str], made: _Made) -> Iterator[str]:
    """Lists of named texts; texts that follow each other are in one list, since the parts of a program are limited."""
    for is_text, some in groupby(inputs.items(), key=lambda row: row[1] == TEXT):
        if is_text:
            yield "[" + ", ".join(f"{{ name: {_name(name, TEXT, called)}, text: {name} }}" for name, _ in some) + "]"
        else:
            yield from (made(name, type_, called) for name, type_ in some)


def items(inputs: Mapping[str, Type], _called: Mapping[str, str] = NO_NAMES) -> tuple[str, str] | None:
    """The item of the prelude and the value of `items`; None where they are best read from the text, as they are where there is
    more than one input to name."""
    others = _others(inputs)
    if len(others) != 1:
        return None
    ((name, type_),) = others.items()
    if type_ == _DOCUMENTS:
        return f"let {GIVEN} = {name};\n", _ITEMS_OF_DOCUMENTS
    if type_ == list_of(TEXT):
        return f"let {GIVEN} = map({name}, fn(one) => {{ text: one, fields: [] }});\n", GIVEN
    if rows_as_text.columns_of(type_) is not None:
        return f"let {GIVEN} = {rows_as_text.items(name, type_)};\n", GIVEN
    return None


def heading(inputs: Mapping[str, Type], _called: Mapping[str, str] = NO_NAMES) -> tuple[str, str] | None:
    """What is before the items: nothing where they are the inputs as they are, so that no text of all is made to look for
    it."""
    types = list(_others(inputs).values())
    return ("", '""') if len(types) == 1 and types[0] != _DOCUMENTS and items(inputs) is not None else None


def _others(inputs: Mapping[str, Type]) -> dict[str, Type]:
    return {name: type_ for name, type_ in inputs.items() if name != "query"}


def _as_text(name: str, type_: Type) -> str:
    if type_ == TEXT:
        return name
    if type_ == _DOCUMENTS or rows_as_text.are_documents(type_):
        return f'{_as_records(name, type_, NO_NAMES)} |> map(fn(document) => f"# {{document.name}}\\n{{document.text}}") |> join("\\n\\n")'
    if type_ == list_of(TEXT):
        return f'join({name}, "\\n\\n")'
    if isinstance(type_, Con) and type_.name == "List":
        return f'{name} |> map(fn(row) => to_json(row)) |> join("\\n")'
    return f"to_json({name})"


def _as_documents(name: str, type_: Type, called: Mapping[str, str]) -> str:
    if type_ == _DOCUMENTS or rows_as_text.are_documents(type_):
        return _as_records(name, type_, called)
    title = _name(name, type_, called)
    if rows_as_text.columns_of(type_) is not None:
        return f"[{{ name: {quoted('') if name == 'context' else title}, text: {rows_as_text.blocks(name, type_)} }}]"
    return f"[{{ name: {title}, text: {_as_text(name, type_)} }}]"


def _as_records(name: str, type_: Type, called: Mapping[str, str]) -> str:
    if type_ == _DOCUMENTS:
        return name
    return _as_documents(name, type_, called) if rows_as_text.columns_of(type_) is None else rows_as_text.records(name, type_)
