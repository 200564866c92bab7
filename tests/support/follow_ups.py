"""A first question about a table, and a second one that makes sense after it alone."""

from __future__ import annotations

from typing import Any

from lambda_rlm.llm.scripted import Rule, ScriptedModel
from tests.support.shell import Shell, script

FILE = "home/journal.sqlite3"
FIRST, SECOND = "How many visits were there in 2022?", "And in 2023?"
CSV = "day,visits\n2022-01-05,3\n2022-07-01,4\n2023-02-02,9\n2023-03-03,8\n"
SUM = 'context |> filter(fn(r) => starts_with(r.day, "2022")) |> map(fn(r) => r.visits) |> sum'


def root() -> str:
    """A root model that answers by what it is sent: the second question only where the first, its program and the form of its
    answer are there; whatever else it is asked fails."""
    second = r"(?s)answer_1: Int.*" + FIRST.replace("?", r"\?") + r'.*starts_with\(r\.day, "2022"\).*query:\nAnd in (2023)\?'
    return script(
        {"match": second, "reply": SUM.replace("2022", "\\1")},
        {"match": r"(?s)query:\nHow many visits", "reply": SUM},
        {"match": "(?s)query:\nCompare", "reply": 'f"{answer_1} and {answer_2}"'},
    )


def asked(shell: Shell, *arguments: str, code: int = 0) -> Any:
    assert shell("ask", *arguments, "--strategy", "synth", "--json") == code, shell.err
    return shell.json


def a_model(*rules: tuple[str, str]) -> ScriptedModel:
    """Replies by these rules, and with a name to whatever else it is asked."""
    return ScriptedModel([Rule(match, reply) for match, reply in (*rules, ("", "Ann"))])
