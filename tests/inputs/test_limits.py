"""Limits on what inputs make: a few bytes that mean much are refused with the file, the limit and what to do, never worse."""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm.budget.budget import Budget
from lambda_rlm.inputs import InputProblem, Reading, from_arguments, from_values
from lambda_rlm.inputs.allowance import FileAllowance
from lambda_rlm.inputs.field_names import field_names
from lambda_rlm.inputs.formats import stepwise
from lambda_rlm.inputs.formats.columns.column import CellColumn, CellReader
from lambda_rlm.inputs.formats.columns.verdict import TEXT as text_verdict
from lambda_rlm.inputs.formats.csv import MOST_COLUMNS, parse_csv
from lambda_rlm.inputs.formats.json import parse_json, parse_jsonl
from lambda_rlm.table import as_lists
from lambda_rlm.types.called import called_in
from lambda_rlm.types.type import FLOAT, INT, TEXT, list_of, record_of
from tests.support.examples import examples
from tests.support.input_files import problem, written

ENOUGH = FileAllowance("it", 10**12, Reading())


def rows(text: str, *, is_json: bool = True) -> Any:
    data = (parse_json if is_json else parse_csv)(text, FileAllowance.of("it", len(text), Reading())).data
    return as_lists(data)


# ── numbers ──


@pytest.mark.parametrize("number", ["1e999", "-1e400", "1" + "0" * 400 + ".5", "9" * 5_000])
@pytest.mark.parametrize("where", ["[{}]", '{{"a": {{"b": [{}]}}}}', "{}"])
def test_a_json_number_that_no_type_holds_is_a_problem(tmp_path: Path, number: str, where: str) -> None:
    path = written(tmp_path, "numbers.json", where.format(number))
    found = problem(path)
    assert "numbers.json" in found.message
    assert "--raw" in (found.hint or "")
    assert from_arguments([path], Reading(raw=True)).types == {"context": TEXT}


@pytest.mark.parametrize(
    ("cells", "type_", "values"),
    [
        (["9223372036854775807", "-9223372036854775808"], INT, [2**63 - 1, -(2**63)]),
        (["9223372036854775808", "1"], TEXT, ["9223372036854775808", "1"]),
        (["12345678901234567890", "12345678901234567891"], TEXT, ["12345678901234567890", "12345678901234567891"]),
        (["1234567890123456789"], INT, [1234567890123456789]),
        (["9" * 5_000, "1"], TEXT, ["9" * 5_000, "1"]),
        (["9" * 400 + ".5", "1"], TEXT, ["9" * 400 + ".5", "1"]),
        (["9" * 350 + ".5", "1"], TEXT, ["9" * 350 + ".5", "1"]),
        (["9" * 308 + "e99"], TEXT, ["9" * 308 + "e99"]),
        (["1.5", "12345678901234567890"], TEXT, ["1.5", "12345678901234567890"]),
        (["1.5", "9007199254740993"], TEXT, ["1.5", "9007199254740993"]),
        (["1.5", "9007199254740992"], FLOAT, [1.5, 9007199254740992.0]),
    ],
)
def test_no_digit_of_a_csv_number_is_lost(tmp_path: Path, cells: list[str], type_: Any, values: list[Any]) -> None:
    inputs = from_arguments([written(tmp_path, "a.csv", "\n".join(["n,x", *(f"{cell},y" for cell in cells)]))])
    assert inputs.types == {"context": list_of(record_of(n=type_, x=TEXT))}
    assert [row["n"] for row in inputs.values["context"]] == values


@pytest.mark.parametrize(
    "value",
    [float("inf"), float("nan"), [1e308 * 10], {"a": {"b": float("-inf")}}, [[[[10**5_000]]]], 10**5_000],
    ids=["inf", "nan", "made", "deep", "digits in lists", "digits"],
)
def test_numbers_of_a_host_that_no_type_holds_are_a_problem(value: Any) -> None:
    with pytest.raises(InputProblem, match="number"):
        from_values({"context": value})


# ── depth ──


def deep(levels: int, wrap: Any) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = wrap(value)
    return value


