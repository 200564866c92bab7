"""What people write by mistake, and what the library says to it: in terms of the library, before anything is asked."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, field_validator

from lambda_rlm import RLM, Account, Budget, Fault, HostCost, LambdaRLMError, ModelFailure, Rejected, ScriptedModel, primitive
from lambda_rlm.api.own_terms import in_own_terms
from lambda_rlm.diagnostics import blot
from lambda_rlm.inputs.plain_values import drawn, plain_data
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Reading
from lambda_rlm.rlms import RLM as PortedRLM
from tests.support.counting_server import CountingServer


def scripted(reply: str = "yes") -> ScriptedModel:
    return ScriptedModel.from_rules([{"match": "(?s).*", "reply": reply}])


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("api_key", r"a key is a variable of the environment .*env_file"),
        ("max_calls", r"write budget=Budget\(calls=…\)"),
        ("max_cost", r"write budget=Budget\(usd=…\)"),
        ("calls", r"write budget=Budget\(calls=…\)"),
        ("rounds", r"write writing=Writing\(rounds=…\)"),
        ("direct_share", r"write routing=Routing\(direct_share=…\)"),
        ("temperature", r"write RLM\(model_options=\{\"NAME\": \{\"temperature\": …\}\}\)"),
        ("window", r"\"window\": …"),
        ("encoding", "write the variable LAMBDA_RLM_ENCODING"),
        ("returns", r"ask\(…, returns=…\)"),
        ("backend_kwargs", "from lambda_rlm.rlms import RLM"),
        ("modle", "did you mean model=…"),
        ("zebra", "RLM has no argument `zebra`$"),
    ],
)
def test_an_unknown_argument_is_answered_with_what_to_write(argument: str, said: str) -> None:
    with pytest.raises(TypeError, match=said) as refused:
        RLM(scripted(), **dict[str, Any]({argument: "sk-never-shown"}))
    assert "never-shown" not in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "kind", "said"),
    [
        ({"model": " "}, ValueError, "model is an empty text"),
        ({"root_model": ""}, ValueError, "root_model is an empty text"),
        ({"primitives": print}, TypeError, r"must be a list of functions made by lambda_rlm.primitive.*write primitives=\[…\]"),
        ({"formats": "csv"}, TypeError, r"write formats=\[…\]"),
        ({"account": "team.account"}, TypeError, r"write Account\(path='team.account', usd=…\)"),
        ({"model_options": "Bearer abcdefgh"}, ValueError, "not a str$"),
    ],
)
def test_a_slip_in_a_setting_shows_when_the_rlm_is_made(wrong: dict[str, Any], kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        RLM(**wrong)


def test_one_primitive_is_no_list_of_them() -> None:
    @primitive("twice", "(Int) -> Int", cost=HostCost(steps=1))
    def twice(number: int) -> int:
        return 2 * number

    with pytest.raises(TypeError, match="must be a list"):
        RLM(scripted(), primitives=twice)  # type: ignore[arg-type]
    assert RLM(scripted(), primitives=iter([twice])).run("twice(4)").value == 8


def test_inputs_may_be_the_second_argument() -> None:
    rlm = RLM(scripted())
    assert rlm.ask("Who?", {"context": "Acme"}).answer == rlm.ask("Who?", context="Acme").answer == "yes"
    assert rlm.route("Who?", {"context": "Acme"}).way == "direct"
    with pytest.raises(TypeError, match="for one input: context=…"):
        rlm.ask("Who?", "Acme")  # type: ignore[arg-type]


def test_a_blank_question_is_not_asked() -> None:
    for call in (RLM(scripted()).ask, RLM(scripted()).route):
        with pytest.raises(ValueError, match="the question is empty"):
            call(" \n", context="Acme")


def test_a_listener_that_cannot_be_called_is_refused_unpaid() -> None:
    with pytest.raises(TypeError, match="on_event must be a function"):
        RLM(scripted()).ask("Who?", context="Acme", on_event=3)  # type: ignore[arg-type]


@pytest.mark.parametrize("inputs", [{}, {"context": ""}, {"rows": []}])
def test_a_question_about_nothing_is_no_search_of_an_empty_text(inputs: dict[str, Any]) -> None:
    with pytest.raises(Rejected, match="no route fits the budget"):
        RLM(scripted(), budget=Budget(tokens=10)).ask("Who wrote Emma?", **inputs)
    assert RLM(scripted()).ask("Who wrote Emma?", **inputs).answer == "yes"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("int", "the language writes Int"),
        ("list[str]", r"the language writes List\[…\]"),
        (3, "must be a type, as a class or as text, not the value 3"),
        ([int], "not the value"),
        (print, "not the value"),
    ],
)
def test_what_is_no_type_is_told_in_words_of_the_library(wanted: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said) as refused:
        RLM(scripted()).ask("Who?", returns=wanted, context="Acme")
    assert "pydantic" not in str(refused.value) and "arbitrary" not in str(refused.value)


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    name: str = "Rex"


class Owner(BaseModel):
    pet: Cat | Dog = Field(discriminator="kind")


@pytest.mark.parametrize("cat", [{}, {"kind": None, "lives": None}, {"kind": "cat"}])
def test_a_mark_with_a_default_may_be_left_out_of_a_reply(cat: dict[str, Any]) -> None:
    reply = json.dumps({"pet": {"Cat": cat, "Dog": None}})
    assert RLM(scripted(reply)).ask("Which?", returns=Owner, context="c").value == Owner(pet=Cat())


class Positive(BaseModel):
    number: int

    @field_validator("number")
    @classmethod
    def is_positive(cls, number: int) -> int:
        if number == 0:
            raise GeneratorExit
        if number < 0:
            raise ValueError("it must be more than 0")
        return number


@pytest.mark.parametrize(
    ("number", "said"), [(-1, r"type: number: it must be more than 0, not -1$"), (0, r"raised GeneratorExit, for")]
)
def test_a_refusal_of_the_class_names_part_and_value_alone(number: int, said: str) -> None:
    with pytest.raises(ModelFailure, match=said) as caught:
        RLM(scripted(json.dumps({"number": number}))).ask("Q?", returns=Positive, context="c")
    assert caught.value.value == {"number": number}


class Unshown:
    def __repr__(self) -> str:
        raise RuntimeError("not shown")


def test_an_object_that_cannot_be_shown_is_refused_by_class() -> None:
    with pytest.raises(TypeError, match="context: a value of type Unshown is not supported"):
        RLM(scripted()).ask("Who?", context=Unshown())


SMALL = Reading(most_bytes=1_000_000)


def texts() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"{number}" * 1_000


@pytest.mark.parametrize("make", [texts, lambda: repeat(""), lambda: repeat([0] * 1_000), lambda: repeat(None)])
def test_what_an_iterator_gives_is_counted_while_it_is_drawn(make: Callable[[], Iterator[Any]]) -> None:
    with pytest.raises(InputProblem, match=r"context gives .*too large|what context gives is too large|more than"):
        drawn(make(), "context", SMALL)
    with pytest.raises(InputProblem, match="too large"):
        plain_data({"inside": make()}, "context", SMALL)


def test_texts_are_not_drawn_far_beyond_the_limit() -> None:
    taken = 0

    def counted() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield "x" * 100_000

    with pytest.raises(InputProblem):
        drawn(counted(), "context", SMALL)
    assert taken <= 11


def test_the_query_of_a_base_url_is_in_no_error() -> None:
    rlm = RLM("some-model", base_url="http://me:password-1@127.0.0.1:9/v1?key=urlsecret-abcdef123")
    with pytest.raises(Fault) as caught:
        rlm.ask("Who?", context="Acme")
    assert "127.0.0.1:9/v1" in str(caught.value)
    assert "urlsecret" not in repr((caught.value, caught.value.args)) and "password-1" not in str(caught.value)


def test_what_is_hidden_during_a_look_up_is_found_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look-up of one thread was kept for all, without what another had hidden meanwhile."""
    secret = "hidden-in-between-4711"
    first = threading.Event()

    def slow(values: Any, **how: Any) -> Any:
        found = sorted(values, **how)
        if not first.is_set():
            first.set()
            blot.hide(secret)
        return found

    monkeypatch.setenv("SOMETHING_KEY", "a-new-value-0815")
    monkeypatch.setattr(blot, "sorted", slow, raising=False)
    blot.secrets_of(os.environ)
    assert secret in blot.secrets_of(os.environ)
    assert first.is_set()


