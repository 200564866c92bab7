"""What the documents say is run: programs check, examples give their answers, the library's section is the table's."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_rlm.execution.check import check
from lambda_rlm.types.signatures import SIGNATURES
from tests.support.cases import Case, bind
from tests.support.pages import blocks, commands
from tests.support.places import IS_REWRITING, ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
PAGES = [*DOCUMENTS, ROOT / "tests" / "conformance" / "README.md"]
"""Documents, and the pages whose programs another test runs."""
FENCE = re.compile(r"^```lam\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)([^)#]*)(#[^)]*)?\)")
PROGRAMS = [(path, i, hit[1]) for path in DOCUMENTS for i, hit in enumerate(FENCE.finditer(path.read_text(encoding="utf-8")))]
LIBRARY = re.compile(r"(<!-- library: .*? -->\n).*?(<!-- end of library -->)", re.DOTALL)
RULES = (
    ["Lit", "Template", "Var", "List", "Record", "Select", "Lam", "App", "Pipe", "Infix", "Default", "Prefix", "If", "Match", "Fix", "Block", "Let", "Def", "Type", "Auto", "Call"]
)  # fmt: skip


@pytest.mark.parametrize(("path", "index", "text"), PROGRAMS, ids=[f"{p.relative_to(ROOT)}-{i}" for p, i, _ in PROGRAMS])
def test_a_program_in_a_document_checks(path: Path, index: int, text: str) -> None:
    scratch = Case(f"{path.name}-{index}", text)

    for line in text.split("\n"):
        bind(scratch, line)
    assert [d.message for d in scratch.check().diagnostics] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_link_leads_somewhere(path: Path) -> None:
    """To a file of the repository, and with an anchor to a heading of it."""
    prose = CODE.sub("", path.read_text(encoding="utf-8"))
    assert [to + anchor for to, anchor in LINK.findall(prose) if not leads_somewhere(path, to, anchor)] == []


def leads_somewhere(page: Path, to: str, anchor: str) -> bool:
    target = page.parent / to if to else page
    return target.exists() and (not anchor or anchor.removeprefix("#") in anchors(target.read_text(encoding="utf-8")))


def anchors(text: str) -> list[str]:
    """The anchors of a page's headings, as they are made on GitHub: lower case, without punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ +(.*)$", FENCED.sub("", text), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings]


def test_a_link_to_a_missing_heading_is_found() -> None:
    readme = ROOT / "README.md"
    assert leads_somewhere(readme, "", "#command-line")
    assert leads_somewhere(readme, "docs/bounds.md", "#reading-a-bound")
    assert not leads_somewhere(readme, "docs/bounds.md", "#no-such-heading")
    assert not leads_somewhere(readme, "docs/no-such-page.md", "")


def shell_commands() -> list[list[str]]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return [words for block in blocks(text) if block.language == "sh" for words in commands(block.text)]


def test_the_other_commands_of_the_readme_are_targets_of_make() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    others = [c for c in shell_commands() if c[0] != "lambda-rlm"]
    assert [c for c in others if c[0] == "make" and c[1] not in targets] == []
    assert {c[0] for c in others} == {"make"}
    assert shell_commands()[:2] == [["make", "demo"], ["make", "test"]]


EXAMPLES = re.findall(
    r"^```python\n(.*?)^```", (ROOT / "docs" / "library.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_the_python_of_the_librarys_page_runs(number: int, tmp_path: Path) -> None:
    """With a scripted model in the place of the hosted one."""
    rules = [
        {"match": "How many suppliers", "reply": "1"},
        {"match": "severity", "reply": '{"supplier": "Acme", "late": true, "severity": null}'},
        {"match": "Acme was late", "reply": "Acme"},
    ]
    (tmp_path / "script.jsonl").write_text("".join(json.dumps(rule) + "\n" for rule in rules), encoding="utf-8")
    program = EXAMPLES[number].replace('"openai/gpt-5-mini"', '"scripted:script.jsonl"')
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Acme" in done.stdout


def test_every_benchmark_is_told_of() -> None:
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert [p.name for p in sorted((ROOT / "benchmarks").glob("*.py")) if f"`{p.name}`" not in text] == []


def test_the_documents_show_programs() -> None:
    assert {p.name for p, _, _ in PROGRAMS} >= {"README.md", "language.md"}


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


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_or_test_that_a_document_names_exists(path: Path) -> None:
    """`tests/…`, `lambda_rlm/…` and the like are paths from the root (or patterns); `test_…` is the name of a test."""
    text = path.read_text(encoding="utf-8")
    named = re.findall(r"`((?:tests|lambda_rlm|docs|examples|stdlib|grammar|benchmarks)/[\w./*-]+)`", text)
    assert [name for name in named if not list(ROOT.glob(name.rstrip("/")))] == []
    tests = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name in re.findall(r"`(test_\w+)`", text) if f"def {name}(" not in tests] == []


def test_the_files_and_tests_that_contributors_are_sent_to_exist() -> None:
    """In the table of CONTRIBUTING.md a path is one in the package, or from the root."""
    rows = re.findall(r"^\| (?:a|an) .*", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([\w./]+(?:\.py|\.md|/))`", row)]
    assert len(rows) >= 8 and len(named) >= 20
    assert [name for name in named if not any((top / name).exists() for top in (ROOT, ROOT / "lambda_rlm"))] == []
    folders = [folder for row in rows for folder in re.findall(r"\btests/\w+\b(?!/)", row)]
    assert [folder for folder in folders if not (ROOT / folder).exists()] == []


def test_every_code_in_a_document_exists() -> None:
    from lambda_rlm.diagnostics.codes import CODES

    named = {code for path in DOCUMENTS for code in re.findall(r"\b[EW]0\d{3}\b", path.read_text(encoding="utf-8"))}
    assert named <= set(CODES)


def test_checking_never_raises_on_a_bad_program() -> None:
    assert not check("(((").ok