@pytest.mark.parametrize("levels", [3_000, 100_000])
@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: {"a": v}, lambda v: [1, {"b": (v,)}]])
def test_host_data_that_is_nested_without_end_is_a_problem(levels: int, wrap: Any) -> None:
    with pytest.raises(InputProblem, match="nested too deeply"):
        from_values({"context": deep(levels, wrap)})


def test_host_data_that_contains_itself_is_a_problem() -> None:
    loop: list[Any] = []
    loop.append({"a": [loop, loop]})
    with pytest.raises(InputProblem, match="contains itself"):
        from_values({"context": loop})


@pytest.mark.parametrize("text", ["[" * 3_000 + "]" * 3_000, '{"a":' * 3_000 + "1" + "}" * 3_000, '[{"a":' * 50_000])
def test_json_that_is_nested_without_end_is_a_problem(tmp_path: Path, text: str) -> None:
    assert "nested too deeply" in problem(written(tmp_path, "a.json", text)).message
    assert "nested too deeply" in problem(written(tmp_path, "a.jsonl", text)).message


# ── columns and keys ──


def test_a_head_of_many_names_is_read_up_to_a_limit(tmp_path: Path) -> None:
    """Equal names are the worst: each needs a number of its own."""
    many = written(tmp_path, "a.csv", ",".join(["a"] * (MOST_COLUMNS + 1)) + "\n")
    assert f"{MOST_COLUMNS:,}" in problem(many).message
    at_most = ",".join(["a"] * MOST_COLUMNS) + "\n" + ",".join(["1"] * MOST_COLUMNS) + "\n"
    (row,) = parse_csv(at_most, FileAllowance("it", 10**9, Reading())).data
    assert len(row) == MOST_COLUMNS and row[f"a_{MOST_COLUMNS}"] == 1


class _Counting:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


