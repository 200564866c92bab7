"""The registry of input formats: each format is one row, and a host adds its own without changing anything global."""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path

import pytest

import lambda_rlm
from lambda_rlm import RLM, ExtractedText, Format, InputProblem, Reading, Rows, ScriptedModel, check
from lambda_rlm.inputs import from_arguments, from_values
from lambda_rlm.inputs.formats.registry import FORMATS, text_in
from lambda_rlm.inputs.listing import listings
from lambda_rlm.inputs.unread import unread
from lambda_rlm.types.show import show
from tests.support.input_files import written
from tests.support.places import ROOT


def read_upper(data: bytes, name: str, reading: Reading) -> ExtractedText:
    if b"damaged" in data:
        raise InputProblem(f"{name} is damaged", "save it anew", "damaged")
    return ExtractedText(data.removeprefix(b"UP1\0").decode().upper(), (f"{name}: in capitals",))


def read_pairs(data: bytes, name: str, reading: Reading) -> Rows:
    pairs = [pair.split("=") for pair in data.removeprefix(b"PK\x03\x04\0").decode().split(";")]
    return Rows([{"key": key, "count": int(value)} for key, value in pairs])


UPPER = Format("an upper file", read_upper, extensions=(".up",), magic=b"UP1\0")
PAIRS = Format("pairs", read_pairs, extensions=(".pairs",), has_rows=True)
HOSTS = Reading(formats=(UPPER, PAIRS))


def test_each_packaged_format_is_one_row_with_its_extensions() -> None:
    extensions = [extension for one in FORMATS for extension in one.extensions]
    assert len(extensions) == len(set(extensions))
    assert {".pdf", ".docx", ".html", ".json", ".jsonl", ".csv", ".tsv"} <= set(extensions)


def test_no_other_module_knows_an_extension() -> None:
    """Adding a format touches its module and the registry."""
    extensions = {extension for one in FORMATS for extension in one.extensions}
    found = [
        path.name
        for path in (ROOT / "lambda_rlm" / "inputs").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in extensions
    ]
    assert found == []


def test_a_text_format_of_a_host_is_read_alone_and_in_a_folder(tmp_path: Path) -> None:
    one = written(tmp_path, "a.up", b"UP1\0hello")
    written(tmp_path, "b.txt", "plain")
    written(tmp_path, "c.up", b"UP1\0damaged")
    alone = from_arguments([one], HOSTS)
    assert alone.values["context"] == "HELLO" and any("in capitals" in note for note in alone.notes)
    folder = from_arguments([str(tmp_path)], HOSTS)
    assert [row["text"] for row in folder.values["context"]] == ["HELLO", "plain"]
    assert any("(damaged): c.up" in note for note in folder.notes)


def test_a_host_row_format_has_types_for_binary_files(tmp_path: Path) -> None:
    found = from_arguments([written(tmp_path, "a.pairs", b"PK\x03\x04\0a=1;b=22")], HOSTS)
    assert found.values["context"] == [{"key": "a", "count": 1}, {"key": "b", "count": 22}]
    assert show(found.types["context"]) == "List[{ count: Int, key: Text }]"
    with pytest.raises(InputProblem, match="is unknown until the file is read"):
        unread(listings([str(tmp_path / "a.pairs")], HOSTS), HOSTS)


def test_the_library_reads_the_formats_that_it_is_given(tmp_path: Path) -> None:
    path = Path(written(tmp_path, "a.pairs", b"PK\x03\x04\0a=1;b=22"))
    text = Path(written(tmp_path, "a.up", b"UP1\0who was late"))
    model = ScriptedModel.from_rules([("WHO WAS LATE", "Acme"), ("count: 22", "Bolt"), ('"count":22', "Bolt")])
    rlm = RLM(model, formats=[UPPER, PAIRS])
    assert rlm.ask("Say it.", context=text).answer == "Acme"
    assert rlm.ask("Say it.", context=path).answer == "Bolt"
    checked = check("sum(map(context, fn(row) => row.count))", {"context": path}, formats=[PAIRS])
    assert checked.ok, checked.diagnostics
    assert asyncio.run(lambda_rlm.run(checked.admit(), {"context": path}, formats=[PAIRS])).value == 23