def test_an_assumed_window_is_logged_with_its_argument(caplog: pytest.LogCaptureFixture) -> None:
    with CountingServer("yes") as server:
        run = RLM("some-model", base_url=server.url).ask("Who?", context="Acme")
    told = [record for record in caplog.records if "context window" in record.getMessage()]
    assert [(record.name, record.levelname, vars(record)["run_id"]) for record in told] == [
        ("lambda_rlm.llm", "WARNING", run.id)
    ]
    assert "assuming 8,192 tokens" in told[0].getMessage() and "model_options" in told[0].getMessage()
    assert "--window" not in told[0].getMessage()


def test_a_file_of_keys_that_is_not_there_is_no_file_of_settings(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot read keys from .*none.env: No such file"):
        RLM(scripted(), env_file=tmp_path / "none.env")


@pytest.mark.parametrize(
    "limit", [{"max_timeout": "3"}, {"max_budget": -1}, {"max_tokens": float("nan")}, {"max_budget": True}]
)
def test_limits_of_rlms_are_refused_by_their_own_names(limit: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(limit))} must be a number of at least 0"):
        PortedRLM("lambda_rlm", {"model_name": "sim:"}, **limit)


def test_an_rlm_of_rlms_shows_its_models_and_no_key() -> None:
    rlm = PortedRLM("openai", {"model_name": "gpt-5-nano", "api_key": "sk-never-shown", "base_url": "http://h?key=urlsecret"})
    assert repr(rlm) == "<RLM of rlms: openai/gpt-5-nano, Budget()>"


