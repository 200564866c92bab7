"""From what was given, on a command line or by a host program, to named inputs.

Owns the reading of what `listing` found and of Python values, and what each becomes: a text, rows, documents. Promises that
names are identifiers of the language, none twice, none `query`, and that all inputs together stay below the limit of what is
read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.inputs.field_names import FieldNames
from lambda_rlm.inputs.listing import QUERY, Listing, checked_name, few_enough, listed, listings, within_limit
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import STRUCTURED, Reading, amount, plain
from lambda_rlm.inputs.shape import Shaped, shaped, sound
from lambda_rlm.inputs.text import rows_of, text_in, text_of
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.table import Table, are_documents
from lambda_rlm.types.called import called_in
from lambda_rlm.types.hosted import HostFunction
from lambda_rlm.types.type import TEXT, Type, list_of, record_of

if TYPE_CHECKING:
    from lambda_rlm.inputs.formats.extracted import FilePlaces

DOCUMENTS: Final = list_of(record_of(name=TEXT, text=TEXT))
"""The type of a folder, or of several files."""

_NOTED: Final = 10
"""Notes of single files that are shown; of more, the number."""
_UNSEEN: Final = late_pattern(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*+")


@dataclass(frozen=True, slots=True)
class InputDigest:
    """An input in short: the characters of its JSON, and their SHA-256."""

    characters: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """Named inputs as plain Python data, their types, what a person should know about how they were read, and functions that
    the host adds to the library. `documents` are the names of inputs that are files, each named after its path; data with the
    same fields is not. `answers` are those that are answers of earlier programs; `called` has, of inputs whose name as it was
    given is no identifier, that name. `places` say where texts are in the files that they were read from: by the name of an
    input, with the path to a text inside it. Digests are computed when they are first asked for, and kept with the values."""

    values: Mapping[str, Any] = field(repr=False)
    types: Mapping[str, Type]
    notes: tuple[str, ...] = ()
    functions: tuple[HostFunction, ...] = ()
    documents: frozenset[str] = frozenset()
    answers: frozenset[str] = frozenset()
    called: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, FilePlaces] = field(default_factory=dict, repr=False, compare=False)
    _digests: dict[str, tuple[Any, InputDigest]] = field(default_factory=dict, repr=False, compare=False)

    def digest(self, name: str) -> InputDigest:
        """The digest of an input. Goes through the whole of it the first time, and not again: copies of these inputs share
        it."""
        value = self.values[name]
        digested, digest = self._digests.get(name, (None, None))
        if digest is None or digested is not value:
            digest = _digest(value, called_in({name: self.types[name]}))
            self._digests[name] = value, digest
        return digest

    @property
    def are_blank(self) -> bool:
        """There is nothing to read: no input, or none that has more than white space and signs that nobody sees."""
        return all(map(_is_blank, self.values.values()))

    def with_query(self, query: str) -> Inputs:
        """These and the question."""
        return replace(self, values={**self.values, QUERY: sound(query)}, types={**self.types, QUERY: TEXT})

    def with_answer(self, name: str, type_: Type, value: Any) -> Inputs:
        """These and the answer of an earlier program, in plain data."""
        values, types = {**self.values, name: value}, {**self.types, name: type_}
        return replace(self, values=values, types=types, answers=self.answers | {name})

    def free_name(self, start: str, number: int) -> str:
        """The first of `start_number` and those that follow it which neither an input nor a function has."""
        used = {*self.types, *(function.name for function in self.functions)}
        return next(name for n in count(number) if (name := f"{start}_{n}") not in used)

    def without_answers(self) -> Inputs:
        """What was read or given, without answers of earlier programs."""
        values = {name: value for name, value in self.values.items() if name not in self.answers}
        types = {name: type_ for name, type_ in self.types.items() if name not in self.answers}
        return replace(self, values=values, types=types, answers=frozenset())


def _is_blank(value: Any) -> bool:
    """White space and unseen signs alone, no rows, or documents (`DOCUMENTS`) without text."""
    if isinstance(value, str):
        return _UNSEEN.fullmatch(value) is not None
    return are_documents(value) and all(_is_blank(one["text"]) for one in value)


def from_arguments(arguments: Sequence[str], reading: Reading | None = None) -> Inputs:
    """The inputs that command-line arguments name; raises `InputProblem`.

    Arguments without a name are `context` together: one file is a Text (or rows, by its ending), more are documents.
    """
    reading = reading or Reading()
    found = listings(arguments, reading)
    within_limit(found, reading)
    left = _Left(reading.most_bytes)
    inputs = _inputs({name: _read(listing, name, reading, left) for name, listing in found.items()})
    return replace(inputs, called={name: one.called for name, one in found.items() if one.called is not None})


def from_values(values: Mapping[str, Any], reading: Reading | None = None) -> Inputs:
    """The inputs that a host gives: a text; a `Path`, or several, which are read as on the command line; bytes, or an open
    file, decoded as a file is; other values as `plain_values` says.

    Raises `InputProblem` for what cannot be read, `TypeError` and `ValueError` for values of other kinds.
    """
    reading = reading or Reading()
    left = _Left(reading.most_bytes)
    few_enough(values)
    return _inputs({checked_name(name): _given(value, name, reading, left) for name, value in values.items()})


def _given(value: Any, name: str, reading: Reading, left: _Left) -> Shaped:
    if isinstance(value, str):
        return Shaped(sound(value), TEXT, ())
    if isinstance(value, Path):
        return _files([value], name, reading, left)
    from lambda_rlm.inputs.plain_values import contents_of, drawn, is_table, plain_data

    if callable(getattr(value, "read", None)) and not isinstance(value, type):
        value = contents_of(value, name, reading, left.bytes)
    if isinstance(value, str | bytes | bytearray | memoryview):
        return _text(value, name, reading, left)
    if isinstance(value, Iterator):
        value = drawn(value, name, reading)
    if isinstance(value, list | tuple | set | frozenset) and any(isinstance(one, Path) for one in value):
        if not all(isinstance(one, Path) for one in value):
            raise TypeError(f"{name} mixes Paths and other values; give Paths alone to read files, or texts alone")
        return _files(list(value) if isinstance(value, list | tuple) else sorted(value), name, reading, left, is_list=True)
    from lambda_rlm.inputs.formats.frames import frame_table

    if (frame := frame_table(value, name, reading)) is not None:
        made = shaped(frame.data, name, names=left.names)
        return replace(made, notes=(*frame.notes, *made.notes))
    try:
        return shaped(value, name, watch=reading.glance, names=left.names)
    except TypeError:  # something in it is not plain
        from lambda_rlm.inputs.formats.columns.nested import judge_texts

        data, notes = plain_data(value, name, reading)
        notes = (*notes, *judge_texts(data, name, reading.glance)) if is_table(value) else notes
    made = shaped(data, name, is_ours=True, watch=reading.glance, names=left.names)
    return replace(made, notes=(*notes, *made.notes))


def _files(paths: Sequence[Path], name: str, reading: Reading, left: _Left, *, is_list: bool = False) -> Shaped:
    listing = listed([str(path) for path in paths], reading)
    within_limit({name: listing}, reading)
    return _read(replace(listing, is_list=is_list or listing.is_list), name, reading, left)


def _text(value: str | bytes | bytearray | memoryview, name: str, reading: Reading, left: _Left) -> Shaped:

    if isinstance(value, str):
        return Shaped(sound(value), TEXT, ())
    text = text_in(bytes(value), name, reading, left.bytes)
    left.bytes -= max(text.size, len(text.text))
    return Shaped(text.text, TEXT, text.notes)


def _digest(value: Any, called: Mapping[str, str]) -> InputDigest:
    """The digest of a value and of what the data calls its fields, which models read too."""
    length, digest = 0, hashlib.sha256()
    for piece in written(value):
        length += len(piece)
        digest.update(piece.encode("utf-8", "surrogatepass"))
    if called:
        digest.update(json.dumps(called, sort_keys=True).encode())
    return InputDigest(length, digest.hexdigest())


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True)
_PIECE: Final = 1 << 20


def written(value: Any, encoder: json.JSONEncoder = _ENCODER) -> Iterator[str]:
    """The JSON of an input in parts, of which none holds more than an element of a list, or some rows of a table, and of a
    long text a stretch. The encoder sorts keys."""
    if isinstance(value, str):
        yield '"'
        for start in range(0, len(value), _PIECE):
            yield encoder.encode(value[start : start + _PIECE])[1:-1]
        yield '"'
    elif isinstance(value, Table):
        yield "["
        for number, rows in enumerate(value.json_rows(encoder)):
            yield f"{', ' if number else ''}{', '.join(rows)}"
        yield "]"
    elif isinstance(value, list):
        yield "["
        for number, item in enumerate(value):
            if number:
                yield ", "
            yield from written(item, encoder) if _is_long(item) else (encoder.encode(item),)
        yield "]"
    elif isinstance(value, dict) and _is_long(value):
        yield "{"
        for number, key in enumerate(sorted(value)):
            yield f"{', ' if number else ''}{encoder.encode(key)}: "
            yield from written(value[key], encoder)
        yield "}"
    else:
        yield encoder.encode(value)


def _is_long(value: Any) -> bool:
    """A text that is written in parts, or something that holds one."""
    if isinstance(value, str):
        return len(value) > _PIECE
    return isinstance(value, dict) and any(isinstance(one, str) and len(one) > _PIECE for one in value.values())


def _inputs(read: Mapping[str, Shaped]) -> Inputs:
    return Inputs(
        {name: one.value for name, one in read.items()},
        {name: one.type for name, one in read.items()},
        tuple(note for one in read.values() for note in one.notes),
        documents=frozenset(name for name, one in read.items() if one.are_files),
        places={f"{name}{path}": places for name, one in read.items() for path, places in one.places.items()},
    )


@dataclass(slots=True)
class _Left:
    """How many bytes may still be read, and which identifiers keys have, of all inputs together."""

    bytes: int
    names: FieldNames = field(default_factory=FieldNames)


def _read(listing: Listing, name: str, reading: Reading, left: _Left) -> Shaped:
    from lambda_rlm.inputs.formats.extracted import FilePlaces
    from lambda_rlm.inputs.formats.registry import rows_at

    if listing.is_list:
        return _documents(listing, reading, left)
    (entry,) = listing.entries
    has_rows = rows_at(entry.path, reading)
    if has_rows is None:
        text = text_of(entry.path, reading, left.bytes, entry.below)
        left.bytes -= max(text.size, len(text.text))
        return Shaped(text.text, TEXT, (*listing.notes, *text.notes), places={"": text.places})
    most = left.bytes // STRUCTURED
    if entry.size is not None and entry.size > most:
        raise InputProblem(
            f"{plain(entry.name)} has {amount(entry.size)}: structured data needs about {STRUCTURED} times that in memory;"
            f" the limit is {amount(most)}",
            "read it as plain text (--raw), or raise the limit: --max-input BYTES",
        )
    read = rows_of(entry.path, has_rows, replace(reading, most_bytes=left.bytes), most, entry.below)
    left.bytes -= max(read.size, read.rows.made)
    try:
        is_ours = has_rows not in reading.formats
        made = shaped(read.rows.data, name, is_ours=is_ours, watch=reading.glance, names=left.names)
    except InputProblem as problem:
        raise InputProblem(f"{plain(entry.name)}: {problem.message}", "read it as plain text: --raw") from None
    return replace(made, notes=(*listing.notes, *read.notes, *made.notes), places={"": FilePlaces(plain(entry.name), False)})


def _documents(listing: Listing, reading: Reading, left: _Left) -> Shaped:
    """Documents in their order. Of a folder, what cannot be read is left out and said; what was asked for by name is
    refused."""
    from lambda_rlm.inputs.files import TOO_LARGE
    from lambda_rlm.inputs.folder.left_out import LeftOut

    rows: list[dict[str, str]] = []
    notes: list[str] = []
    places: dict[str, FilePlaces] = {}
    left_out = LeftOut()
    for entry in listing.entries:
        reading.glance()
        try:
            read = text_of(entry.path, reading, left.bytes, entry.below)
        except InputProblem as problem:
            if entry.is_asked_for or problem.kind == TOO_LARGE:
                raise
            left_out.add(problem.kind, entry.name)
            continue
        left.bytes -= max(read.size, len(read.text))
        places[f"[{len(rows)}].text"] = replace(read.places, file=plain(entry.name))
        rows.append({"name": plain(entry.name), "text": read.text})
        notes += read.notes
    if not rows:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in left_out.counts.items())
        raise InputProblem(f"no text files found in {listing.where}", f"skipped: {reasons}")
    if len(notes) > _NOTED:
        notes[_NOTED:] = [f"{len(notes) - _NOTED:,} more notes"]
    return Shaped(rows, DOCUMENTS, (*listing.notes, *left_out.notes(listing.where), *notes), are_files=True, places=places)
