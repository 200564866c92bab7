"""Slips that models make out of habit from other languages, made everywhere in the recorded programs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.check import check
from lambda_rlm.inputs import from_values
from lambda_rlm.syntax.parse import parse
from lambda_rlm.synth.proposing.extract import programs
from lambda_rlm.synth.proposing.mend import mend
from lambda_rlm.synth.select import normal_form
from lambda_rlm.types.type import Type
from tests.support.worlds.all_tasks import TASKS, recorded

_TEXTS: Final = re.compile(r'[fr]?"(?:\\.|[^"\\])*"|#[^\n]*')
"""What a slip of the code leaves alone."""


def in_code(pattern: str, replacement: str | Callable[[re.Match[str]], str]) -> Callable[[str], str]:
    """A slip made everywhere but in texts and comments."""

    def slipped(text: str) -> str:
        out, at = [], 0
        for found in _TEXTS.finditer(text):
            out += [re.sub(pattern, replacement, text[at : found.start()]), found.group()]
            at = found.end()
        return "".join(out) + re.sub(pattern, replacement, text[at:])

    return slipped


SLIPS: Final[dict[str, Callable[[str], str]]] = {
    "a fence and prose around": lambda text: f"Here it is:\n\n```lambda\n{text}\n```\n\nIt searches first.",
    "thoughts before": lambda text: f"<think>Let me see: fn(x) => x</think>\n{text}",
    "None": in_code(r"\bnone\b", "None"),
    "null": in_code(r"\bnone\b", "null"),
    "None, Some(x)": in_code(r"\b(none|some)\b", lambda m: m[1].capitalize()),
    "&&": in_code(r"\band\b", "&&"),
    "||": in_code(r"\bor\b", "||"),
    "!": in_code(r"\bnot ", "!"),
    "===": in_code(r"==", "==="),
    "x => e": in_code(r"\bfn\((\w+)\) =>", r"\1 =>"),
    "(x) => e": in_code(r"\bfn(\(\w+(?:, \w+)*\)) =>", r"\1 =>"),
    "fn x => e": in_code(r"\bfn\((\w+)\) =>", r"fn \1 =>"),
    "fn(x) -> e": in_code(r"\bfn(\(\w+(?:, \w+)*\)) =>", r"fn\1 ->"),
    "fn(x): e": in_code(r"\bfn(\(\w+(?:, \w+)*\)) =>", r"fn\1:"),
    "lambda x: e": in_code(r"\bfn\((\w+(?:, \w+)*)\) =>", r"lambda \1:"),
    "def f(x) => e": in_code(r"(?m)^(def \w+\([^=]*?) = ", r"\1 => "),
    "const x = e": in_code(r"\blet\b", "const"),
    "var x = e": in_code(r"\blet\b", "var"),
    "no semicolons": in_code(r";(?=\s*\n)", ""),
    "elif": in_code(r"\belse if\b", "elif"),
    "// comments": lambda text: re.sub(r"^# ", "// ", text, flags=re.MULTILINE),
    '{ "a": e }': in_code(r"\{ (\w+): (?=[^\n]*\})", r'{ "\1": '),
    "'text'": lambda text: _TEXTS.sub(lambda found: _single(found.group()), text),
    "“text”": lambda text: _TEXTS.sub(lambda found: _curly(found.group()), text),
    "camelCase": in_code(r"\b(flat|unwrap|split|sort|find|group|starts|ends)_([a-z])(\w*)\(", lambda m: f"{m[1]}{m[2].upper()}{m[3]}("),
}  # fmt: skip


def _single(literal: str) -> str:
    is_plain = literal.startswith('"') and "'" not in literal and "\\" not in literal
    return f"'{literal[1:-1]}'" if is_plain else literal


def _curly(literal: str) -> str:
    return f"“{literal[1:-1]}”" if literal.startswith('"') else literal


def mended(task: str, slip: Callable[[str], str]) -> bool | None:
    """The program with a slip is put right and means what it did; None where it has no place for the slip."""
    types: dict[str, Type] = dict(from_values(dict(TASKS[task](1).inputs)).types)
    original = recorded(task)
    reply = slip(original)
    if reply == original:
        return None
    for text in programs(reply):
        found = mend(SourceFile("program", text), lambda source: check(source, types))
        if not found.errors:
            return normal_form(parse(found.source)) == normal_form(parse(SourceFile("program", original)))
    return False
