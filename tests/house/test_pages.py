"""README, tutorial and how-tos are played: their blocks run in order, offline, and print what the pages show."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from lambda_rlm.completion import ModelProfile, Usage
from lambda_rlm.llm.failures import FATES
from lambda_rlm.llm.scripted import Rule
from lambda_rlm.types.hosted import HostCost
from tests.support.pages import STAND_IN, blocks, commands, play, steady
from tests.support.picture import drawn
from tests.support.places import IS_REWRITING, ROOT
from tests.support.shell import Shell

DOCS = ROOT / "docs"
PLAYED = [ROOT / "README.md", DOCS / "tutorial.md", *sorted((DOCS / "howto").glob("*.md"))]
CHECK = ("check", "examples/ask-a-book/summarize.lam", "--size", "context=1MB,10MB", "--model", "openai/gpt-5-mini")
PICTURE = DOCS / "check.svg"


@pytest.mark.slow
@pytest.mark.parametrize("page", PLAYED, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_a_page_does_what_it_shows(page: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_RLM_MODEL", STAND_IN)
    assert play(page, shell) > 0


def test_the_pages_are_there() -> None:
    assert {p.name for p in PLAYED} >= {
        *("README.md", "tutorial.md", "own-model.md", "own-format.md", "own-primitive.md", "own-strategy.md"),
        "offline-tests.md",
    }


@pytest.mark.parametrize("page", PLAYED, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_block_of_a_page_is_passed_over(page: Path) -> None:
    """Each block is of a language that is run, saved or compared, or a program that another test checks."""
    unknown = [
        b.text for b in blocks(page.read_text(encoding="utf-8")) if b.language not in ("sh", "python", "text", "lam", "mermaid")
    ]
    assert [text for text in unknown if text not in _saved(page)] == []


def _saved(page: Path) -> set[str]:
    return {b.text for b in blocks(page.read_text(encoding="utf-8")) if b.file is not None}


@pytest.mark.slow
def test_the_program_of_the_readme_may_run_on_the_shipped_book(shell: Shell) -> None:
    """Within the default budget, for a model with the default window of a script."""
    book, program = (ROOT / "examples" / "ask-a-book" / name for name in ("book.txt", "summarize.lam"))
    Path("replies.jsonl").write_text('{"match": "", "reply": "A reply."}\n', encoding="utf-8")
    assert shell("check", str(program), str(book), "--model", "scripted:replies.jsonl", "--json") == 0
    assert shell("fmt", "--check", str(program)) == 0
    assert program.read_text(encoding="utf-8") in [b.text for b in blocks((ROOT / "README.md").read_text(encoding="utf-8"))]


def test_the_picture_of_the_readme_is_what_check_prints(shell: Shell) -> None:
    Path("examples").symlink_to(ROOT / "examples")
    assert shell(*CHECK) == 0
    command = "lambda-rlm " + " ".join(CHECK)
    svg = drawn(command, shell.out)
    if IS_REWRITING:
        PICTURE.write_text(svg, encoding="utf-8")
    assert ">  " not in svg, "a viewer joins ordinary spaces, and the columns are lost"
    assert PICTURE.read_text(encoding="utf-8") == svg, "`make golden` draws it anew"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "docs/check.svg" in readme
    assert ["lambda-rlm", *CHECK] in [words for b in blocks(readme) if b.language == "sh" for words in commands(b.text)]


def test_the_demo_ends_with_three_commands_that_run() -> None:
    """The same ones as in the README, where they are played."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    demo = re.search(r"^demo:.*?\n\n", makefile, re.MULTILINE | re.DOTALL)
    assert demo is not None
    typed = re.findall(r"lambda-rlm ((?:check|run|ask|route) [^$\n]*?)'", demo[0])
    played = [b.text for b in blocks((ROOT / "README.md").read_text(encoding="utf-8")) if b.language == "sh"]
    assert len(typed) == 3
    assert [line for line in typed if not any(f"lambda-rlm {line}" in text for text in played)] == []


def rows(page: str, heading: str) -> list[list[str]]:
    """The rows of the first table after a heading, without its head, as cells."""
    section = (DOCS / page).read_text(encoding="utf-8").split(f"{heading}\n", 1)[1]
    lines = [line for line in section.split("\n#", 1)[0].split("\n") if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_the_page_about_scripts_has_every_failure() -> None:
    covered = {"yes": False, "no": True}
    told = {code.strip("`"): covered[answer] for code, _, answer in rows("howto/offline-tests.md", "### Failures")}
    assert told == {code: fate.is_fatal for code, fate in FATES.items()}


def test_the_scripts_page_has_every_key_of_rule_and_profile() -> None:
    rules = {key.strip("`") for key, *_ in rows("howto/offline-tests.md", "### Rules")}
    assert rules == {field.name for field in fields(Rule) if field.init}
    usage = re.findall(r"`(\w+)`", next(row[2] for row in rows("howto/offline-tests.md", "### Rules") if row[0] == "`usage`"))
    assert set(usage) == {field.name for field in fields(Usage)} - {"uncounted", "extra"}  # which whoever pays works out
    profile = {key for row in rows("howto/offline-tests.md", "### Profile") for key in re.findall(r"`(\w+)`", row[0])}
    assert profile == {field.name for field in fields(ModelProfile)} - {"details", "vocabulary"}


def test_the_page_about_primitives_has_every_field_of_a_cost() -> None:
    told = {key for row in rows("howto/own-primitive.md", "## Declare it") for key in re.findall(r"`(\w+)`", " ".join(row))}
    assert told == {field.name for field in fields(HostCost)}


def test_the_glossary_is_sorted_and_has_no_term_twice() -> None:
    terms = [term for term, _ in rows("glossary.md", "# Glossary")]
    assert len(terms) > 30
    assert terms == sorted(set(terms))


def test_times_dates_and_runs_do_not_count_in_a_comparison() -> None:
    assert steady("ran 0.3 s\n") == steady("ran 12.0 s")
    assert steady("72 calls") != steady("71 calls")
    one, other = "  0  replied  0.1 s  line 3", "  4  replied  0.2 s  line 5"
    assert steady(f"slowest\n{one}\n{other}") == steady(f"slowest\n{other}\n{one}") != steady(f"slowest\n{one}")
