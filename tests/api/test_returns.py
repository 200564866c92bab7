"""Classes of the host as types of answers: what they say reaches the model, what they refuse is a fault."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    BaseModel,
    Field,
    create_model,
)
from typing_extensions import Doc

from lambda_rlm import RLM, Fault, ModelFailure
from lambda_rlm.api.returning.json_text import read_json
from lambda_rlm.api.returning.names import names_of
from lambda_rlm.api.returns import returns_of
from lambda_rlm.completion import CompletionRequest, ModelProfile
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.types.show import show
from tests.support.answer_classes import Cat, Color, Extent, Item, Pair, Place, Rank, Rows, Tree
from tests.support.asking import FakeModel

PROFILE = ModelProfile("fake", window=100_000, max_output=8_000, input_price=0.001, output_price=0.002)


def answered(wanted: Any, reply: str, **how: Any) -> Any:
    """The answer of a run whose only reply this is."""
    return RLM(ScriptedModel.from_rules([("", reply)])).ask("What?", returns=wanted, context="some text", **how)


def asked(wanted: Any, reply: str, **how: Any) -> list[CompletionRequest]:
    """The requests of a question."""
    model = FakeModel(reply, PROFILE)
    RLM(model, **how).ask("What?", returns=wanted, context="some text")
    return model.requests


class Described(BaseModel):
    """What the list says of one part."""

    size: Annotated[int, Field(ge=0, le=300, multiple_of=5)] = Field(description="in millimetres,\nrounded")
    code: Annotated[str, Field(pattern="^[A-Z]+$", min_length=1)]
    weight: Annotated[Decimal, Field(gt=0, max_digits=5, decimal_places=2)]
    seen: date
    color: Color
    rank: Rank = Rank.LOW
    notes: list[Annotated[str, Field(description="one sentence", examples=["Two are bent."])]] = Field(max_length=3)
    maker: Annotated[str, Doc("the firm, not the shop")]
    unit: str | None = "m"
    place: str = Field(title="Where it lies", alias="Ort im Lager")


SAID = """About the answer:
- the whole: What the list says of one part.
- `size`: in millimetres, rounded; at least 0; at most 300; a multiple of 5
- `code`: at least 1 character; matches the pattern ^[A-Z]+$
- `weight`: a decimal number in digits with a point, such as 1250.50; more than 0; at most 5 digits; at most 2 decimals
- `seen`: a date, YYYY-MM-DD
- `color`: A color of a list.
- `rank`: null means 1; 1 is LOW, 2 is HIGH
- `notes`: at most 3 elements
- `notes[]`: one sentence; for example "Two are bent."
- `maker`: the firm, not the shop
- `unit`: by default "m"
- `Ort_im_Lager`: named Ort im Lager; Where it lies"""
DESCRIBED = {
    "size": 20,
    "code": "AB",
    "weight": "2.50",
    "seen": "2024-02-29",
    "color": "blue",
    "rank": 2,
    "notes": [],
    "maker": "Acme",
    "unit": None,
    "Ort_im_Lager": "A3",
}


def test_what_a_class_says_is_in_the_prompt_and_in_its_bound() -> None:
    run = answered(Described, json.dumps(DESCRIBED))
    assert run.value.rank is Rank.HIGH and run.value.weight == Decimal("2.50") and run.value.place == "A3"
    assert SAID in asked(Described, json.dumps(DESCRIBED))[0].messages[-1].content
    bare = answered(show(returns_of(Described).type), json.dumps(DESCRIBED))
    assert run.bound.input_tokens >= bare.bound.input_tokens + len(SAID) // 4


def test_what_a_class_says_reaches_the_call_at_the_end_of_a_plan() -> None:
    for task in ("search", "summarise"):
        requests = asked(Rows, '{"reply": [1]}', strategy="plan", task=task)
        told = ["The rows that count." in request.messages[-1].content for request in requests]
        assert told == [*([False] * (len(told) - 1)), True] and len(told) > 1


def test_what_a_class_says_reaches_the_author_of_a_program() -> None:
    requests = asked(Rows, "[1, 2]", strategy="synth")
    assert "- the whole: The rows that count." in requests[0].messages[-1].content


def test_a_direct_call_that_may_find_nothing_is_told_too() -> None:
    how = {"routing": Routing(escalates=True), "admit": "likely"}
    requests = asked(Annotated[list[int], Field(description="the {rows} that count")] | None, '{"reply": [1]}', **how)
    content = requests[0].messages[-1].content
    assert "`reply` is null" in content and "- the whole: the {rows} that count\nAnswer:" in content


class Small(BaseModel):
    x: int
    tags: list[str] = []
    unit: str = "m"
    note: str | None = None
    inner: Cat = Cat(lives=9)
    made: list[int] = Field(default_factory=lambda: [7])


@pytest.mark.parametrize(
    "reply", ['{"x": 1}', '{"x": 1, "tags": null, "unit": null, "note": null, "inner": null, "made": null}']
)
def test_what_is_left_out_or_null_takes_its_default(reply: str) -> None:
    assert answered(Small, reply).value == Small(x=1)


def test_a_field_of_a_dataclass_may_be_left_out() -> None:
    assert answered(Item, '{"name": "a"}').value == Item("a")
    assert answered(Extent, '{"width": 1}').value == {"width": 1}


def test_null_is_none_where_a_field_may_be_none() -> None:
    assert answered(Described, json.dumps(DESCRIBED)).value.unit is None
    assert answered(Described, json.dumps({**DESCRIBED, "unit": "cm"})).value.unit == "cm"


REFUSED: list[tuple[Any, str, str, Any]] = [
    (dict[str, int], '[{"key": "a", "value": 1}, {"key": "a", "value": 2}]', "the key 'a' is given twice", None),
    (dict[float, int], '[{"key": 1, "value": 1}, {"key": 1.0, "value": 2}]', "given twice", None),
    (int | str, '{"whole_number": 1, "text": "one"}', "exactly one of", None),
    (int | str, '{"whole_number": null, "text": null}', "not none", None),
    (Tree, '{"name": "a", "name": "b"}', "a key is given twice", None),
    (Tree, "There is no tree in the text.", "expected JSON text", "There is no tree in the text."),
    (Tree, '{"name": "a", "parts": [{"parts": []}]}', "name", None),
    (Annotated[int, Field(ge=0)], "-3", "greater than or equal to 0", -3),
    (date, "2023-02-29", "valid date", "2023-02-29"),
    (int | float, "90071992547409930", "too large", None),
    (Pair[Any], '{"first": "NaN", "second": "1"}', "JSON has no NaN", {"first": "NaN", "second": "1"}),
]


@pytest.mark.parametrize(("wanted", "reply", "said", "value"), REFUSED)
def test_what_a_class_refuses_is_a_fault_that_keeps_the_answer(wanted: Any, reply: str, said: str, value: Any) -> None:
    reply = json.dumps({"reply": json.loads(reply)}) if reply.startswith("[") else reply
    with pytest.raises(Fault, match="(?s)" + said) as caught:
        answered(wanted, reply)
    fault = caught.value
    assert isinstance(fault, ModelFailure) and fault.code == "E0513" and fault.usage is not None and fault.value is not None
    assert value is None or fault.value == value


@pytest.mark.parametrize(
    "reply",
    [
        '{"name": "a", "parts": [{"name": "b"}]}',
        'Here it is:\n```json\n{"name": "a", "parts": [{"name": "b"}]}\n```\nDone.',
        'The tree is {"name": "a", "parts": [{"name": "b"}]}.',
    ],
)
def test_json_text_is_read_with_words_around_it(reply: str) -> None:
    assert answered(Tree, reply).value == Tree(name="a", parts=[Tree(name="b")])


@pytest.mark.parametrize("reply", ["{" * 50_000, "[" * 50_000, "```\n" * 20_000, "{}" * 20_000 + "x"])
def test_json_text_that_is_none_is_refused_at_once(reply: str) -> None:
    with pytest.raises(ValueError, match="JSON text"):
        read_json(reply)


def test_a_number_is_read_as_the_label_of_a_value() -> None:
    assert answered(list[Literal[1, 2, True]], '{"reply": [1, "2", true]}').value == [1, 2, True]


@pytest.mark.parametrize(
    ("wanted", "reply", "answer"),
    [
        (dict[date, set[int]], '{"reply": [{"key": "2024-01-02", "value": [3]}]}', {"2024-01-02": [3]}),
        (dict[Rank, Decimal], '{"reply": [{"key": "2", "value": "1.50"}]}', {"2": "1.50"}),
        (list[Place], '{"reply": [{"row": 1, "name": "a"}]}', [[1, "a"]]),
    ],
)
def test_the_answer_of_any_value_is_json(wanted: Any, reply: str, answer: Any) -> None:
    assert json.loads(answered(wanted, reply).answer) == answer


class Word(str, Enum):  # noqa: UP042 - as many hosts write it: its own text is another
    YES = "so it is"


def test_the_answer_of_a_label_is_its_text() -> None:
    run = answered(Word, "so it is")
    assert run.value is Word.YES and type(run.answer) is str and f"{run.answer}" == "so it is"


def test_a_run_is_replayed_and_followed_with_what_its_class_says(tmp_path: Path) -> None:
    model = FakeModel(json.dumps(DESCRIBED), PROFILE)
    rlm = RLM(model, journal=tmp_path / "runs.db", strategy="synth", root_model=FakeModel(PROGRAM, PROFILE))
    run = rlm.ask("What?", returns=Described, context="some text")
    again = rlm.replay(run.id, context="some text")
    assert again.differences == () and again.run.value == {**DESCRIBED, "rank": "2"}
    asked_before = len(model.requests)
    assert rlm.follow_up(run, "And now?", returns=Described).value == run.value and len(model.requests) > asked_before


def test_a_run_goes_on_with_what_its_class_says(tmp_path: Path) -> None:
    failing = RLM(
        ScriptedModel.from_rules([{"match": "", "failure": "E0510"}]), journal=tmp_path / "runs.db", strategy="direct"
    )
    with pytest.raises(Fault) as caught:
        failing.ask("What?", returns=Described, context="some text")
    model = FakeModel(json.dumps(DESCRIBED), PROFILE)
    rlm = RLM(model, journal=tmp_path / "runs.db")
    with pytest.raises(TypeError, match="was to return"):
        rlm.resume(str(caught.value.run), returns=Tree, context="some text")
    run = rlm.resume(str(caught.value.run), returns=Described, context="some text")
    assert run.value.color is Color.BLUE and SAID in model.requests[0].messages[-1].content


PROGRAM = f'llm_call[{show(returns_of(Described).type)}](f"Describe it.\\n{{context}}")'


def test_too_many_words_are_refused_before_asking() -> None:
    class Long(BaseModel):
        x: int = Field(description="word " * 5_000)

    with pytest.raises(TypeError, match="its descriptions come to 25"):
        returns_of(Long)


@pytest.mark.parametrize(
    ("names", "made"),
    [
        (["é", "e"], {"é": "e_2", "e": "e"}),
        (["a b", "a-b", "a_b"], {"a b": "a_b_2", "a-b": "a_b_3", "a_b": "a_b"}),
        (["1st", "_", "日付", "名"], {"1st": "_1st", "_": "field_2", "日付": "field_3", "名": "field_4"}),
        (["Straße", "größe", "let"], {"Straße": "Strasse", "größe": "grosse", "let": "let"}),
    ],
)
def test_names_that_the_language_does_not_write_are_made_some(names: list[str], made: dict[str, str]) -> None:
    assert names_of(names) == made


class Stored(Enum):
    FIRST = date(2024, 1, 1)


class Held(BaseModel):
    data: dict[str, list[bytes]]
    inner: list[Held] = []


WIDE: dict[str, Any] = {f"f{n}": (int, ...) for n in range(1_200)}


class Level(Enum):
    ONE = 1


NO_JSON = [
    (dict[Level, int], "the keys of a dictionary must be texts"),
    (dict[Literal[1, "a"], int], "the keys of a dictionary must be texts"),
    (Stored, "the values of an enumeration must be"),
    (Held, "Held.data: a reply has no bytes"),
    (list[type[int]], r"\[\]: no JSON is a class"),
    (Literal[Color.RED, "x"], "no JSON is Color.RED; use its class"),
    (Iterable[int], "no stream of values; use list"),
    (create_model("Wide", **WIDE), "more than 1,000 parts"),
]


@pytest.mark.parametrize(("wanted", "said"), NO_JSON)
def test_what_no_reply_can_give_is_refused_with_its_place(wanted: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        returns_of(wanted)
