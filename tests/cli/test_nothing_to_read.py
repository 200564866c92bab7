"""Questions about nothing: an answer from the model's memory says so, and empty inputs ask no model."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_rlm import RLM
from lambda_rlm.inputs import from_values
from lambda_rlm.testing import ScriptedModel
from tests.support.shell import Shell, script, wrote

pytestmark = pytest.mark.usefixtures("alone")
NOTE = "nothing was read: the answer is from the model's memory"


def test_a_question_alone_is_answered_with_a_note(shell: Shell) -> None:
    model = script({"match": "", "reply": "Paris"})
    assert shell("ask", "Capital?", "--model", model) == 0
    assert shell.out == "Paris\n" and NOTE in shell.err
    assert shell("ask", "Capital?", "--model", model, "--json") == 0
    assert NOTE in shell.json["notes"]


@pytest.mark.parametrize("files", [["a.txt"], ["b.txt"], ["a.txt", "b.txt"], ["doc=a.txt"], ["folder"]])
def test_empty_inputs_ask_no_model(shell: Shell, files: list[str]) -> None:
    Path("folder").mkdir()
    for name, text in (("a.txt", ""), ("b.txt", " \n\t\u00a0\u200b\u00ad\n"), ("folder/c.md", "\ufeff\n")):
        wrote(name, text)
    assert shell("ask", "Capital?", *files, "--model", script({"match": "", "reply": "Paris"})) == 64
    assert "there is nothing to read" in shell.err and shell.out == ""


def test_one_input_with_text_is_enough(shell: Shell) -> None:
    wrote("a.txt", "")
    wrote("b.txt", "Rome")
    assert shell("ask", "Capital?", "a.txt", "b.txt", "--model", script({"match": "", "reply": "Rome"})) == 0
    assert NOTE not in shell.err


def test_a_library_call_about_nothing_has_the_note() -> None:
    rlm = RLM(ScriptedModel.from_rules([{"match": "(?s).*", "reply": "yes"}]))
    assert NOTE in rlm.ask("Who?").notes and NOTE in rlm.ask("Who?", context=" ").notes
    assert NOTE not in rlm.ask("Who?", context="Ann").notes


@pytest.mark.parametrize(("value", "is_blank"), [("", True), ([], True), ([{"a": ""}], False), (0, False), ([""], False)])
def test_rows_and_numbers_are_something_to_read(value: object, is_blank: bool) -> None:
    assert from_values({"x": value}).are_blank == is_blank
