"""The rows of an input by columns are, to whoever looks, the records that they stand for."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from lambda_rlm import RLM
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.eval import rows as rows_module
from lambda_rlm.eval.compile.columns.report import COLUMNS
from lambda_rlm.eval.document import Document
from lambda_rlm.eval.holding import held, measure
from lambda_rlm.eval.library.structure import weight
from lambda_rlm.eval.plain import Unfit, to_plain, to_value, value_with
from lambda_rlm.eval.provenance.coverage import Coverage
from lambda_rlm.eval.rows import TableValue
from lambda_rlm.eval.staging.counting import SizeRange, Tally, tally_of
from lambda_rlm.eval.staging.measure import measured
from lambda_rlm.eval.value import Rope, Text, Value, span_of
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named
from lambda_rlm.table import CodedCells, PlainCells, Table, TableColumn
from lambda_rlm.types.type import BOOL, FLOAT, INT, TEXT, Con, Enum, Record, Type

VOCABULARY = vocabulary_named("o200k_base")
LABELS = ("aa", "b", "ü" * 70)
WORDS = ("", "a", "straße", "x" * 300, "b" * 64, "\U0001f600 two", "the quick brown fox", "Ω" * 65)

MAKERS: dict[str, tuple[Type, Callable[[Random], Any]]] = {
    "texts": (TEXT, lambda r: r.choice(WORDS)),
    "names": (TEXT, lambda r: f"name {r.randint(0, 10**6)}"),
    "labels": (Enum(LABELS), lambda r: r.choice(LABELS)),
    "counts": (INT, lambda r: r.choice([0, 5, 10**18, -3, 300])),
    "prices": (FLOAT, lambda r: r.choice([1.5, 2, 10**30, -0.0])),
    "shares": (FLOAT, lambda r: r.random()),
    "truths": (BOOL, lambda r: r.random() < 0.5),
    "truth": (BOOL, lambda r: True),
}


def made_up(seed: int) -> tuple[list[dict[str, Any]], Type]:
    """Rows of some fields, a part of them optional, and their type."""
    r = Random(seed)
    fields = {name: r.choice([0.0, 0.0, 0.3, 0.99, 1.0]) for name in r.sample(sorted(MAKERS), r.randint(1, 5))}
    count = r.randint(64, 90)
    rows = [{f: None if r.random() < gap else MAKERS[f][1](r) for f, gap in fields.items()} for _ in range(count)]
    types = {f: Con("Option", (MAKERS[f][0],)) if gap else MAKERS[f][0] for f, gap in fields.items()}
    return rows, Con("List", (Record(tuple(sorted(types.items()))),))


def one_by_one(rows: list[dict[str, Any]], type_: Type, meter: Meter, documents: list[Document]) -> Value:
    """The same rows as a list of records, each value made by itself."""

    def text(place: str, s: str) -> Text:
        documents.append(Document(place, s, meter))
        return span_of(documents[-1], 0, len(s))

    return value_with(rows, type_, "the input ", text, "sales")


def described(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [type(value).__name__, *map(described, value)]
    if isinstance(value, Text):
        origin = value.origin
        name = (origin.name, origin.text) if isinstance(origin, Document) else origin
        return [type(value).__name__, value.n, value.start, name, value.s]
    return repr(value)


def as_table(rows: list[dict[str, Any]], type_: Type) -> Table:
    """Rows as a table of an input, columns of texts behind codes."""
    columns = []
    for field, inner in type_.arguments[0].fields:  # type: ignore[union-attr]
        values = [row[field] for row in rows]
        is_text = any(isinstance(value, str) for value in values)
        kinds = {bool: "bool", int: "int", float: "float", str: "text"}
        present = [value for value in values if value is not None]
        kind = "float" if "Float" in str(inner) else kinds[type(present[0])] if present else "text"
        once = list(dict.fromkeys(present))
        codes = [None if value is None else once.index(value) for value in values]
        cells = CodedCells(once, codes) if is_text else PlainCells(values)
        columns.append(TableColumn(field, kind, None in values, cells))  # type: ignore[arg-type]
    return Table(columns, len(rows))


@pytest.mark.parametrize("seed", range(40))
def test_rows_by_columns_are_the_records(seed: int) -> None:
    rows, type_ = made_up(seed)
    meter = Meter(Budget())
    documents: list[Document] = []
    records = one_by_one(rows, type_, meter, documents)
    for data in (rows, tuple(rows), as_table(rows, type_)):
        given: list[Any] = []
        value = to_value(data, type_, "sales", meter, given)
        assert isinstance(value, TableValue) and given == [value] and len(value) == len(rows)
        assert weight(type_)(value) == weight(type_)(records)
        assert held(value, type_) == held(records, type_)
        assert Coverage().shares(given) == Coverage().shares(documents)
        before = meter.memory
        made = value.made()
        assert meter.memory == before, "making a text reads none"
        assert described(made) == described(records)
        assert repr(to_plain(made, type_)) == repr(to_plain(records, type_))
        assert list(value) == made and value.made() is made


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("name", ["", "sales"])
def test_rows_are_measured_as_the_records(seed: int, name: str) -> None:
    """Only the numbers of owners differ, which are new each time."""
    rows, type_ = made_up(seed)
    records = one_by_one(rows, type_, Meter(Budget()), [])
    for vocabulary in (None, VOCABULARY):
        for data in (rows, as_table(rows, type_)):
            value = to_value(data, type_, "sales", Meter(Budget()), [])
            ours, theirs = measured(value, type_, name, vocabulary), measured(records, type_, name, vocabulary)
            assert _numbered_anew(ours) == _numbered_anew(theirs)


def _numbered_anew(abstract: object) -> str:
    """An abstract value with its symbols and owners numbered as they occur; of functions, that they are there."""
    numbers: dict[str, int] = {"0": 0}
    shown = re.sub(r"<bound method.*? at 0x[0-9a-f]+>+", "<function>", repr(abstract))
    return re.sub(r"(?<=(?:er|id)=)\d+", lambda hit: str(numbers.setdefault(hit[0], len(numbers))), shown)


def test_long_texts_are_counted_where_they_are() -> None:
    """Their parts are counted too, and not read again for it."""
    rows = [{"text": f"{n} {'word ' * 1000}"} for n in range(64)]
    type_ = Con("List", (Record((("text", TEXT),)),))
    value = to_value(rows, type_, "sales", Meter(Budget()), [])
    records = one_by_one(rows, type_, Meter(Budget()), [])
    ours, theirs = measured(value, type_, "", VOCABULARY), measured(records, type_, "", VOCABULARY)
    assert _numbered_anew(ours) == _numbered_anew(theirs)
    assert not value.column(0)[0].origin.is_alike


WRONG: tuple[Any, ...] = (
    None,
    "zz",
    1,
    1.5,
    True,
    float("nan"),
    float("inf"),
    10**400,
    2**63,
    -(2**63) - 1,
    [],
    {},
    b"",
    "aa ",
)


@pytest.mark.parametrize("seed", range(60))
def test_unfit_rows_are_refused_in_the_same_words(seed: int) -> None:
    made, type_ = made_up(seed)
    rows: list[Any] = list(made)
    r = Random(seed)
    row, change = r.choice(rows), r.random()
    if change < 0.1:
        row["beside"] = 1
    elif change < 0.2:
        row.pop(next(iter(row)))
    elif change < 0.3:
        rows[r.randrange(len(rows))] = r.choice([None, 5, [], "row", {}])
    else:
        row[r.choice(list(row))] = r.choice(WRONG)
    said = []
    for is_by_columns in (True, False):
        try:
            if is_by_columns:
                value = to_value(rows, type_, "sales", Meter(Budget()), [])
            else:
                value = one_by_one(rows, type_, Meter(Budget()), [])
            said.append(repr(to_plain(value.made() if isinstance(value, TableValue) else value, type_)))
        except Unfit as error:
            said.append(str(error))
    assert said[0] == said[1]


def test_a_table_of_another_type_is_refused_as_its_rows() -> None:
    rows = [{"a": n, "b": "x" if n % 2 else None} for n in range(64)]
    for record in (Record((("a", TEXT), ("b", TEXT))), Record((("a", INT), ("b", TEXT))), Record((("a", INT),))):
        type_ = Con("List", (record,))
        table = as_table(rows, Con("List", (Record((("a", INT), ("b", Con("Option", (TEXT,))))),)))
        said = []
        for data in (rows, table):
            with pytest.raises(Unfit) as refused:
                to_value(data, type_, "sales", Meter(Budget()), [])
            said.append(str(refused.value))
        assert said[0] == said[1]


def test_what_is_odd_is_made_one_by_one() -> None:
    """Few rows, values of a class of the host's, fields that are lists: as before, and no columns."""

    class Name(str):
        __slots__ = ()

    type_ = Con("List", (Record((("a", TEXT),)),))
    lists = Con("List", (Record((("a", Con("List", (INT,))),)),))
    for data, of in (
        ([{"a": "x"}] * 63, type_),
        ([{"a": Name("x")}] * 64, type_),
        ([{"a": [1]}] * 64, lists),
        ([], type_),
    ):
        value = to_value(data, of, "sales", Meter(Budget()), [])
        assert type(value) is list and len(value) == len(data)


