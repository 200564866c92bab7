"""A real model in the process: what a question on a short file costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambda_rlm.llm.local import weights
from tests.support.shell import Shell, wrote

pytestmark = pytest.mark.slow


@pytest.mark.local
def test_a_question_about_a_short_file_is_exactly_one_call(shell: Shell) -> None:
    """No call for the task, none for writing, none asked again; and `route` says so beforehand."""
    weights.fetch("smollm2-135m")
    text = wrote("a.txt", "Ann keeps bees in the garden behind the mill. Bob keeps goats on the hill.")
    asked = ("What does Ann keep?", text, "--model", "local/smollm2-135m")
    assert shell("ask", *asked, "--no-journal", "--json", "--trace", "t.jsonl") == 0
    found = shell.json
    assert (found["route"], found["task"], found["usage"]["calls"], found["usage"]["attempts"]) == ("direct", None, 1, 1)
    events = [json.loads(line)["event"] for line in Path("t.jsonl").read_text(encoding="utf-8").splitlines()]
    assert events.count("call_started") == events.count("replied") == 1
    assert shell("route", *asked, "--json") == 0
    assert (shell.json["route"], shell.json["ways"][0]["bound"]["calls"]) == ("direct", 1)
