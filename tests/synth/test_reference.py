"""The page that a root model reads: made from the tables, short, and true."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import CompletionRequest, Message, Model, ModelProfile
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.prospect import foresee
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from lambda_rlm.llm.profiles import provider_profile
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.tokens import count
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.synth.library import library, model_calls
from lambda_rlm.synth.reference import reference
from lambda_rlm.synth.task import WritingTask, first_turn
from lambda_rlm.types.signatures import SIGNATURES
from tests.support.adversary import Adversary
from tests.support.asking import FakeModel

MOST_TOKENS = 2_500
LEAF = ModelProfile(name="leaf", window=16_384, max_output=4_096, input_price=0.0, output_price=0.0)
_HEAD, _, _EXAMPLES = reference().partition("# Examples\n")
WORKED = dict(re.findall(r"## (.*)\n((?:(?!## ).*\n?)+)", _EXAMPLES))


@pytest.mark.parametrize("vocabulary", ["o200k_base", "cl100k_base"])
def test_the_page_is_short(vocabulary: str) -> None:
    tokens = count((Message("user", reference()),), provider_profile("gpt-4o"), vocabulary)
    assert 2_000 < tokens <= MOST_TOKENS


def test_the_page_has_every_function_of_the_table_and_no_other() -> None:
    """A function that is added to the language is on the page by that alone; one that is not there cannot be."""
    lines = [re.sub(r"\((?:[^()]|\([^()]*\))*\)|\[T\]", "", line.rpartition(": ")[2]) for line in library().split("\n")]
    names = [name for line in lines for name in line.split(" ")]
    names += [re.split(r"[\[(]", call)[0] for call in model_calls().split("\n")]
    assert sorted(names) == sorted(str(p) for p in SIGNATURES if p is not Primitive.SOME)
    assert library() in reference() and model_calls() in reference()


def test_five_worked_programs_cover_the_kinds_of_tasks() -> None:
    assert len(WORKED) == 5
    for program, wanted in zip(WORKED.values(), ("search(", "llm_map[", "pairs(", "tree_fold(", "Quote"), strict=True):
        assert wanted in program


TEXTS = {
    "prose": "The magic number is 7. " + "Nothing of note. " * 4_000,
    "rows": "\n".join(f"User: {n % 7} || Instance: Where is town {n} ?" for n in range(400)),
    "empty": "",
}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", WORKED)
def test_a_worked_program_is_checked_bounded_and_admitted(name: str, text: str) -> None:
    """What the page shows as right must be right: no warning, every prompt within the window, within the default budget."""
    inputs = from_values({"context": TEXTS[text]}).with_query("What is the magic number?")
    checked = check(WORKED[name], inputs.types)
    assert checked.ok and not checked.diagnostics, checked.diagnostics
    assert checked.typed is not None
    found = foresee(checked.typed, inputs.values, ScriptedModel((), LEAF), Budget())
    assert not found.diagnostics, found.diagnostics


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", WORKED)
def test_a_worked_program_runs_whatever_the_model_replies(name: str, text: str) -> None:
    run = ran(WORKED[name], TEXTS[text], Adversary(LEAF, "longest", is_thrifty=True))
    assert run.fault is None, run.fault
    assert run.bound is not None and run.bound.calls is not None and run.usage.calls <= run.bound.calls


def test_the_worked_search_finds_what_is_there() -> None:
    def reply(request: CompletionRequest) -> str:
        assert request.schema is not None
        found = re.search(r"The magic number is \d+\.", request.messages[-1].content)
        return json.dumps(found.group() if found else None)

    program = next(iter(WORKED.values()))
    assert ran(program, TEXTS["prose"], FakeModel(reply, LEAF)).answer == "The magic number is 7."
    assert ran(program, TEXTS["rows"], FakeModel(reply, LEAF)).answer == "not found"


def test_the_worked_pairs_are_the_pairs() -> None:
    def reply(request: CompletionRequest) -> str:
        numbers = re.findall(r"^\[(\d+)\]", request.messages[-1].content, re.MULTILINE)
        return json.dumps(dict.fromkeys(numbers, True))

    program = list(WORKED.values())[2]
    text = "\n".join(f"User: {user} || Instance: Where is it ?" for user in (10, 9, 10, 2))
    assert ran(program, text, FakeModel(reply, LEAF)).answer.split("\n") == ["(2, 9)", "(2, 10)", "(9, 10)"]


def ran(program: str, text: str, model: Model) -> Run:
    inputs = from_values({"context": text}).with_query("What is the magic number?")
    admitted = check(program, inputs.types).admit(Budget(), LEAF)
    return anyio.run(lambda: execute(admitted, inputs.values, model, options=Options(key=b"key")))


def told(**inputs: Any) -> str:
    given = from_values(inputs).with_query("Who?")
    task = WritingTask(
        query="Who?",
        inputs=given.values,
        types=given.types,
        leaf=LEAF,
        budget=Budget(calls=40, usd=0.5),
        out=1_024,
        documents=given.documents,
    )
    return first_turn(task).text


def test_the_task_says_names_types_sizes_lines_and_the_budget() -> None:
    said = told(book="one\ntwo\nthree", rows=[{"id": 1, "note": "SECRET"}])
    assert "  book: Text - 13 characters, 3 lines\n" in said
    assert "  rows: List[{ id: Int, note: Text }] - 1 elements" in said
    assert "  query: Text - 4 characters, below\n" in said and "query:\nWho?" in said
    assert "Budget: 39 model calls are left for the program, and $0.5 for it and this conversation; each further reply" in said
    assert "takes 1 of them" in said and "characters, and 2 fewer for each token of out above 1,024;" in said
    assert "a prompt has at most 30,592 characters" in said and "a reply has 1,024 tokens unless out says otherwise" in said
    assert "one" not in said and "SECRET" not in said


def test_of_a_folder_the_first_names_are_told_and_no_text(tmp_path: Path) -> None:
    for n in range(100):
        (tmp_path / f"{n:02}.txt{'x' * 200}").write_text("SECRET")
    said = told(docs=tmp_path)
    assert "100 documents, 600 characters" not in said and "100 documents" in said
    assert '"00.txt' in said and '"19.txt' in said and '"20.txt' not in said
    assert "and 80 more" in said and "SECRET" not in said
    assert len(said) < 7_000, "names are cut"
