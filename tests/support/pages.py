"""Pages played as a reader would: blocks are saved, run in the order of the page, and held against the output that is shown.

A block after a line that ends in "`NAME`:" is the content of that file. The commands of an `sh` block and the program of a `python`
block run; a `text` block after them is what they print, standard output before standard error. `lam` blocks that are not saved are
checked by another test.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.places import IS_REWRITING, ROOT
from tests.support.shell import Shell

STAND_IN: Final = "scripted:stand-in.jsonl"
"""The model in the place of a hosted one, and of the default."""
SHIPPED: Final = ("examples", "stdlib", "docs", "benchmarks", "Makefile")
_BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SAVED: Final = re.compile(r"`([\w./-]+\.\w+)`:\s*\Z")
_CHANGING: Final = re.compile(
    r"\b\d+\.\d+ s\b|\b01[0-9A-Z]{24}\b|\b\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?"
    r"|(?<=^hash )[0-9a-f]{32}$|(?<=^head of its records: )[0-9a-f]{64}$|(?<=<data )[0-9a-f]{6}(?=>)|(?<=</data )[0-9a-f]{6}(?=>)|(?<=^session \d begun by )\S+ on \S+",
    re.MULTILINE,
)
_BY_TIME: Final = re.compile(r"\s+\S+ +replied ")
_OF_A_SHELL: Final = ("make", "pip", "source")
_ASKS_NOTHING: Final = ("check", "audit", "route")
_RULES: Final = (
    {"match": "You answer a query over inputs", "reply": 'llm_call(f"{query}\\n\\n{take(context, 9000)}")'},
    {"match": "The tool that gets it", "reply": "search"},
    {"match": "How (far|tall|many)", "reply": "number"},
    {"match": "Who (was Galileo|invented)", "reply": "person"},
    {"match": "What county|Where is", "reply": "place"},
    {"match": "When did Hawaii", "reply": "date"},
    {"match": "", "reply": "A reply."},
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the file that it is saved to (or None), and where its text is in the page."""

    language: str
    text: str
    file: str | None
    start: int
    end: int


def blocks(page: str) -> list[Block]:
    """The blocks of a page, in order."""
    found = []
    for hit in _BLOCK.finditer(page):
        saved = _SAVED.search(page, 0, hit.start())
        found.append(Block(hit[1], hit[2], saved[1] if saved else None, hit.start(2), hit.end(2)))
    return found


def commands(text: str) -> list[list[str]]:
    """The commands of an `sh` block."""
    return [shlex.split(line, comments=True) for line in text.split("\n") if shlex.split(line, comments=True)]


def play(page: Path, shell: Shell) -> int:
    """Play a page in the current folder and return how many outputs were compared. With `UPDATE_GOLDEN` they are rewritten."""
    _furnish()
    text = page.read_text(encoding="utf-8")
    printed: str | None = None
    compared = 0
    renewed: list[tuple[Block, str]] = []
    for block in blocks(text):
        if block.file is not None:
            Path(block.file).parent.mkdir(parents=True, exist_ok=True)
            Path(block.file).write_text(block.text, encoding="utf-8")
            printed = None
        elif block.language == "sh":
            printed = "".join(_run(words, shell) for words in commands(block.text))
        elif block.language == "python":
            printed = _python("-c", block.text.replace("openai/gpt-5-mini", STAND_IN))
        elif block.language == "text" and printed is not None:
            compared += 1
            if IS_REWRITING and steady(printed) != steady(block.text):
                renewed.append((block, printed))
            else:
                assert steady(printed) == steady(block.text)
            printed = None
    for block, new in reversed(renewed):
        text = text[: block.start] + new.strip("\n") + "\n" + text[block.end :]
    if renewed:
        page.write_text(text, encoding="utf-8")
    return compared


def steady(text: str) -> str:
    """Output without what differs from run to run: seconds, dates, ids of runs, users and machines, hashes over any of them,
    spaces at the ends of lines, and which of the slowest calls was the slowest."""
    lines = [line.rstrip() for line in _CHANGING.sub("…", text).strip().split("\n")]
    slow = iter(sorted(filter(_BY_TIME.match, lines)))
    return "\n".join(next(slow) if _BY_TIME.match(line) else line for line in lines)


def _furnish() -> None:
    for name in SHIPPED:
        Path(name).symlink_to(ROOT / name)
    Path(STAND_IN.partition(":")[2]).write_text("".join(json.dumps(rule) + "\n" for rule in _RULES), encoding="utf-8")


def _run(words: list[str], shell: Shell) -> str:
    program, *arguments = words
    if program in _OF_A_SHELL:
        return ""
    if program == "python":
        return _python(*arguments)
    assert program == "lambda-rlm", words
    if arguments[0] not in _ASKS_NOTHING:
        arguments = [STAND_IN if word == "openai/gpt-5-mini" else word for word in arguments]
    code = shell(*arguments)
    is_rejection = arguments[0] == "check" and "error[" in shell.err
    assert code == (1 if is_rejection else 0), (words, shell.out, shell.err)
    return shell.out + shell.err


def _python(*arguments: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
