"""The rules of the house, held by tests: layers, sizes, what may not be called, the tables in step, what a wheel carries."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_rlm.syntax.primitive import Primitive
from tests.support.places import ROOT

PACKAGE = ROOT / "lambda_rlm"
MODULES = sorted(p.relative_to(ROOT) for p in PACKAGE.rglob("*.py"))
TESTS = sorted(p.relative_to(ROOT) for p in (ROOT / "tests").rglob("*.py"))
MAX_LINES = 400
STARTS_PROCESSES = {Path("lambda_rlm/llm/local/weights.py"), Path("lambda_rlm/inputs/worker/process.py")}
GIVES_METHODS = Path("lambda_rlm/data_class.py")
"""Where a class is given a method that the standard library has generated."""
BANNED_CALLS = {"exec", "eval", "compile", "__import__", "breakpoint", "globals", "setattr", "delattr"}
BANNED_MODULES = {
    "pickle",
    "marshal",
    "ctypes",
    "subprocess",
    "multiprocessing",
    "runpy",
    "code",
    "codeop",
    "importlib",
    "imp",
    "shelve",
}
BANNED_ATTRIBUTES = {
    ("os", "system"),
    ("os", "popen"),
    ("sys", "setrecursionlimit"),
    ("importlib", "import_module"),
    ("builtins", "eval"),
}
HARMLESS = {"importlib.resources", "importlib.resources.abc", "importlib.util", "importlib.metadata", "importlib"}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "core", "misc", "manager", "handler"}


def tree_of(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), str(path))


def calls_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.lineno, node.func.id


def imports_of(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


@pytest.mark.slow
def test_every_import_goes_downward() -> None:
    """The layers of docs/architecture.md are the contracts of pyproject.toml; a new module must be given its place."""
    command = shutil.which("lint-imports", path=str(Path(sys.executable).parent))
    assert command is not None
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=str)
def test_no_file_is_longer_than_a_person_reads(path: Path) -> None:
    lines = (ROOT / path).read_text(encoding="utf-8").count("\n")
    assert lines <= MAX_LINES, f"{path} has {lines} lines"


def test_no_module_is_named_after_nothing() -> None:
    assert [p for p in MODULES if p.stem in BANNED_NAMES] == []


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_no_module_runs_text_or_loads_code(path: Path) -> None:
    """A program is data all the way: nothing in the package turns text into Python code or starts a process."""
    tree = tree_of(path)
    found = [
        f"{line}: {name}()"
        for line, name in calls_of(tree)
        if name in BANNED_CALLS - ({"setattr"} if path == GIVES_METHODS else set())
    ]
    found += [
        f"{line}: import {name}"
        for line, name in imports_of(tree)
        if name.partition(".")[0] in BANNED_MODULES
        and name not in HARMLESS
        and not (name == "subprocess" and path in STARTS_PROCESSES)
    ]
    found += [
        f"{node.lineno}: {node.value.id}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in BANNED_ATTRIBUTES
    ]
    assert found == []


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_every_module_says_what_it_owns(path: Path) -> None:
    assert ast.get_docstring(tree_of(path)), f"{path} has no docstring"


def test_the_tables_about_library_functions_have_the_same_keys() -> None:
    from lambda_rlm.bounds.transfer.table import TRANSFERS
    from lambda_rlm.eval.asking.model_calls import ASYNC_IMPLEMENTATIONS
    from lambda_rlm.eval.compile.rules.loops import LOOPS
    from lambda_rlm.eval.library import IMPLEMENTATIONS
    from lambda_rlm.eval.tariff import TARIFF
    from lambda_rlm.types.signatures import SIGNATURES

    names = set(Primitive)
    assert set(SIGNATURES) == names
    assert set(TARIFF) == names
    assert set(TRANSFERS) == names
    assert sorted([*IMPLEMENTATIONS, *LOOPS, *ASYNC_IMPLEMENTATIONS]) == sorted(names), "each is implemented in one place"


def test_the_package_has_every_name_that_it_exports() -> None:
    import lambda_rlm

    assert sorted(lambda_rlm.__all__) == dir(lambda_rlm)
    assert all(hasattr(lambda_rlm, name) for name in lambda_rlm.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Meter'"):
        lambda_rlm.Meter  # noqa: B018


def test_the_version_is_that_of_the_project() -> None:
    import lambda_rlm

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert lambda_rlm.__version__ == project["version"]


NEVER_AT_START = (
    "aiohttp",
    "sqlite3",
    "litellm",
    "lark",
    "typer",
    "rich",
    "re2",
    "regex",
    "tiktoken",
    "xllamacpp",
    "llguidance",
    "pathspec",
    "charset_normalizer",
    "pypdf",
    "docx",
    "lxml",
    "openai",
    "httpx",
    "pydantic",
)


def loaded_after(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after a statement."""
    program = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_no_vendor_and_no_screen() -> None:
    """litellm alone costs two seconds; what is absent cannot cost anything."""
    assert loaded_after("import lambda_rlm").isdisjoint(NEVER_AT_START)


def test_checking_a_program_loads_no_vendor() -> None:
    loaded = loaded_after("import lambda_rlm; lambda_rlm.check('llm_call(query)')")
    assert loaded.isdisjoint({*NEVER_AT_START, "anyio", "asyncio", "lambda_rlm.execution.execute"})