def test_rows_do_not_follow_data_that_changes_later() -> None:
    rows: list[dict[str, Any]] = [{"a": n} for n in range(64)]
    value = to_value(rows, Con("List", (Record((("a", INT),)),)), "sales", Meter(Budget()), [])
    rows[0]["a"] = -1
    rows.append({"a": "no number"})
    assert value.made()[0] == (0,) and len(value) == 64


def test_the_fields_of_made_rows_are_held_once() -> None:
    """Who measures a list counts its holders."""
    rows, type_ = made_up(3)
    value, records = (
        to_value(rows, type_, "sales", Meter(Budget()), []),
        one_by_one(rows, type_, Meter(Budget()), []),
    )
    for field in range(len(value.fields)):
        value.column(field)
    made = value.made()
    gc.collect()
    assert measure(made[:40]) == measure(records[:40])


PROGRAMS: dict[str, list[str]] = {
    "length(rows)": [],
    'rows |> filter(fn(r) => r.n > 300) |> map(fn(r) => trim(r.note)) |> join(" ")': [],
    "rows": [],
    "rows |> filter(fn(r) => r.n > 20) |> sort_by(fn(r) => r.note)": [],
    "group_by(rows, fn(r) => r.kind) |> map(fn(g) => { kind: g.key, n: sum(map(g.items, fn(r) => r.n)) })": [],
    'llm_call(f"Which? {to_json(take(rows, 70))}")': ["that one"],
    'map(take(rows, 5), fn(r) => llm_call(f"Say: {r.note}")) |> join(",")': ["so"],
    'let told = llm_call("Which?"); rows |> filter(fn(r) => contains(r.note, told)) |> map(fn(r) => r.note)': ["7"],
}


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("seed", range(2))
def test_a_run_over_columns_is_the_run_over_records(program: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Value, faults, charges, coverage, citations, what was cut away, and the bound; terms run by the reference code, which books
    as held what it holds."""
    without_columns = COLUMNS.set(False)
    r = Random(seed)
    rows = [
        {
            "n": n,
            "note": r.choice(["", " Straße 7 ", f"note {n}", "x" * 280]),
            "kind": r.choice(["a", "b"]),
            "some": r.choice([None, 1.5]),
        }
        for n in range(700)
    ]
    runs = []
    for fewest in (64, 10**9):
        monkeypatch.setattr(rows_module, "FEWEST", fewest)
        model = ScriptedModel.from_rules([("(?s).*", reply) for reply in PROGRAMS[program] or ["none"]])
        run = RLM(model=model, journal=False).run(program, {"rows": rows})
        usage = run.usage
        told = (run.coverage, run.dropped, run.citations, run.bound, usage.calls, usage.input_tokens)
        runs.append((repr(run.value), repr(run.fault), told, usage.steps, usage.bytes, usage.live, model.prompts))
    COLUMNS.reset(without_columns)
    assert runs[0] == runs[1]


def merged(tallies: list[Tally]) -> Tally:
    def all_of(amounts: list[SizeRange]) -> SizeRange:
        return SizeRange(min(a.least for a in amounts), max(a.most for a in amounts), sum(a.total for a in amounts))

    amounts = {name: all_of([getattr(t, name) for t in tallies]) for name in ("chars", "in_bytes", "beyond", "tokens")}
    most = {name: max(getattr(t, name) for t in tallies) for name in ("width", "piece", "blocks", "is_worded")}
    return Tally(most=None, **amounts, **most)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(10))
def test_texts_that_are_alike_are_counted_once(seed: int) -> None:
    r, meter = Random(seed), Meter(Budget())
    documents = [Document(f"d{n}", r.choice(WORDS), meter) for n in range(12)]

    def some() -> Text:
        document = r.choice(documents)
        start = r.randint(0, len(document.text))
        kind = r.randrange(4)
        if kind == 0:
            return span_of(document, 0, len(document.text))
        if kind == 1:
            return span_of(document, start, r.randint(0, len(document.text) - start))
        if kind == 2:
            return Text(r.choice(WORDS), document if r.random() < 0.5 else None)
        pieces = [some() for _ in range(r.randint(1, 4))]
        return Rope(pieces, sum(piece.n for piece in pieces), meter)

    texts = [some() for _ in range(200)]
    for vocabulary in (VOCABULARY, None):
        together = tally_of(texts, vocabulary)
        assert together == merged([tally_of([text], vocabulary)._replace(most=None) for text in texts])
        assert together.chars.total == sum(len(text.s) for text in texts)
        assert together.in_bytes.total >= sum(len(text.s.encode()) for text in texts)
