"""Constraints on a local model's reply, in the engine's words.

Owns how choices and JSON Schemas become grammars. Promises that a grammar was accepted by llguidance before it is sent: the
engine ignores a bad one without a word and lets the model write freely. Refuses a constraint that llguidance refuses.

Choices are decoded behind a fixed lead-in, `{"answer": "…"}`: on 40 zero-shot questions Qwen2.5-Coder-0.5B got 28 right with
it, 25 with the same as a JSON Schema (at three times the tokens), 24 behind "Answer: ", and 21 when the bare label was forced;
a lead-in that is merely allowed is never taken.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from lambda_rlm.completion import CompletionRequest
from lambda_rlm.data_class import dataclass
from lambda_rlm.llm.failures import BAD_CONSTRAINT, failure

HEADER: Final = "%llguidance {}\n"
"""The first line by which the engine tells Lark from GBNF."""

_BEFORE: Final = '{"answer": "'
_AFTER: Final = '"}'
_LEAD_TOKENS: Final = 12
_AGAINST_LOOPS: Final = {"repeat_penalty": 1.1, "repeat_last_n": 256}
"""What Qwen2.5's own settings ask for. When short programs were longer than now, 84 of 100 ended without it and 96 with it.
More (a penalty on frequency, DRY from 12 tokens on) brought no more of them to an end, and half as many through the checks."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """Fields to add to the engine's request, and what to strip from its reply."""

    fields: Mapping[str, Any]
    before: str = ""
    after: str = ""

    def reply(self, text: str) -> str:
        """The reply without the lead-in (as far as it was written)."""
        return text.removeprefix(self.before).removesuffix(self.after) if self.before else text


FREE: Final = Constraint({})


def constraint(request: CompletionRequest, *, is_small: bool = True) -> Constraint:
    """The constraint of a request; `FREE` when it has none. A small model is held to the short form of a grammar, and kept from
    saying again what it has just said."""
    if request.choices is not None:
        longest = max((len(choice.encode()) for choice in request.choices), default=0)
        return _choices(request.choices, request.max_tokens >= longest + _LEAD_TOKENS)
    if request.grammar is not None:
        held = _grammar(request.grammar.short if is_small else request.grammar.lark)
        return replace(held, fields={**held.fields, **_AGAINST_LOOPS}) if is_small else held
    if request.schema is not None:
        schema = json.dumps(request.schema)
        _check_schema(schema)
        return Constraint({"response_format": {"type": "json_schema", "json_schema": {"schema": json.loads(schema)}}})
    return FREE


@lru_cache(maxsize=256)
def _choices(choices: tuple[str, ...], with_lead_in: bool) -> Constraint:
    if not choices:
        raise failure(BAD_CONSTRAINT, "the list of allowed replies is empty")
    labels = "label: " + " | ".join(json.dumps(choice) for choice in dict.fromkeys(choices))
    before, after = (_BEFORE, _AFTER) if with_lead_in else ("", "")
    start = f"start: {json.dumps(before)} label {json.dumps(after)}" if with_lead_in else "start: label"
    text = f"{start}\n{labels}\n"
    _check("grammar", text)
    return Constraint({"grammar": HEADER + text}, before, after)


@lru_cache(maxsize=8)
def _grammar(text: str) -> Constraint:
    _check("grammar", text)
    return Constraint({"grammar": HEADER + text})


@lru_cache(maxsize=256)
def _check_schema(schema: str) -> None:
    _check("schema", schema)


def _check(kind: str, text: str) -> None:
    from llguidance import LLMatcher

    try:
        grammar = LLMatcher.grammar_from_lark(text) if kind == "grammar" else LLMatcher.grammar_from_json_schema(text)
        problem = LLMatcher.validate_grammar(grammar)
    except ValueError as error:
        problem = str(error)
    if problem:
        raise failure(
            BAD_CONSTRAINT, f"constrained decoding does not support the {kind} of this reply: {problem.strip()[:300]}"
        )
