"""Questions over the Python files of a package, read by their lines.

Owns the readers of a few kinds of question: direct base classes, imports from a module, functions that raise or call, public
functions of a file. Files are told apart by lines `===== FILE: path =====`. It reads no more into code than these lines say;
for other questions there is no reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import Any, Final

from lambda_rlm.llm.simulated_reader.reading import NOTHING, Finding, Findings

HEADER: Final = "===== FILE: {} ====="

_HEADER: Final = re.compile(r"^.*===== FILE: (\S+) =====.*$", re.MULTILINE)
_CLASS: Final = re.compile(r"^[ \t]*class (\w+)\s*\(([^)]*)\)", re.MULTILINE)
_IMPORT: Final = re.compile(r"^[ \t]*from (\.*)([\w.]*) import (.+)$", re.MULTILINE)
_DEF: Final = re.compile(r"^([ \t]*)(?:async )?def (\w+)", re.MULTILINE)
_ALONE: Final = re.compile(r"[\s\-*•]*([A-Za-z_][\w/.]*)\s*")

Find = Callable[[str, str], Iterator[Finding]]
"""From a file's path (empty where it is not shown) and text to what is found in it."""


class CodeReader:
    """Reads files for one kind of line. The answer is a list of names, or how many there are."""

    columns: tuple[str, ...] = ("name",)
    task: str = "answer"

    def __init__(self, find: Find, counts: bool) -> None:
        self.find, self.counts = find, counts

    def read(self, data: str) -> Findings:
        findings = [finding for path, text in _files(data) for finding in self.find(path, text)]
        findings = findings or _names_alone(data)
        return self.listed(list({finding.value: finding for finding in findings if finding.value}.values()))

    def misread(self, data: str, reading: Findings, random: Random) -> Findings:
        name = _some_name(data, random)
        return self.listed([Finding(name, name)]) if name else NOTHING

    def altered(self, finding: Finding, data: str, random: Random) -> Finding | None:
        name = _some_name(data, random)
        return Finding(finding.quote, name, {"note": name}) if name and random.random() < 0.5 else None

    def told(self, name: str) -> Any:
        return None

    def listed(self, findings: list[Finding]) -> Findings:
        if not findings:
            return NOTHING
        return Findings(
            tuple(findings), str(len(findings)) if self.counts else "\n".join(finding.value for finding in findings)
        )


def _some_name(data: str, random: Random) -> str:
    """A name that the data defines; empty where it defines none."""
    names = [hit[2] for hit in _DEF.finditer(data)] + [hit[1] for hit in _CLASS.finditer(data)]
    return random.choice(names) if names else ""


def _names_alone(data: str) -> list[Finding]:
    """Names that somebody noted, one a line; none where any line is something else."""
    hits = [_ALONE.fullmatch(line) for line in data.splitlines() if line.strip()]
    names = [hit[1] for hit in hits if hit]
    return [Finding(name, name) for name in names] if len(names) == len(hits) else []


def code_reader(question: str) -> CodeReader | None:
    """The reader for a question of one of these kinds; None for another."""
    for pattern, find in _KINDS:
        hit = pattern.search(question)
        if hit is not None:
            return CodeReader(partial(find, next(filter(None, hit.groups()))), "How many" in question)
    return None


def _files(data: str) -> Iterator[tuple[str, str]]:
    heads = list(_HEADER.finditer(data))
    ends = [head.start() for head in heads] + [len(data)]
    yield "", data[: ends[0]]
    for head, end in zip(heads, ends[1:], strict=True):
        yield head[1], data[head.end() : end]


def _with_base(base: str, path: str, text: str) -> Iterator[Finding]:
    for hit in _CLASS.finditer(text):
        bases = [part.split("[")[0].split(".")[-1].strip() for part in hit[2].split(",")]
        if base in bases:
            yield _finding(hit[0], hit[1], path)


def _importing(module: str, path: str, text: str) -> Iterator[Finding]:
    wanted = module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    for hit in _IMPORT.finditer(text):
        names = [name.split(" as ")[0].strip(" ()") for name in hit[3].split(",")]
        source = _resolved(path, len(hit[1]), hit[2])
        if wanted in (source, *(f"{source}.{name}" for name in names)):
            yield _finding(hit[0], path, path)


def _resolved(path: str, dots: int, module: str) -> str:
    """The dotted name of what a file imports from."""
    if not dots:
        return module
    parents = path.removesuffix(".py").split("/")[:-dots]
    return ".".join([*parents, *([module] if module else [])])


def _raising(name: str, path: str, text: str) -> Iterator[Finding]:
    return _functions_with(rf"^[ \t]*raise {name}\b", path, text)


def _calling(name: str, path: str, text: str) -> Iterator[Finding]:
    return _functions_with(rf"^[ \t]+(?!def )[^#\n]*\b{name}\(", path, text)


def _functions_with(line: str, path: str, text: str) -> Iterator[Finding]:
    """The function or method around each line of a form: the last above it that begins at a lesser indentation."""
    for hit in re.finditer(line, text, re.MULTILINE):
        indentation = len(hit[0]) - len(hit[0].lstrip())
        around = [found for found in _DEF.finditer(text, 0, hit.start()) if len(found[1].expandtabs()) < indentation]
        if around:
            yield _finding(hit[0], around[-1][2], path)


def _public(file: str, path: str, text: str) -> Iterator[Finding]:
    if path == file:
        for hit in _DEF.finditer(text):
            if not hit[1] and not hit[2].startswith("_"):
                yield _finding(hit[0], hit[2], path)


def _finding(line: str, value: str, path: str) -> Finding:
    return Finding(line.strip(), value, {"file": path, "note": value})


_KINDS: Final[tuple[tuple[re.Pattern[str], Callable[[str, str, str], Iterator[Finding]]], ...]] = (
    (re.compile(r"inherit directly from (\w+)|classes in the package list (\w+)"), _with_base),
    (re.compile(r"import (?:something )?from ([\w/]+\.py)"), _importing),
    (re.compile(r"contain a statement that raises (\w+)"), _raising),
    (re.compile(r"Which method of \w+ calls (\w+)"), _calling),
    (re.compile(r"top-level functions whose name does not start with an underscore are defined in ([\w/]+\.py)"), _public),
)
"""The wording of each kind of question, and how lines are found for the name in it."""
