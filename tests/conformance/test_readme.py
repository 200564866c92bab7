"""The suite's README against the runner: every header is in its grammar and the reverse, and its examples run as it says."""

from __future__ import annotations

import re
from pathlib import Path

import lark
import pytest

from tests.support import bound_cases, cases
from tests.support.bound_cases import COMPONENTS, BoundCase, components, read_bound_case
from tests.support.cases import Case, mistakes, read_case, run_stages, typed_stages
from tests.support.formulas import FUNCTIONS
from tests.support.places import CONFORMANCE

README = (CONFORMANCE / "README.md").read_text(encoding="utf-8")
HEADERS, FORMULAS = re.findall(r"^```ebnf\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
EXAMPLES = re.findall(r"^A case of `(\S+)`:\n\n```lam\n(.*?)^```(?:\n\n```text\n(.*?)^```)?", README, re.MULTILINE | re.DOTALL)
KEYS = {"input", *cases.HEADERS, *bound_cases.HEADERS}
PATHS = sorted(CONFORMANCE.rglob("*.lam"))


RULES = dict(re.findall(r"^(\w+): +(.*)$", HEADERS, re.MULTILINE))
TOKEN = re.compile(r'"([^"]*)"|/((?:[^/\\]|\\.)*)/|(\w+)|(\S)')


def pattern(rule: str) -> re.Pattern[str]:
    """A rule of the headers' grammar, which does not recurse, as one regular expression."""
    return re.compile(_pattern(RULES[rule]))


def _pattern(right: str) -> str:
    parts = []
    for literal, regex, name, sign in TOKEN.findall(right):
        parts.append(
            sign or (f"(?:{_pattern(RULES[name])})" if name else f"(?:{regex})" if regex else f"(?:{re.escape(literal)})")
        )
    return "".join(parts)


def headers(path: Path) -> list[str]:
    """The lines that the runner reads, of a case."""
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if re.match(r"# \w+:? ", line)]
    keys = KEYS if "bounds" in path.parts else KEYS - set(bound_cases.HEADERS)
    return [line for line in lines if re.split(r"[: ]", line)[1] in (*keys, "inputs")]


def test_the_grammar_of_the_headers_has_the_keys_of_the_runner() -> None:
    (alternatives,) = re.findall(r'^header: "# " \((.*)\)$', HEADERS, re.MULTILINE)
    assert set(alternatives.split(" | ")) == KEYS
    spelled = dict(re.findall(r'^([a-z]+): +"(\w+)" ', HEADERS, re.MULTILINE))
    assert spelled == {key: key for key in KEYS}
    tables = "".join(re.findall(r"^\|(.*?)\|", README, re.MULTILINE))
    assert {key for key in KEYS if f"`{key}`" not in tables} == set()


def test_the_grammar_of_formulas_has_the_functions_of_the_runner() -> None:
    (alternatives,) = re.findall(r"^function: (.*)$", FORMULAS, re.MULTILINE)
    assert set(re.findall(r'"(\w+)"', alternatives)) == set(FUNCTIONS)
    (names,) = re.findall(r"^COMPONENT: (.*)$", HEADERS, re.MULTILINE)
    assert tuple(re.findall(r'"(\w+)"', names)) == COMPONENTS


@pytest.mark.slow
def test_every_header_of_the_suite_is_in_the_grammar() -> None:
    header, formula = pattern("header"), lark.Lark(FORMULAS, parser="lalr", start="formula")
    for path in PATHS:
        for line in headers(path):
            assert header.fullmatch(line), f"{path.name}: {line}"
            if hit := re.match(r"# (?:where|bound):? \w+ = (.*)", line):
                formula.parse(hit[1])


def test_every_mark_of_the_suite_is_in_the_grammar() -> None:
    mark = pattern("mark")
    for path in PATHS:
        for line in path.read_text(encoding="utf-8").split("\n"):
            if "#!" in line:
                assert mark.fullmatch(line[line.index("#!") :].rstrip()), f"{path.name}: {line}"


@pytest.mark.parametrize("line", ["# gate: on", "# error: E0404", "# input context", "# at context", "# bound tokens = 1"])
def test_what_the_grammar_leaves_out_the_runner_does_not_read(line: str) -> None:
    assert pattern("header").fullmatch(line) is None
    case = BoundCase(Case("case", line))
    key, rest = re.findall(r"# (\w+):? (.*)", line)[0]
    if key in bound_cases.HEADERS:
        with pytest.raises((AssertionError, ValueError)):
            bound_cases.HEADERS[key](case, rest)
    elif key == "input":
        cases.bind(case.case, line)
        assert case.case.inputs == {}
    else:
        with pytest.raises((AssertionError, ValueError)):
            cases.bind(case.case, line)


def test_the_folders_are_the_ones_in_the_table() -> None:
    named = set(
        re.findall(r"`((?:\w+/)?(?:accept|reject)|programs)`", "".join(re.findall(r"^\| (.*?) \|", README, re.MULTILINE)))
    )
    assert named == {str(path.parent.relative_to(CONFORMANCE)) for path in PATHS}


@pytest.mark.parametrize(("suite", "text", "expected"), EXAMPLES, ids=[suite for suite, *_ in EXAMPLES])
def test_an_example_of_the_readme_runs(suite: str, text: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "example.lam"
    path.write_text(text, encoding="utf-8")
    if suite.startswith("bounds"):
        bounds = read_bound_case(path)
        for column in bounds.columns:
            refused = bounds.refused(column)
            assert [(d.code, bounds.case.source.text[d.primary.start : d.primary.end]) for d in refused] == bounds.spans
            assert (
                suite.endswith("reject")
                or components(bounds.prospect(column).bound) == bounds.expected(column) == column.stated
            )
        return
    case = read_case(path)
    if suite == "types/reject":
        assert mistakes(case) == case.errors != []
        return
    printed, faults = run_stages(case)
    assert faults == case.errors
    assert bool(faults) == suite.endswith("reject")
    if expected:
        typed = case.check().typed
        assert typed is not None
        assert typed_stages(typed) == expected
        assert "value: 3\n" in printed


def test_there_is_an_example_of_each_kind_of_case() -> None:
    assert {suite for suite, *_ in EXAMPLES} == {
        "eval/accept",
        "types/reject",
        "faults/reject",
        "bounds/accept",
        "bounds/reject",
    }
