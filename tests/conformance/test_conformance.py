"""The conformance suite: programs as data, run by this one runner; any other implementation may run them.

`tests/conformance/SUITE/accept` and `reject` hold `NAME.lam`; an accepted or run case has `NAME.expect` beside it, what its
stages print. Suites: `syntax` (prints the canonical form), `types` and `programs` (prints types), `eval` and `faults` (run with a
scripted model). The marks of a rejected or faulting program, `#! CODE` on the offending line, are exact: a missing or an extra
error fails. `make golden` rewrites the expectations.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.printing.pretty import pretty
from tests.support.cases import Case, mistakes, read_case, run_stages, typed_stages
from tests.support.places import CONFORMANCE, IS_REWRITING


def cases(*patterns: str) -> pytest.MarkDecorator:
    paths = sorted(path for pattern in patterns for path in CONFORMANCE.glob(pattern))
    assert paths, f"no case for {patterns}"
    return pytest.mark.parametrize("path", paths, ids=lambda p: str(p.relative_to(CONFORMANCE).with_suffix("")))


def assert_expected(path: Path, printed: str) -> None:
    expectation = path.with_suffix(".expect")
    if IS_REWRITING:
        expectation.write_text(printed, encoding="utf-8")
    assert expectation.exists(), f"{path.name} has no expectation; `make golden` writes it"
    assert printed == expectation.read_text(encoding="utf-8")


@cases("syntax/accept/*.lam")
def test_an_accepted_text_has_the_canonical_form_on_file(path: Path) -> None:
    program = parse(read_case(path).source)
    printed = pretty(program)
    again = parse(SourceFile("again", printed))
    assert again == program
    assert pretty(again) == printed
    assert_expected(path, printed)


@cases("types/accept/*.lam", "programs/*.lam")
def test_an_accepted_program_has_the_types_on_file(path: Path) -> None:
    case = read_case(path)
    checked = case.check()
    assert checked.typed is not None, [d.message for d in checked.diagnostics]
    assert [d.code for d in checked.diagnostics] == [code for _, code in case.errors]
    assert_expected(path, typed_stages(checked.typed))


@cases("syntax/reject/*.lam", "types/reject/*.lam")
def test_a_rejected_program_has_exactly_the_marked_mistakes(path: Path) -> None:
    case = read_case(path)
    assert not case.check().ok
    assert sorted(mistakes(case)) == sorted(case.errors)


@cases("eval/accept/*.lam", "faults/reject/*.lam")
def test_a_run_gives_what_is_on_file(path: Path) -> None:
    case = read_case(path)
    assert mistakes(case) == []
    printed, faults = run_stages(case)
    assert faults == case.errors, printed
    assert bool(faults) == (path.parent.name == "reject")
    assert_expected(path, printed)


def test_every_case_is_run_and_every_expectation_has_its_program() -> None:
    run = {"accept", "reject", "programs"}
    assert {p.parent.name for p in CONFORMANCE.rglob("*.lam")} <= run
    assert [p for p in CONFORMANCE.rglob("*.expect") if not p.with_suffix(".lam").exists()] == []


def test_a_prompt_without_a_scripted_reply_is_an_error() -> None:
    """Never a default: a case whose prompt changed must say so."""
    run = Case("case", 'llm_call("a")', rules=[("b", "reply")]).run()
    assert run.fault is not None
    assert run.fault.code == "E0520"


@pytest.mark.parametrize("limit", [1, 2, 16, 128])
@cases("eval/accept/*.lam", "faults/reject/*.lam")
def test_what_comes_of_a_program_does_not_depend_on_the_schedule(path: Path, limit: int) -> None:
    """Value, fault and its place are the same at every limit and with all delays; where nothing faulted, every question too."""
    case = read_case(path)
    if path.stem.startswith("attack_"):
        return  # these stop in pure work, which has no schedule
    expected, fault = run_stages(read_case(path))
    case.budget["concurrency"] = limit
    case.delays = Random(f"{path.stem} {limit}")
    printed, found = run_stages(case)
    assert found == fault
    if fault:
        expected, printed = (text.split("\n", 1)[0] for text in (expected, printed))
    # Of two equal questions side by side the one that comes first is asked: the schedule says at which place.
    (asked, _, came), (wanted, _, should) = (text.rpartition("\nvalue:") for text in (printed, expected))
    assert came == should
    assert sorted(f"{asked}\n".split("asked:\n")) == sorted(f"{wanted}\n".split("asked:\n"))
