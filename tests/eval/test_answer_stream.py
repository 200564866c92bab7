"""Which call's reply is the answer, and what is told of it while it comes: never a thought, and in all the answer itself."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest

from lambda_rlm import RLM
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Usage
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.eval.replies.answer_stream import AnswerStream
from lambda_rlm.eval.replies.thoughts import answer_in
from lambda_rlm.events import Event, RunFinished, Streaming
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from lambda_rlm.thought_marks import PAIRS
from lambda_rlm.trace.jsonl import event_json


def told(*pieces: str) -> list[str]:
    """What is told of these pieces; a bar where it begins anew."""
    found: list[str] = []
    stream = AnswerStream(lambda text, is_restart: found.append("|" if is_restart else text))
    for piece in pieces:
        stream(piece)
    return found


def letters(text: str) -> str:
    """What is told of a text that comes sign by sign."""
    return "".join(told(*text))


def test_white_space_around_an_answer_is_not_told() -> None:
    assert told(" \n", " Yes", ", we", " \n", " can.", " \n") == ["Yes", ", we", " \n can."]


@pytest.mark.parametrize(
    "thoughts",
    [
        "<think>Hm. Yes?</think>",
        "\n<think>\n\n</think>\n\n",
        "<thinking>a < b</thinking>",
        "[THINK]x[/THINK]",
        "<seed:think>x</seed:think>",
        "<|START_THINKING|>x<|END_THINKING|>",
        "<|channel>thought\nx<channel|>",
        "◁think▷x◁/think▷",
        "<|channel|>analysis<|message|>We must.<|end|><|start|>assistant<|channel|>final<|message|>",
        "<think>one</think> <think>two</think>",
    ],
)
def test_thoughts_are_not_told(thoughts: str) -> None:
    for answer in ("Four.", "<b>4</b>", "[4]"):
        assert "".join(told(thoughts + answer)) == letters(thoughts + answer) == answer
    assert letters(thoughts) == ""


@pytest.mark.parametrize(("opened", "closed"), PAIRS)
def test_each_mark_of_thoughts_is_one_while_it_comes(opened: str, closed: str) -> None:
    assert letters(f"{opened}Hm.{closed}\n\nYes.") == "Yes."
    assert letters(f"{opened.upper()}Hm.{closed.lower()}Yes.") == "Yes."
    assert told("Hm. So", closed[:2], closed[2:], "Yes") == ["Hm. So", "|", "Yes"]


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (
            "<|start|>assistant<|channel|>analysis<|message|>So.<|end|><|start|>assistant<|channel|>final<|message|>Yes.<|return|>",
            "Yes.",
        ),
        ("<|channel|>analysis<|message|>So.<|end|><|channel|>final <|constrain|>json<|message|>Yes.", "Yes."),
        ("analysisWe must say yes.assistantfinalYes.", "Yes."),
        ("<think>So.</think><answer>Yes.</answer>", ""),
        ("analysis of bees", "analysis of bees"),
        ("Analysis: bees", "Analysis: bees"),
        ("<answer>Yes.</answer>", "<answer>Yes.</answer>"),
    ],
)
def test_what_is_told_begins_the_answer_that_is_read(reply: str, answer: str) -> None:
    assert letters(reply) == answer
    assert answer_in(reply, "Who?", is_complete=True).text.strip().startswith(answer)


def test_what_only_begins_like_a_thought_is_told() -> None:
    assert letters("<thanks> [THINGS]") == "<thanks> [THINGS]"
    assert letters("a < b and c > d </thin>") == "a < b and c > d </thin>"


def test_thoughts_that_nothing_has_opened_are_taken_back() -> None:
    assert told("Hm. ", "So", "</thi", "nk>\n\nYes", ".") == ["Hm.", " So", "|", "Yes", "."]


def test_another_attempt_takes_back_what_was_told() -> None:
    assert told("", "ha", "", "whole") == ["ha", "|", "whole"]
    assert told("", "<think>x", "", "whole") == ["whole"]


class Speaking:
    """A model that gives its reply in pieces, after attempts that fail in the middle."""

    def __init__(self, *pieces: str, failures: int = 0) -> None:
        self.pieces, self.failures = pieces, failures
        self.profile = ModelProfile("speaking", 8_192, 1_024)
        self.was_heard: list[bool] = []

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return 9

    async def complete(self, request: CompletionRequest) -> Completion:
        self.was_heard.append(request.on_text is not None)
        for piece in ("", *self.pieces):
            if request.on_text is not None:
                request.on_text(piece)
        if self.failures:
            self.failures -= 1
            raise ModelFailure("E0504", "lost", is_fatal=False, is_retryable=True)
        return Completion("".join(self.pieces), Usage(9, 3))

    async def aclose(self) -> None: ...


def ran(program: str, model: Any, is_streamed: bool = True) -> tuple[Run, list[Streaming]]:
    checked = check(program, {"context": "Text"})
    assert checked.ok, checked.diagnostics
    events: list[Event] = []
    inputs = {"context": "hello", "query": "q"}

    async def go() -> Run:
        admitted = checked.admit(Budget(), model.profile)
        return await execute(admitted, inputs, model, options=Options(is_streamed=is_streamed), tracer=events.append)

    return anyio.run(go), [event for event in events if isinstance(event, Streaming)]


@pytest.mark.parametrize(
    "program",
    [
        'llm_call("x")',
        'let a = 1; llm_call("x", out=5)',
        "context |> take(3) |> llm_call(out=9)",
        'if length(context) > 1 then llm_call("a") else "b"',
        'match first(lines(context)) { some(x) => llm_call(x), none => "n" }',
        'let a = llm_call("x"); a',
        'if is_empty(context) then "" else { let a = llm_call("x"); a }',
    ],
)
def test_the_reply_that_is_the_answer_is_told(program: str) -> None:
    run, pieces = ran(program, Speaking(" bees", " and", " wasps\n"))
    assert [piece.text for piece in pieces] == ["bees", " and", " wasps"]
    assert run.value == "bees and wasps"
    assert ran(program, Speaking("bees and wasps"), is_streamed=False)[0].value == run.value


@pytest.mark.parametrize(
    "program",
    [
        'llm_call("x") ++ "y"',
        'llm_call["bees" | "wasps"]("x")',
        'let a = llm_call("x"); upper(a)',
        'join(llm_samples("x", 2), " ")',
        'if llm_call("x") == "bees" then "yes" else "no"',
        'let f = fn(x) => llm_call(x); f("a")',
    ],
)
def test_a_reply_that_is_not_the_answer_is_not_told(program: str) -> None:
    model = Speaking("bees")
    _, pieces = ran(program, model)
    assert pieces == []
    assert not any(model.was_heard)


def test_nobody_is_told_where_nobody_wants_to_listen() -> None:
    model = Speaking("bees")
    assert ran('llm_call("x")', model, is_streamed=False)[1] == []
    assert model.was_heard == [False]


def test_a_call_that_is_made_again_says_so() -> None:
    async def no_time(seconds: float) -> None: ...

    run, pieces = ran('llm_call("x")', RetryingModel(Speaking("bees", failures=1), RetryPolicy(retries=1), sleep=no_time))
    assert [(piece.text, piece.is_restart) for piece in pieces] == [("bees", False), ("", True), ("bees", False)]
    assert run.value == "bees"


def test_a_fault_is_one_whatever_was_told() -> None:
    run, pieces = ran('llm_call("x")', Speaking("bees", failures=9))
    assert ([piece.text for piece in pieces], run.fault is not None and run.fault.code) == (["bees"], "E0504")


def test_a_trace_has_the_pieces() -> None:
    _, pieces = ran('llm_call("x")', Speaking("bees"))
    row = json.loads(json.dumps(event_json(pieces[0])))
    assert (row["event"], row["text"], row["is_restart"], row["call"]) == ("streaming", "bees", False, 0)


def test_a_stream_of_a_host_has_the_pieces() -> None:
    async def main() -> list[Event]:
        rlm = RLM(ScriptedModel.from_rules((("", "  bees \n"),)))
        return [event async for event in rlm.stream("What?", context="c")]

    events = anyio.run(main)
    assert [type(event).__name__ for event in events][1:4] == ["CallStarted", "Streaming", "Replied"]
    last = events[-1]
    assert isinstance(last, RunFinished) and last.run.answer == "bees"
    assert "".join(event.text for event in events if isinstance(event, Streaming)) == "bees"