def test_formats_are_those_of_one_use_and_change_nothing_else(tmp_path: Path) -> None:
    path = Path(written(tmp_path, "a.up", b"UP1\0hello"))
    assert from_values({"context": path}, HOSTS).values["context"] == "HELLO"
    with pytest.raises(InputProblem, match="binary data"):
        from_values({"context": path})


def test_a_hosts_format_comes_before_that_of_the_package(tmp_path: Path) -> None:
    """It may read a CSV as it likes."""
    own = Format("a table", lambda data, name, reading: ExtractedText("own"), extensions=(".csv",))
    assert from_arguments([written(tmp_path, "a.csv", "id\n1\n")], Reading(formats=(own,))).values["context"] == "own"


def test_raw_reads_no_format(tmp_path: Path) -> None:
    path = written(tmp_path, "a.pairs", "a=1")
    assert from_arguments([path], Reading(formats=(PAIRS,), raw=True)).values["context"] == "a=1"


def test_a_missing_library_is_named_with_what_installs_it(tmp_path: Path) -> None:
    absent = Format("a sheet", read_upper, extensions=(".sheet",), library="no_such_library", extra="sheets>=2")
    with pytest.raises(InputProblem, match=r"pip install 'sheets>=2'"):
        from_arguments([written(tmp_path, "a.sheet", "x")], Reading(formats=(absent,)))


@pytest.mark.parametrize(("has_rows", "named"), [(False, "must return an ExtractedText"), (True, "must return Rows")])
def test_a_reader_that_gives_something_else_is_named(tmp_path: Path, has_rows: bool, named: str) -> None:
    wrong = Format("a thing", lambda data, name, reading: "text", extensions=(".thing",), has_rows=has_rows)  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeError, match=named):
        from_arguments([written(tmp_path, "a.thing", "x")], Reading(formats=(wrong,)))


def test_an_error_of_a_reader_is_not_hidden(tmp_path: Path) -> None:
    def broken(data: bytes, name: str, reading: Reading) -> ExtractedText:
        raise KeyError("a bug of the host")

    with pytest.raises(KeyError, match="a bug of the host"):
        text_in(Format("a thing", broken, extensions=(".thing",)), b"x", "a.thing", Reading())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"extensions": ("pdf",)}, r"must have the form \('.pdf',\)"),
        ({"extensions": (".PDF",)}, r"must have the form \('.pdf',\)"),
        ({"extensions": ".pdf"}, r"must have the form \('.pdf',\)"),
        ({}, "needs at least one extension"),
        ({"magic": b"X"}, "needs at least one extension"),
        ({"extensions": (".x",), "magic": b"X", "has_rows": True}, "remove the magic"),
    ],
)
def test_a_format_that_no_file_can_have_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Format("a thing", read_upper, **settings)  # type: ignore[arg-type]


def test_a_library_in_a_package_that_is_missing_is_missing(tmp_path: Path) -> None:
    one = written(tmp_path, "a.up", b"UP1\0hello")
    needy = Format("an upper file", read_upper, extensions=(".up",), library="no_such_package.reader", extra="acme[up]")
    with pytest.raises(InputProblem, match=r"pip install 'acme\[up\]'"):
        from_arguments([one], Reading(formats=(needy,)))


def test_extensions_may_be_any_sequence(tmp_path: Path) -> None:
    one = written(tmp_path, "a.pairs", "a=1")
    listed = Format("pairs", read_pairs, extensions=[".pairs"], has_rows=True)  # type: ignore[arg-type]
    assert from_arguments([one], Reading(formats=(listed,))).values["context"] is not None