AFTER_THE_FIRST_REQUEST = (
    "lambda_rlm.bounds.analyse",
    "lambda_rlm.eval.asking.asker",
    "lambda_rlm.eval.compile.assembly",
    "lambda_rlm.execution.execute",
    "lambda_rlm.inputs.formats.registry",
    "lambda_rlm.llm.local.model",
    "lambda_rlm.types.infer",
)
"""What a question needs once a program is written for it."""


def test_a_question_loads_what_it_needs_before_its_first_request() -> None:
    """The first request is that for a program: no vocabulary, evaluator or parser of files is needed before."""
    statement = (
        "import sys; from lambda_rlm import RLM\n"
        "from lambda_rlm.llm.providers.via_http import HttpModel\n"
        "async def complete(model, request): print(chr(10).join(sys.modules)); sys.exit()\n"
        "HttpModel.complete = complete\n"
        "rlm = RLM('m', base_url='http://127.0.0.1:9/v1', model_options={'m': {'window': 100_000}}, cache=True, strategy='synth')\n"
        "rlm.ask('Who?', context='Anna met Bob. ' * 50_000)"
    )
    loaded = loaded_after(statement)
    assert "lambda_rlm.answering.synthesize" in loaded
    assert (
        sorted(loaded & ({*NEVER_AT_START, *AFTER_THE_FIRST_REQUEST} - {"sqlite3"})) == []
    )  # of accounts and replies that are kept


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as a package index would get it, without a network."""
    out = tmp_path_factory.mktemp("wheel")
    source = tmp_path_factory.mktemp("source") / "tree"
    ignored = shutil.ignore_patterns(".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", "dist", "build")
    shutil.copytree(ROOT, source, ignore=ignored)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | {"PIP_NO_INDEX": "1"})
    return next(out.glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_carries_the_grammar_and_the_strategies(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "lambda_rlm/_data/grammar/lambda_rlm.lark" in names
    assert {f"lambda_rlm/_data/stdlib/{p.name}" for p in (ROOT / "stdlib").glob("*.lam")} <= names
    assert {str(p) for p in MODULES} <= names
    assert "lambda_rlm/py.typed" in names
    llm = PACKAGE / "llm"
    data = [file for folder in (llm / "vocabulary" / "data", llm / "table") for file in folder.iterdir()]
    assert len(data) > 5 and {file.relative_to(ROOT).as_posix() for file in data} <= names
    assert not [n for n in names if n.startswith(("tests/", "benchmarks/", "examples/"))]


@pytest.mark.slow
def test_the_wheel_works_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    program = (
        "from lambda_rlm import resources, check; from lambda_rlm.llm.profiles import provider_profile as known;"
        "assert resources.grammar_text(); assert check('1 + 1').ok; assert known('openai/gpt-5-mini').input_price;"
        "assert known('openai/gpt-5-mini').vocabulary.exact('hello world') == 2; print(resources.__file__)"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))


def test_the_dependencies_are_the_ones_decided_on() -> None:
    """A new dependency is a decision of its own, with its reason."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = sorted(re.split(r"[<>=~! \[]", line)[0] for line in project["dependencies"])
    assert names == [
        "aiohttp", "anyio", "charset-normalizer", "google-re2", "httptools", "lark", "pathspec", "pydantic", "regex", "rich", "tiktoken", "typer"
    ]  # fmt: skip
    assert sorted(project["optional-dependencies"]) == [
        "all",
        "dev",
        "docs",
        "documents",
        "litellm",
        "local",
        "plots",
        "tables",
    ]


MACHINE_PATHS = re.compile(
    r"\.\./sha"
    + "red|/wo"
    + "rk/|/ro"
    + r"ot/|pypi\.o"
    + r"rg|registry\.npm"
    + "js|files\\.python"
    + "hosted|TO"
    + "DO|FIX"
    + "ME"
)
TEXT_FILES = {".py", ".md", ".lam", ".lark", ".toml", ".txt", ".jsonl", ".json", ".expect", ".yml", ".cfg", ""}


def tracked_files() -> list[Path]:
    """What belongs to the project: from git where there is a repository, else everything but environments and caches."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        done = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
        return [ROOT / name for name in done.stdout.split("\0") if name]
    hidden = re.compile(r"^(\.venv|\.git|\.hypothesis|\..*_cache|__pycache__|dist|build)")
    return [p for p in ROOT.rglob("*") if p.is_file() and not any(hidden.match(part) for part in p.relative_to(ROOT).parts)]


def test_no_file_speaks_of_a_machine_or_of_unfinished_work() -> None:
    found = []
    for path in tracked_files():
        if path.suffix in TEXT_FILES and path.is_file():
            hit = MACHINE_PATHS.search(path.read_text(encoding="utf-8"))
            if hit:
                found.append(f"{path.relative_to(ROOT)}: {hit.group()}")
    assert found == []


def test_every_skip_has_a_reason() -> None:
    """A test that does not run says why, and nothing is expected to fail."""
    found = []
    for path in TESTS:
        text = (ROOT / path).read_text(encoding="utf-8")
        found += [
            f"{path}: {hit}" for hit in re.findall(r"mark\.sk" + r"ip\b(?!if)|mark\.xf" + r"ail|pytest\.sk" + r"ip\(\)", text)
        ]
    assert found == []
