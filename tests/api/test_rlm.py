"""The library for Python programs: typed answers, streams of events, threads and event loops."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest
from pydantic import AliasPath, BaseModel, Field, field_validator

import lambda_rlm
from lambda_rlm import RLM, Budget, Fault
from lambda_rlm.api.returns import returns_of
from lambda_rlm.api.streaming import streamed
from lambda_rlm.events import CallFinished, CallStarted, Event, ProgramStarted, RunFinished, Streaming
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.wrappers.limiter import Limiters
from lambda_rlm.types.show import show
from tests.support.asking import FakeModel
from tests.support.shell import Shell, wrote


def scripted(*rules: tuple[str, str]) -> RLM:
    return RLM(ScriptedModel.from_rules(rules))


class Inner(BaseModel):
    label: Literal["good", "bad"]
    note: str | None = None


class Found(BaseModel):
    """What was found."""

    name: str
    count: int = 0
    parts: list[Inner]


REPLY = '{"name": "Ann", "count": 2, "parts": [{"label": "good", "note": null}]}'


def test_an_answer_is_an_instance_of_the_requested_model() -> None:
    run = scripted(("", REPLY)).ask("Who?", returns=Found, context="Ann keeps bees.")
    assert run.value == Found(name="Ann", count=2, parts=[Inner(label="good")])
    assert Found.model_validate_json(run.answer) == run.value
    assert run.usage.calls == 1 and "count: Option[Int]" in run.program


def test_a_plan_for_a_long_text_ends_in_one_typed_call() -> None:
    text = "Ann keeps bees. " * 20_000
    plain = scripted(("", "2")).ask("How many?", context=text)
    typed = scripted(("", "2")).ask("How many?", returns=int, context=text)
    assert (plain.value, typed.value) == ("2", 2)
    assert typed.usage.calls == plain.usage.calls + 1
    assert typed.bound is not None and plain.bound is not None and typed.bound.calls == (plain.bound.calls or 0) + 1


@dataclass
class Point:
    x: int
    y: float


class Label(Enum):
    GOOD = "good"


class Strict(BaseModel, strict=True):
    label: Label
    at: tuple[int, ...]


@pytest.mark.parametrize(
    ("wanted", "type_", "reply", "value"),
    [
        ("List[Int]", "List[Int]", '{"reply": [1, 2]}', [1, 2]),
        ('"yes" | "no"', '"no" | "yes"', "yes", "yes"),
        (bool, "Bool", "yes", True),
        (list[str], "List[Text]", '{"reply": ["a"]}', ["a"]),
        (int | None, "Option[Int]", '{"reply": null}', None),
        (Literal["a", "b"], '"a" | "b"', "b", "b"),
        (Point, "{ x: Int, y: Float }", '{"x": 1, "y": 0.5}', Point(1, 0.5)),
        (Strict, '{ at: List[Int], label: "good" }', '{"label": "good", "at": [1]}', Strict(label=Label.GOOD, at=(1,))),
    ],
)
def test_types_of_the_language_and_of_python_type_an_answer(wanted: Any, type_: str, reply: str, value: Any) -> None:
    assert show(returns_of(wanted).type) == type_
    assert scripted(("", reply)).ask("What?", returns=wanted, context="c").value == value


@pytest.mark.parametrize("place", ["library", "command line"])
def test_all_models_of_a_run_keep_to_its_limits_together(shell: Shell, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    made: list[Limiters] = []

    def connect(_: str, limiters: Limiters, **how: object) -> FakeModel:
        made.append(limiters)
        return FakeModel("x")

    monkeypatch.setattr("lambda_rlm.execution.connections.connect", connect)
    if place == "library":
        rlm = RLM("sim:leaf", root_model="sim:root", budget=Budget(concurrency=3), rpm=60)
        assert rlm.ask("Who?", strategy="direct", context="c").answer == "x"
    else:
        names = ("--model", "sim:leaf", "--root-model", "sim:root")
        assert shell("ask", "Who?", wrote("c.txt", "c"), *names, "--concurrency", "3", "--rpm", "60") == 0
    first, second = made
    assert first is second
    assert first.of("openai").limit == 3


class Blob(BaseModel):
    data: bytes


class Called(BaseModel):
    do: Callable[[int], int]


class Pathed(BaseModel):
    deep: int = Field(validation_alias=AliasPath("inside", 0))


class Empty(BaseModel):
    pass


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Blob, "Blob.data: a reply has no bytes; use str"),
        (Called, "Called.do: JSON has no such values"),
        (Pathed, "Pathed.deep: a field that is read from inside another"),
        (Empty, "Empty: it has no fields to ask for"),
        (list[tuple[()]], "can only be empty"),
        (dict[tuple[int, int], int], "the keys of a dictionary must be"),
        (Literal[None], "but None"),
        (Enum, "no values to choose from"),
        (bytes, "a reply has no bytes"),
        (threading.Lock, "must be a type"),
        ("Lisst[Int]", "Lisst"),
        ("(Int) -> Int", "functions"),
    ],
)
def test_a_type_without_equivalent_is_refused_before_asking(wanted: Any, said: str) -> None:
    model = FakeModel("x")
    with pytest.raises(TypeError, match=r"(?s).*" + said.replace("(", r"\(")):
        RLM(model).ask("What?", returns=wanted, context="c")
    assert model.requests == []


class Picky(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def is_long(cls, name: str) -> str:
        if len(name) < 5:
            raise ValueError("too short")
        return name


def test_an_answer_its_validator_refuses_is_a_fault() -> None:
    with pytest.raises(Fault, match="too short") as caught:
        scripted(("", '{"name": "Ann"}')).ask("Who?", returns=Picky, context="c")
    assert caught.value.code == "E0513" and caught.value.usage is not None and caught.value.usage.attempts == 1


def names(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


ALL = ["ProgramStarted", "CallStarted", "Replied", "CallFinished", "RunFinished"]


def test_a_stream_and_a_callback_get_the_same_events() -> None:
    rlm = scripted(("", "bees"))
    called: list[Event] = []

    async def main() -> list[Event]:
        return [event async for event in rlm.stream("What?", context="c")]

    events = anyio.run(main)
    run = rlm.ask("What?", context="c", on_event=called.append)
    assert names([event for event in events if not isinstance(event, Streaming)]) == names(called) == ALL
    first, last = events[0], events[-1]
    assert isinstance(first, ProgramStarted) and first.bound["calls"] == 1
    assert isinstance(last, RunFinished) and last.run.answer == run.answer == "bees" and last.missed == 0


def test_a_fault_is_in_the_last_event_of_a_stream() -> None:
    async def main() -> list[Event]:
        rlm = RLM(ScriptedModel.from_rules([{"match": "", "failure": "E0510"}]))
        return [event async for event in rlm.stream("What?", context="c")]

    last = anyio.run(main)[-1]
    assert isinstance(last, RunFinished) and last.run.fault.code == "E0510"


def test_an_invalid_question_leaves_the_stream_as_an_exception() -> None:
    async def main() -> None:
        async for _ in scripted().stream("What?", returns=bytes, context="c"):
            pass

    with pytest.raises(TypeError):
        anyio.run(main)


@pytest.mark.parametrize("way", ["aclosing", "break", "cancel"])
def test_leaving_a_stream_cancels_the_run(way: str) -> None:
    async def main() -> FakeModel:
        model = FakeModel("x", gate=anyio.Event())

        async def in_flight() -> None:
            while not model.in_flight:  # noqa: ASYNC110
                await asyncio.sleep(0)

        async def read() -> None:
            events = RLM(model).stream("What?", context="c")
            if way == "aclosing":
                async with aclosing(events):
                    async for event in events:
                        if isinstance(event, CallStarted):
                            await in_flight()
                            break
                assert model.in_flight == 0
                return
            async for event in events:
                if way == "break" and isinstance(event, CallStarted):
                    await in_flight()
                    break

        reader = asyncio.create_task(read())
        if way == "cancel":
            await in_flight()
            reader.cancel()
        await asyncio.wait((reader,))
        assert reader.cancelled() or reader.exception() is None
        while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110
            await asyncio.sleep(0)
        return model

    model = anyio.run(main)
    assert model.in_flight == 0 and model.cancelled == len(model.requests) == 1


def test_a_slow_reader_misses_the_oldest_events_and_is_told() -> None:
    async def main() -> list[Event]:
        async def job(tracer: Any) -> Any:
            for number in range(50):
                tracer(ProgramStarted(str(number), "p", "1", {}, {}))
            tracer(RunFinished("the run"))

        return [event async for event in streamed(job, most=10)]

    events = anyio.run(main)
    assert len(events) == 10 and events[-1] == RunFinished("the run", missed=41)


def test_a_listener_that_raises_costs_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    told: list[Event] = []

    def listener(event: Event) -> None:
        told.append(event)
        raise ValueError("mine")

    with caplog.at_level(logging.ERROR):
        assert scripted(("", "bees")).ask("What?", context="c", on_event=listener).answer == "bees"
    assert len(told) == 1 and "an event listener raised an exception" in caplog.text


def test_no_event_is_made_when_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(*_: object, **__: object) -> None:
        raise AssertionError("an event was made")

    for room, kinds in (
        ("eval.asking.asker", ("CallStarted", "CallFinished", "Replied")),
        ("execution.execute", ("ProgramStarted",)),
        ("journal.session", ("RunFinished",)),
    ):
        for kind in kinds:
            monkeypatch.setattr(f"lambda_rlm.{room}.{kind}", made)
    assert scripted(("", "bees")).ask("What?", context="c").answer == "bees"


def test_one_rlm_serves_eight_threads() -> None:
    rlm = RLM(ScriptedModel.from_rules([(f"number {i}", str(i)) for i in range(10, 34)]))
    found: dict[int, str] = {}

    def work(first: int) -> None:
        for i in range(first, first + 3):
            found[i] = rlm.ask("Which?", context=f"number {i}").answer

    threads = [threading.Thread(target=work, args=(first,)) for first in range(10, 34, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {i: str(i) for i in range(10, 34)}


def test_one_rlm_serves_many_loops_and_questions() -> None:
    rlm = RLM(ScriptedModel.from_rules([("", "bees")]))

    async def main() -> list[str]:
        runs = await asyncio.gather(*(rlm.aask("What?", context=str(i)) for i in range(5)))
        return [run.answer for run in runs]

    assert asyncio.run(main()) == asyncio.run(main()) == ["bees"] * 5


def test_ask_works_inside_a_running_loop() -> None:
    async def main() -> str:
        return scripted(("", "bees")).ask("What?", context="c").answer

    assert anyio.run(main) == "bees"


def test_a_fault_inside_a_running_loop_is_the_fault() -> None:
    async def main() -> None:
        RLM(ScriptedModel.from_rules([{"match": "", "failure": "E0510"}])).ask("What?", context="c")

    with pytest.raises(Fault) as caught:
        anyio.run(main)
    assert caught.value.code == "E0510"


@pytest.mark.parametrize(
    ("prompt", "root_prompt", "question", "context"),
    [
        ("Ann keeps bees.", "What does she keep?", "What does she keep", "Ann keeps bees"),
        (
            [{"role": "system", "content": "Ann keeps bees."}, {"role": "user", "content": "What?"}],
            None,
            "What?",
            "Ann keeps bees",
        ),
        ([{"role": "user", "content": "Ann keeps bees."}], "What?", "What?", "user: Ann keeps bees"),
        ({"who": "Ann", "what": "bees"}, "What?", "What?", '"what":"bees"'),
        ("Name a color.", None, "Name a color", ""),
        ([{"role": "user", "content": "Name a color."}], None, "Name a color", ""),
    ],
)
def test_completion_takes_what_rlms_takes(prompt: Any, root_prompt: str | None, question: str, context: str) -> None:
    model = FakeModel("the answer")
    assert RLM(model).completion(prompt, root_prompt).response == "the answer"
    asked = model.requests[0].messages[-1].content
    assert question in asked and context in asked


def test_a_root_model_writes_the_program_and_the_model_answers() -> None:
    root = FakeModel('```lam\nllm_call(f"{query} {context}")\n```')
    leaf = FakeModel("bees")
    run = RLM(leaf, root_model=root, strategy="synth").ask("What?", context="Ann keeps bees.")
    assert run.answer == "bees" and len(root.requests) == len(leaf.requests) == 1


def test_an_admitted_program_tells_its_events() -> None:
    told: list[Event] = []
    admitted = lambda_rlm.check("llm_call(context)").admit()

    async def main() -> lambda_rlm.Run:
        model = ScriptedModel.from_rules([("", "bees")])
        return await lambda_rlm.run(admitted, {"context": "c"}, model, on_event=told.append)

    assert anyio.run(main).answer == "bees"
    assert names(told) == ALL and isinstance(told[3], CallFinished)


def test_a_cache_is_a_setting(tmp_path: Path) -> None:
    """A model given as an object is its owner's to cache."""
    rlm = RLM(FakeModel("bees"), cache=tmp_path / "replies.sqlite3")
    assert rlm.ask("What?", context="c").usage.cached_calls == 0
    assert not (tmp_path / "replies.sqlite3").exists()


def test_a_hedged_reply_is_paid_twice(tmp_path: Path) -> None:
    rules = [{"match": "", "reply": "slow", "times": 1, "delay": 60}, {"match": "", "reply": "fast"}]
    (tmp_path / "rules.jsonl").write_text("".join(json.dumps(rule) + "\n" for rule in rules), encoding="utf-8")
    seen: list[Event] = []
    name = f"scripted:{tmp_path / 'rules.jsonl'}"
    run = RLM(name, hedge=0.01).ask("Who?", context="c", on_event=seen.append)
    assert (run.answer, run.usage.calls, run.usage.attempts) == ("fast", 1, 2)
    assert [type(event).__name__ for event in seen].count("Hedging") == 1
    assert run.bound is not None and run.usage.output_tokens <= (run.bound.output_tokens or 0)


@pytest.mark.parametrize("model", [object(), 5, {"model": "x"}])
def test_what_is_neither_a_name_nor_a_model_is_a_type_error(model: Any) -> None:
    with pytest.raises(TypeError, match="must be the name of a model, or an object with the methods of `Model`, not"):
        RLM(model)
