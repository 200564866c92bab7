"""Habits of wording that a reader has to translate are in no message of the package."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.support.places import ROOT

HABITS: Final = (
    r"\bwho writes\b",
    r"\bso many\b",
    r"\b(?:is|are|was|were) (?:told|said|taken for)\b",
    r"\bstands? (?:here|there|for nothing|deep)",
    r"\btakes? (?:it |them )?away\b",
    r"\bby place\b",
    r"\bused up\b",
    r"\bmeans? nothing\b",
    r"\bis no (?:[a-z]+ )?(?:sign|escape|pattern|JSON|name|value|function of)\b",
    r"\bhas no order\b",
    r"\b(?:is|are) sure to\b",
    r"\bword of the language\b",
    r"\bin brackets\b",
)
"""Each with few false finds: the guide has a standard term for what it says."""

EXEMPT: Final = ("types/signatures.py", "eval/asking/prompt.py", "limits.py")
"""Text that the models read with each program, which is measured and changes with a measurement only."""


WHOLE: Final = ("cli/",)
"""Rooms of which the docstrings are held too."""


def messages(source: str, is_whole: bool = False) -> Iterator[tuple[int, str]]:
    """The string literals of a module with their lines; its docstrings are left out unless `is_whole`."""
    tree = ast.parse(source)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (is_whole or id(node) not in alone):
            yield node.lineno, node.value


def found(source: str, is_whole: bool = False) -> list[tuple[int, str]]:
    """The habits in a module's messages, with their lines."""
    return [
        (line, match[0]) for line, text in messages(source, is_whole) for habit in HABITS if (match := re.search(habit, text))
    ]


def test_no_message_has_a_habit() -> None:
    package = ROOT / "lambda_rlm"
    wrong = {
        f"{path.relative_to(ROOT)}:{line}": habit
        for path in sorted(package.rglob("*.py"))
        if str(path.relative_to(package)) not in EXEMPT
        for line, habit in found(path.read_text(encoding="utf-8"), str(path.relative_to(package)).startswith(WHOLE))
    }
    assert wrong == {}


PAGES: Final = ("*.md", "docs/*.md", "docs/howto/*.md", "examples/*/README.md", "stdlib/*")
OF_PAGES: Final = (
    r"\bones? own\b|\bone's own\b",
    r"\bstands? (?:here|there|in|at|near|around|before|behind|between)\b",
    r"\bwho(?:ever)? (?:writes|asks|reads)\b",
    r"\ba run that goes on\b",
    r"\bhow surely\b",
)
"""Habits that only prose has."""
QUOTED: Final = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
MEANT: Final = (
    "are told apart",
    "is told apart",
    "by place in the program",
    "where the quote stands in",
    "that stand in for a model",
)
"""What the habits' patterns find and is standard English, or is written elsewhere for models."""


def prose(path: Path) -> str:
    """What a page says beside its code; of a program, its comments."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".lam":
        return "\n".join(line for line in text.split("\n") if line.startswith("#") and " model: " not in line)
    return QUOTED.sub("", text)


def test_no_page_has_a_habit() -> None:
    wrong = {
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for pattern in PAGES
        for path in ROOT.glob(pattern)
        for line in prose(path).split("\n")
        if not any(meant in line for meant in MEANT)
        for habit in (*HABITS, *OF_PAGES)
        if (hit := re.search(habit, line))
    }
    assert sorted(wrong) == []


def test_nothing_stands_where_it_is() -> None:
    """Docstrings, too: a thing *is* or *appears* in its place; one may stand in for another."""
    habit = re.compile(r"\bstands? (?:in|at|there|here|between|before|behind|on|alone|beside|within)\b(?! for)")
    package = ROOT / "lambda_rlm"
    wrong = {
        f"{path.relative_to(ROOT)}:{line}": match[0]
        for path in sorted(package.rglob("*.py"))
        if str(path.relative_to(package)) not in EXEMPT
        for line, text in messages(path.read_text(encoding="utf-8"), True)
        if (match := habit.search(text))
    }
    assert wrong == {}


def test_no_module_begins_with_a_word_to_translate() -> None:
    """The first line of a module is its line on the page of the house."""
    first = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").partition("\n")[0]
        for path in (ROOT / "lambda_rlm").rglob("*.py")
    }
    assert {path for path, line in first.items() if re.search(r"\bstands?\b|\bwho(?:ever)? (?:writes|asks)\b", line)} == set()


def test_the_search_finds_a_habit_in_messages_only() -> None:
    source = '"""At most so many."""\nx = f"at most so many {y}"\nz = "an argument by place"'
    assert sorted(found(source)) == [(2, "so many"), (3, "by place")]