def lines_run(job: Callable[[], object]) -> int:
    """Lines of Python that a job runs."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        job()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "named",
    [
        lambda n: field_names([f"a{'!' * i}b" for i in range(1, n + 1)]),
        lambda n: parse_csv(",".join(["a"] * n), ENOUGH),
        lambda n: parse_csv(",".join(f"n{i}" for i in range(n)), ENOUGH),
        lambda n: parse_csv("," * n, ENOUGH),
    ],
    ids=["keys", "equal heads", "different heads", "empty heads"],
)
def test_names_that_collide_are_numbered_in_linear_work(named: Callable[[int], object]) -> None:
    assert lines_run(lambda: named(1_200)) < 5 * lines_run(lambda: named(400))


def test_notes_are_short_whatever_keys_are(tmp_path: Path) -> None:
    key = "k" * 100_000
    twice = from_arguments([written(tmp_path, "a.json", f'{{"{key}": 1, "{key}": 2}}')])
    heads = from_arguments([written(tmp_path, "a.csv", f"{key},{key},\n1,2,3\n")])
    assert all(len(note) < 1_000 for note in (*twice.notes, *heads.notes))
    assert len(twice.notes) == 2 and heads.notes


def test_deep_json_is_not_parsed_anew_for_each_level() -> None:
    """Each level tries a piece of its own; those of deeper ones are shorter."""
    deep = 90
    text = '{"a":' * deep + "[" + "1," * 200_000 + "1]" + "}" * deep
    looked = _Counting()
    parse_json(text, FileAllowance("it", 10**12, Reading(watch=looked)))
    assert looked.times < 60 + deep + len(text) / (stepwise.PIECE >> 6)


def test_short_rows_of_many_columns_are_refused_by_memory(tmp_path: Path) -> None:
    """60 kB that would be 1.5 GB: every row is filled up."""
    text = ",".join(f"n{i}" for i in range(9_000)) + "\n" + "1\n" * 3_000
    found = problem(written(tmp_path, "short.csv", text))
    assert "short.csv would need more than" in found.message and "--max-input" in (found.hint or "")


# ── memory ──


@pytest.mark.parametrize("element", ["{}", "[]", '""', "1", "[[[1]]]", '{"a":1}', "1.5", "null", '{"a":{}}', "[{}]"])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_json_is_refused_by_what_it_would_make(tmp_path: Path, element: str, name: str) -> None:
    text = f"[{','.join([element] * 30_000)}]"
    path = written(tmp_path, name, text)
    found = problem(path, reading=Reading(most_bytes=8 * len(text)))
    assert "would need more than" in found.message and name in found.message
    assert from_arguments([path]).values


def held(value: Any, seen: set[int]) -> int:
    """Bytes of plain data, each object once."""
    if id(value) in seen or value is None or isinstance(value, bool) or (isinstance(value, int) and -5 <= value <= 256):
        return 0
    seen.add(id(value))
    size = sys.getsizeof(value)
    if isinstance(value, list):
        size += sum(held(item, seen) for item in value)
    elif isinstance(value, dict):
        size += sum(held(key, seen) + held(item, seen) for key, item in value.items())
    return size


LEAVES = (
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
PLAIN = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=60)
SIGNS = st.text('{}[]:,"\\', max_size=40)


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(PLAIN | SIGNS | st.dictionaries(SIGNS, SIGNS), max_size=20), st.booleans())
def test_what_is_counted_for_json_is_at_least_what_is_made(values: list[Any], is_ascii: bool) -> None:
    text = json.dumps(values * 5, ensure_ascii=is_ascii, separators=(",", ":"))
    allowance = FileAllowance("it", 10**12, Reading())
    found = parse_json(text, allowance).data
    assert allowance.made + 200 >= held(found, set())


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.lists(st.text('ab1.,"; é😀', max_size=8), min_size=3, max_size=3), max_size=30))
def test_what_is_counted_for_csv_is_at_least_what_is_made(lines: list[list[str]]) -> None:
    quoted = ["a,b,c", *(",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in lines)]
    allowance = FileAllowance("it", 10**12, Reading())
    found = parse_csv("\n".join(quoted), allowance, ",").data
    assert [list(map(str, row.values())) for row in found] or not lines
    cells = [column.cells for column in found.columns]
    parts = [part for one in cells for part in (one.values, getattr(one, "codes", None))]
    assert allowance.made + 1_000 >= held(parts, set())


@given(PLAIN | st.text(max_size=20))
def test_digests_are_those_of_the_json_of_an_input(value: Any) -> None:
    """They are computed in parts, and stay what they were in journals of before."""
    inputs = from_values({"context": value})
    data = json.dumps(as_lists(inputs.values["context"]), ensure_ascii=False, sort_keys=True)
    digest = inputs.digest("context")
    called = called_in(inputs.types)  # keys that are no identifiers, which models read beside the data
    expected = data + (json.dumps(called, sort_keys=True) if called else "")
    assert (digest.characters, digest.sha256) == (
        len(data),
        hashlib.sha256(expected.encode("utf-8", "surrogatepass")).hexdigest(),
    )


def test_what_one_file_takes_is_not_there_for_the_next(tmp_path: Path) -> None:
    text = f"[{','.join(['{}'] * 30_000)}]"
    arguments = [f"{name}={written(tmp_path, f'{name}.json', text)}" for name in "abc"]
    reading = Reading(most_bytes=60 * len(text))
    assert from_arguments(arguments[:1], reading).values
    assert "would need more than" in problem(*arguments, reading=reading).message


def test_the_limit_is_that_of_a_run_within_what_may_be_read() -> None:
    budget = Budget()
    assert FileAllowance.of("it", 10, Reading()).most == budget.memory + 10 * budget.memory_per_character
    assert FileAllowance.of("it", 10, Reading(most_bytes=1_000)).most == 1_000


# ── a piece at a time ──


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepwise, "PIECE", 16)
    monkeypatch.setattr("lambda_rlm.inputs.formats.json.PIECE", 16)


@pytest.mark.hypothesis
@pytest.mark.usefixtures("small_pieces")
def test_json_in_pieces_is_what_the_whole_is() -> None:
    @settings(max_examples=examples(500), deadline=None)
    @given(PLAIN, st.sampled_from([None, 1]), st.sampled_from([(",", ":"), (" , ", " : ")]))
    def same(value: Any, indent: int | None, separators: tuple[str, str]) -> None:
        text = json.dumps(value, indent=indent, separators=separators)
        assert rows(text) == json.loads(text)

    same()


@pytest.mark.hypothesis
@pytest.mark.usefixtures("small_pieces")
def test_json_in_pieces_has_the_mistakes_of_the_whole() -> None:
    """The same texts are refused, by the same words at the same place where the mistake is not at the end."""

    @settings(max_examples=examples(500), deadline=None)
    @given(PLAIN, st.data())
    def same(value: Any, data: st.DataObject) -> None:
        text = json.dumps(value)
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(st.sampled_from(["", ",", "]", "}", '"', "[", "{", ":", "x", "1", "\\"])) + text[at + 1 :]
        try:
            expected = json.loads(text)
        except json.JSONDecodeError:
            with pytest.raises(InputProblem, match=r"is not valid JSON|is empty"):
                rows(text)
        else:
            assert rows(text) == expected

    same()


@pytest.mark.parametrize(
    "text",
    [
        "[" + ",".join(["1"] * 400_000) + "]",
        "[" + ",".join(['{"a": "},{", "b": [1, {"c": "]"}]}'] * 20_000) + "]",
        '{"rows": [' + ",".join(['"a,b"'] * 100_000) + '], "more": {"x": [' + ",".join(["[1,[2]]"] * 60_000) + "]}}",
        '["' + "x" * 600_000 + '", ' + "[" * 90 + ",".join(["1"] * 300_000) + "]" * 90 + "]",
    ],
    ids=["numbers", "objects", "nested", "long"],
)
def test_large_json_is_watched_and_the_same(text: str) -> None:
    looked = _Counting()
    found = parse_json(text, FileAllowance("it", 10**12, Reading(watch=looked))).data
    assert found == json.loads(text)
    assert looked.times > len(text) / stepwise.PIECE


def test_a_mistake_in_large_json_has_its_line(tmp_path: Path) -> None:
    lines = ['{"a": 1},'] * 60_000
    lines[50_000] = '{"a": },'
    text = "[\n" + "\n".join(lines) + "\n1]"
    assert "(line 50,002, column 7)" in problem(written(tmp_path, "a.json", text)).message


def test_a_long_line_of_json_lines_is_read(tmp_path: Path) -> None:
    text = json.dumps(list(range(200_000)))
    assert parse_jsonl(f"{text}\n\n1\n", ENOUGH).data == [list(range(200_000)), 1]


# ── lines of CSV ──


def test_a_quote_that_is_never_closed_is_a_problem(tmp_path: Path) -> None:
    assert "not valid CSV" in problem(written(tmp_path, "a.csv", 'a,b\n"' + "x\n" * 100_000)).message


def test_a_line_without_end_is_a_problem_before_it_is_parsed(tmp_path: Path) -> None:
    found = problem(written(tmp_path, "a.csv", "a,b\n" + "x" * 20_000_001 + ",1\n"))
    assert "line 2 of" in found.message and "limit of a line" in found.message


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_kind_end_rows(end: str) -> None:
    assert parse_csv(end.join(["a,b", "1,2", "", "3,4"]), ENOUGH).data == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]


def test_the_limit_of_fields_is_set_again_after_the_last() -> None:
    """It is one for the process, and belongs to the host."""
    before = csv.field_size_limit()
    text = "a,b\n" + f"{'x' * 200_000},1\n" * 20
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: len(parse_csv(text, ENOUGH).data), range(40)))
    assert found == [20] * 40
    assert csv.field_size_limit() == before


def test_a_column_is_read_as_what_all_its_cells_are() -> None:
    column = CellColumn()
    for cell in ("true", "FALSE", "", " true "):
        column.see([cell])
    read = CellReader(column.verdict(frozenset(), ",")).read
    assert [read(cell) for cell in ("true", "FALSE", " true ")] == [True, False, True]
    column.see(["1"])
    assert column.verdict(frozenset(), ",") is text_verdict