def test_an_asynchronous_listener_is_refused() -> None:
    async def listen(event: object) -> None:
        raise AssertionError(event)

    with pytest.raises(TypeError, match="use stream"):
        RLM(scripted()).ask("Who?", context="Acme", on_event=listen)


def test_a_run_is_its_own_name(tmp_path: Path) -> None:
    rlm = RLM(scripted(), journal=tmp_path / "journal.sqlite3")
    run = rlm.ask("Who was late?", context="Acme")
    assert rlm.replay(run, context="Acme").run.answer == "yes"
    with pytest.raises(ValueError, match="already has an answer"):
        rlm.resume(run, context="Acme")
    with pytest.raises(TypeError, match="run must be a Run, the id of one, or 'last', not None"):
        rlm.replay(None)  # type: ignore[arg-type]
    with pytest.raises(LambdaRLMError, match="no run 'zz'") as refused:
        rlm.resume("zz")
    assert "RLM(journal=…).runs()" in str(vars(refused.value)) and "lambda-rlm" not in str(vars(refused.value))


def test_commands_within_a_sentence_are_worded_whole() -> None:
    said = in_own_terms("finish it (lambda-rlm resume 01M8), or name another run (lambda-rlm runs)")
    assert said == 'finish it (RLM(journal=…).resume("01M8")), or name another run (RLM(journal=…).runs())'
    assert in_own_terms("check them: lambda-rlm runs --verify") == "check them: lambda-rlm runs --verify"


def test_what_a_repl_shows_is_one_short_line(tmp_path: Path) -> None:
    rlm = RLM(scripted(), journal=tmp_path / "journal.sqlite3")
    run = rlm.ask("Who was late?", context="Acme")
    account = Account(path=tmp_path / "team.account", usd=1.0)
    assert repr(rlm.runs()) == f"[<RunRow {run.id}: answered, 'Who was late?'>]"
    assert repr(rlm.route("Who?", context="Acme")).startswith("<Decision: direct, the inputs have")
    assert repr(account) == f"Account(path={str(tmp_path / 'team.account')!r}, usd=1.0, per='day')"
