"""Fields in the order in which a program wrote them, wherever a model is asked for a record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambda_rlm.completion import Completion, CompletionRequest, ModelProfile, Usage
from lambda_rlm.eval.asking.bad_reply import complaints
from lambda_rlm.eval.asking.schema import json_schema, keyed_schema, notation, shape_of
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.type import BOOL, INT, TEXT, Enum, Record, as_written, list_of, option_of, record_of
from tests.support.running import run

WRITTEN = record_of(reasoning=TEXT, answer=BOOL)
SORTED = record_of(answer=BOOL, reasoning=TEXT)

PROFILE = ModelProfile(name="noting", window=32_768, max_output=1_024, input_price=0.0, output_price=0.0)


class Noting(ScriptedModel):
    """Keeps what it is sent."""

    def __init__(self, reply: str) -> None:
        super().__init__([], PROFILE)
        self.reply = reply
        self.requests: list[CompletionRequest] = []

    async def complete(self, request: CompletionRequest) -> Completion:
        self.requests.append(request)
        return Completion(self.reply, Usage(10, 10, cost=0.0))


def names(schema: Any) -> list[list[str]]:
    """The names of the fields of each record in a schema, from the outside to the inside."""
    if isinstance(schema, list):
        return [found for part in schema for found in names(part)]
    if not isinstance(schema, dict):
        return []
    own = [list(schema["properties"])] if "properties" in schema else []
    assert not own or own == [schema["required"]]
    return own + [found for part in schema.values() if not isinstance(part, str) for found in names(part)]


ASKS = {
    "a name for it": ("type V = { reasoning: Text, answer: Bool };\n", "V"),
    "in place": ("", "{ reasoning: Text, answer: Bool }"),
}


@pytest.mark.parametrize(("before", "type_"), ASKS.values(), ids=ASKS)
def test_a_call_asks_in_the_order_of_the_program(before: str, type_: str) -> None:
    model = Noting('{"reasoning": "since", "answer": true}')
    done = run(f'{before}llm_call[{type_}]("Is it?").answer', model=model)
    assert done.value is True
    (request,) = model.requests
    assert names(request.schema) == [["reasoning", "answer"]]
    assert '{"reasoning": "text", "answer": true or false}' in request.messages[0].content


@pytest.mark.parametrize(
    "program",
    [
        'llm_call[List[V]]("Which?") |> length',
        'llm_map[V](["a", "b"], "Is it?") |> length',
        'llm_map_by[V]([1, 2], fn(n) => to_text(n), "Is it?") |> length',
        'let f = fn(q: Text) => llm_call[Option[V]](q);\nf("Is it?") ?? { answer: false, reasoning: "" }',
        'let v: { answer: Bool, reasoning: Text } = llm_call[V]("Is it?");\nv.answer',
    ],
)
def test_the_order_survives_inference(program: str) -> None:
    model = Noting("none of it")
    run(f"type V = {{ reasoning: Text, answer: Bool }};\n{program}", model=model)
    assert ["reasoning", "answer"] in names(model.requests[-1].schema)


def test_a_repair_names_the_fields_in_their_order() -> None:
    model = Noting("[3]")
    run('type V = { reasoning: Text, answer: Bool };\nllm_call[V]("Is it?").answer', model=model)
    assert len(model.requests) == 2
    assert "an object with the keys reasoning, answer" in model.requests[1].messages[-1].content
    assert any("keys reasoning, answer" in complaint for complaint in complaints(WRITTEN))


def test_the_order_is_no_part_of_a_type() -> None:
    assert WRITTEN == SORTED and hash(WRITTEN) == hash(SORTED)
    assert repr(WRITTEN) == repr(SORTED) == "{ answer: Bool, reasoning: Text }"
    assert (as_written(WRITTEN), as_written(SORTED)) == ("{ reasoning: Text, answer: Bool }", repr(SORTED))
    assert run("type A = { b: Int, a: Int };\nlet x: A = { a: 1, b: 2 };\nlet y: { a: Int, b: Int } = x;\ny == x").value is True


def test_equal_types_of_other_orders_are_asked_for_on_their_own() -> None:
    """Neither the shapes that are kept nor the digests of requests confuse the two."""
    assert list((shape_of(WRITTEN).schema or {})["properties"]) == ["reasoning", "answer"]
    assert list((shape_of(SORTED).schema or {})["properties"]) == ["answer", "reasoning"]
    model = Noting('{"reasoning": "since", "answer": true}')
    asked = 'llm_call[{ reasoning: Text, answer: Bool }]("Is it?").answer == llm_call[{ answer: Bool, reasoning: Text }]("Is it?").answer'
    run(asked, model=model)
    assert len({request.digest for request in model.requests}) == 2


def test_a_record_without_a_written_order_is_sorted() -> None:
    inferred = Record((("answer", BOOL), ("reasoning", TEXT)))
    assert notation(inferred) == '{"answer": true or false, "reasoning": "text"}'
    parsed = parse_type("List[{ b: Int, a: { z: Int, y: Int } }]")
    assert notation(parsed) == '[{"b": whole number, "a": {"z": whole number, "y": whole number}}, …]'


LABELS = Enum(("blue", "red"))


@pytest.mark.parametrize(
    "schema",
    [
        json_schema(record_of(color=LABELS)),
        json_schema(list_of(LABELS)),
        json_schema(record_of(color=option_of(LABELS), n=INT)),
        keyed_schema(LABELS, ["1", "2"]),
        keyed_schema(option_of(LABELS), ["1"]),
        keyed_schema(record_of(why=TEXT, color=list_of(LABELS)), ["1"]),
        json_schema(list_of(record_of(color=option_of(list_of(LABELS))))),
    ],
)
def test_an_enumeration_is_an_enum_in_every_schema(schema: dict[str, Any]) -> None:
    assert '{"type": "string", "enum": ["blue", "red"]}' in json.dumps(schema)
