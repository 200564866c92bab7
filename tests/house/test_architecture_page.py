"""The page about the house names each module of the package once, with the first sentence of its docstring, and each layer."""

from __future__ import annotations

import ast
import os
import re
import tomllib
from itertools import groupby
from pathlib import Path

from tests.support.places import ROOT

PAGE = ROOT / "docs" / "architecture.md"
PACKAGE = ROOT / "lambda_rlm"
FILES = re.compile(r"(<!-- files: .*? -->\n).*?(<!-- end of files -->)", re.DOTALL)
IS_REWRITING = os.environ.get("UPDATE_GOLDEN") == "1" and not os.environ.get("CI")


def first_sentence(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring, f"{path} has no docstring"
    return re.split(r"(?<=[.?]) (?=[A-Z`])", " ".join(docstring.split("\n\n")[0].split("\n")))[0]


def files_section() -> str:
    """A paragraph for each folder, a line for each module in it."""
    modules = sorted(PACKAGE.rglob("*.py"), key=lambda p: (p.parent.relative_to(PACKAGE).parts, p.stem != "__init__", p.stem))
    paragraphs = []
    for folder, members in groupby(modules, key=lambda p: p.parent):
        rows = []
        for path in members:
            name = f"{folder.relative_to(PACKAGE.parent).as_posix()}/" if path.stem == "__init__" else path.stem
            rows.append(
                f"**`{name}`** {first_sentence(path)}\n" if path.stem == "__init__" else f"- `{name}`: {first_sentence(path)}"
            )
        paragraphs.append("\n".join(rows) + "\n")
    return "\n" + "\n".join(paragraphs) + "\n"


def test_the_page_has_a_line_for_each_module() -> None:
    text = PAGE.read_text(encoding="utf-8")
    wanted = FILES.sub(lambda hit: hit[1] + files_section() + hit[2], text)
    if IS_REWRITING:
        PAGE.write_text(wanted, encoding="utf-8")
        text = wanted
    assert text == wanted, "`make golden` rewrites the list of files"


def test_a_docstring_begins_with_what_the_module_is() -> None:
    """Its first sentence is the line of the list: it ends as a sentence does, and is no longer than two lines of print."""
    lines = {str(path.relative_to(ROOT)): first_sentence(path) for path in PACKAGE.rglob("*.py")}
    assert {path: line for path, line in lines.items() if not line.endswith((".", ")", "?", '"')) or len(line) > 200} == {}


def test_the_table_of_rooms_has_the_layers_in_their_order() -> None:
    table = PAGE.read_text(encoding="utf-8").split("## Rooms")[1].split("## Every file")[0]
    rooms = [room for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for room in re.findall(r"`(\w+)`", row)]
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    layers = [re.findall(r"\w+", row) for row in contracts[0]["layers"]]
    assert sorted(rooms) == sorted(room for row in layers for room in row if room != "__main__")
    place = {room: number for number, row in enumerate(layers) for room in row}
    assert [place[room] for room in rooms] == sorted(place[room] for room in rooms)
