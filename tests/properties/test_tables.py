"""What pyarrow reads of a table is what the standard library reads of it, or pyarrow does not read it at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_rlm.inputs import InputProblem, Reading
from lambda_rlm.inputs.allowance import FileAllowance
from lambda_rlm.inputs.formats import arrow, arrow_columns
from lambda_rlm.inputs.formats.columns import column
from lambda_rlm.inputs.formats.csv import parse_csv
from lambda_rlm.inputs.formats.json import parse_jsonl
from lambda_rlm.inputs.shape import shaped

pytest.importorskip("pyarrow", reason="the extra `tables`")
pytestmark = pytest.mark.slow

ODD = [
    *(
        "",
        " ",
        "NA",
        "nan",
        "true",
        "False",
        "0",
        "-0",
        "007",
        "1.10",
        "1.9",
        "1,5",
        "1.234",
        "1,234.50",
        "$5",
        "12%",
        "+5",
        "1e5",
        "1e-5",
    ),
    *(
        "inf",
        "9007199254740993",
        "12345678901234567890",
        "1" * 16,
        "13/02/2023",
        "1/2/2023",
        "2023-02-30",
        "2023-02-13",
        "2023-02-13 09:00",
    ),
    *("Jan 6, 2023", " 5", "5 ", "ä", "日本", "\U0001f600", '"', 'a"b', '""', "x\ny", "x\r\ny", "a,b", ";", "\ufeff"),
]
CELLS = st.one_of(
    st.sampled_from(ODD),
    st.integers(-(10**20), 10**20).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.dates().map(lambda day: f"{day.day}/{day.month}/{day.year:04}"),
    st.text(max_size=5),
)
COLUMNS = st.one_of(
    st.just(CELLS),
    st.just(st.integers(0, 300).map(str)),
    st.just(st.floats(-1e6, 1e6).map(lambda x: f"{x:.2f}")),
    st.just(st.dates().map(lambda day: f"{day.month:02}/{day.day:02}/{day.year:04}")),
    st.just(st.sampled_from(["a", "b", "2,5", "7"])),
    st.just(st.sampled_from(["1", "2", "", "NA"])),
)


@st.composite
def csv_texts(draw: st.DrawFn) -> str:
    """A text of some columns, with small and large damage."""
    delimiter = draw(st.sampled_from(",;\t|"))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    columns = draw(st.lists(COLUMNS, min_size=1, max_size=4))
    count = draw(st.integers(1, 30))

    def written(cell: str, always: bool) -> str:
        is_quoted = always or any(sign in cell for sign in f'{delimiter}"\r\n')
        return '"' + cell.replace('"', '""') + '"' if is_quoted else cell

    always = draw(st.booleans())
    lines = [delimiter.join(f"c{number}" for number in range(len(columns)))]
    lines += [delimiter.join(written(draw(one), always) for one in columns) for _ in range(count)]
    text = end.join(lines) + draw(st.sampled_from(["", end, end + end]))
    if draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(text)))
        text = (
            text[:at]
            + draw(st.sampled_from(['"', ",", "\n", "\r", " ", "\0", ' "', "\ufeff", "\n\ufeff"]))
            + text[at + draw(st.integers(0, 1)) :]
        )
    return text


def came(parse: Any, text: str) -> Any:
    """The type and the rows of a text; the words of the problem."""
    try:
        rows = parse(text, FileAllowance("it", 10**9, Reading()))
        found = shaped(rows.data, "context", is_ours=True)
    except InputProblem as problem:
        return problem.message
    return found.type, repr([dict(sorted(row.items())) if isinstance(row, dict) else row for row in found.value]), rows.notes


def both(parse: Any, text: str, monkeypatch: pytest.MonkeyPatch, sample: int) -> None:
    """What the standard library reads, and what pyarrow reads, a few lines at a time where the sample is small."""
    with monkeypatch.context() as patch:
        for module in (arrow, arrow_columns, column):
            patch.setattr(module, "SAMPLE", sample)
        patch.setattr(arrow_columns, "_FIRST", 2 * sample)
        patch.setattr("lambda_rlm.inputs.formats.columns.growing._SAMPLE", sample)
        patch.setattr(arrow, "_PART", 10 * sample)
        patch.setattr("lambda_rlm.inputs.formats.columns.nested.SAMPLE", sample)
        patch.setattr("lambda_rlm.inputs.formats.csv._AT_ONCE", sample)
        patch.setattr(arrow, "WORTH", 10**9)
        expected = came(parse, text)
        patch.setattr(arrow, "WORTH", 0)
        assert came(parse, text) == expected


@pytest.mark.hypothesis
def test_csv_is_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    @settings(max_examples=settings().max_examples * 3, deadline=None)
    @given(csv_texts(), st.sampled_from([5, 500]))
    def alike(text: str, sample: int) -> None:
        both(parse_csv, text, monkeypatch, sample)

    alike()


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**65), 2**65),
    st.floats(allow_nan=False),
    st.sampled_from(
        [
            "",
            "x",
            "2023-01-02",
            "2023-01-02 03:04:05",
            "13/02/2023",
            "1/2/2023",
            "1,5",
            "1.234,50",
            "12",
            "ä",
            "\ud800",
            "\0",
            '"\\',
            "\u2028",
        ]
    ),
    st.text(max_size=4),
)
RECORDS = st.dictionaries(st.sampled_from(["a", "b", "c", "ü", "a b", "a-b"]), VALUES, max_size=4)
KINDS = st.sampled_from([st.integers(-5, 2**54), st.floats(-1e9, 1e9), st.booleans(), st.text(max_size=3), st.none()])


@st.composite
def json_lines(draw: st.DrawFn) -> str:
    """Objects on lines, of which some are not."""
    if draw(st.booleans()):
        kinds = {key: draw(KINDS) for key in draw(st.lists(st.sampled_from(["a", "b", "c d", "e"]), min_size=1, unique=True))}
        rows: list[Any] = [
            {key: draw(kind) for key, kind in kinds.items() if draw(st.integers(0, 4))} for _ in range(draw(st.integers(1, 12)))
        ]
    else:
        rows = draw(st.lists(st.one_of(RECORDS, RECORDS, st.lists(VALUES, max_size=2)), min_size=1, max_size=8))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = end.join(json.dumps(row, ensure_ascii=draw(st.booleans())) for row in rows) + draw(
        st.sampled_from(["", end, " ", end * 2])
    )
    if draw(st.integers(0, 2)) == 0:
        at = draw(st.integers(0, len(text)))
        damage = [
            "\n",
            "}",
            "{",
            '"a":1,',
            " ",
            "}\n{",
            "}{",
            ",",
            "NaN",
            "0",
            "\t",
            "\ufeff",
            "/**/",
            "\x01",
            "\r",
            "-",
            "e5",
            ".",
        ]
        text = text[:at] + draw(st.sampled_from(damage)) + text[at + draw(st.integers(0, 1)) :]
    return text


@pytest.mark.hypothesis
def test_json_lines_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    @settings(max_examples=settings().max_examples * 3, deadline=None)
    @given(json_lines(), st.sampled_from([5, 500]))
    def alike(text: str, sample: int) -> None:
        both(parse_jsonl, text, monkeypatch, sample)

    alike()
