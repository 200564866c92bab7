"""What the documents say is run: programs check, examples give their answers, the library's section is the table's."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from lambda_rlm.checked import check
from lambda_rlm.syntax import term as t
from lambda_rlm.syntax.parse import parse
from lambda_rlm.syntax.pretty import pretty
from lambda_rlm.types.signatures import SIGNATURES
from tests.cases import Case, bind, read_case, read_examples

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
FENCE = re.compile(r"^```lam\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)(?:#[^)]*)?\)")
PROGRAMS = [(path, i, hit[1]) for path in DOCUMENTS for i, hit in enumerate(FENCE.finditer(path.read_text(encoding="utf-8")))]
STRATEGIES = sorted((ROOT / "stdlib").glob("*.lam"))
EXAMPLES = [(path, i, case) for path in STRATEGIES for i, case in enumerate(read_examples(path))]
LIBRARY = re.compile(r"(<!-- library: .*? -->\n).*?(<!-- end of library -->)", re.DOTALL)
IS_REWRITING = os.environ.get("UPDATE_GOLDEN") == "1" and not os.environ.get("CI")
RULES = (
    ["Lit", "Template", "Var", "List", "Record", "Select", "Lam", "App", "Pipe", "Infix", "Default", "Prefix", "If", "Match", "Fix", "Block", "Let", "Def", "Type", "Auto", "Call"]
)  # fmt: skip


@pytest.mark.parametrize(("path", "index", "text"), PROGRAMS, ids=[f"{p.relative_to(ROOT)}-{i}" for p, i, _ in PROGRAMS])
def test_a_program_in_a_document_checks(path: Path, index: int, text: str) -> None:
    scratch = Case(f"{path.name}-{index}", text)

    for line in text.split("\n"):
        bind(scratch, line)
    assert [d.message for d in scratch.check().diagnostics] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_link_leads_somewhere(path: Path) -> None:
    prose = CODE.sub("", path.read_text(encoding="utf-8"))
    assert [to for to in LINK.findall(prose) if not (path.parent / to).exists()] == []


def test_the_documents_show_programs() -> None:
    assert {p.name for p, _, _ in PROGRAMS} >= {"README.md", "language.md"}


@pytest.mark.parametrize(("path", "index", "case"), EXAMPLES, ids=[f"{p.stem}-{i}" for p, i, _ in EXAMPLES])
def test_an_example_of_a_strategy_gives_its_answer(path: Path, index: int, case: Case) -> None:
    run = case.run()
    assert run.fault is None
    assert run.value == case.answer


@pytest.mark.parametrize("path", STRATEGIES, ids=lambda p: p.stem)
def test_a_strategy_is_documented_canonical_and_shown(path: Path) -> None:
    """Each file says what it does, its signature and cost, and runs at least one example; so does each of its defs."""
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.stem}: ")
    assert pretty(parse(read_case(path).source)) == text
    assert re.search(r"^# \(.*\) -> \w+", text, re.MULTILINE)
    assert "# cost: " in text
    assert [p for p, _, _ in EXAMPLES].count(path) >= 1
    for item in parse(read_case(path).source).items:
        if isinstance(item, t.Def):
            before = text[: item.span.start].rstrip("\n").split("\n")
            assert before[-1].startswith("# "), f"{item.name} has no doc line"


def library_section() -> str:
    rows = [f"- `{primitive.value}{row.text}`: {row.doc}" for primitive, row in SIGNATURES.items()]
    return "\n".join(rows) + "\n"


def test_the_library_in_the_language_document_is_the_table() -> None:
    path = ROOT / "docs" / "language.md"
    text = path.read_text(encoding="utf-8")
    wanted = LIBRARY.sub(lambda hit: hit[1] + library_section() + hit[2], text)
    if IS_REWRITING:
        path.write_text(wanted, encoding="utf-8")
        text = wanted
    assert text == wanted, "`make golden` rewrites the library's section"


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_one_name_in_document_cases_and_code(rule: str) -> None:
    """Who looks for (Let) finds it in the document, in an accepted and a rejected case, and in an evaluated one."""
    assert f"({rule})" in (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    cases = ROOT / "tests" / "conformance"
    name = f"{rule.lower()}.lam"
    assert (cases / "types" / "accept" / name).exists()
    assert (cases / "types" / "reject" / name).exists()
    assert (cases / "eval" / "accept" / name).exists()


def test_no_rule_is_named_in_the_document_only() -> None:
    text = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    assert set(re.findall(r"─ \((\w+)\)", text)) == set(RULES)


def test_every_code_in_a_document_exists() -> None:
    from lambda_rlm.codes import CODES

    named = {code for path in DOCUMENTS for code in re.findall(r"\b[EW]0\d{3}\b", path.read_text(encoding="utf-8"))}
    assert named <= set(CODES)


def test_checking_never_raises_on_a_bad_program() -> None:
    assert not check("(((").ok
