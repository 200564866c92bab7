"""How servers are asked for a reply in a grammar: which fields, which notation.

Owns the dialects. Promises that none is guessed at: it follows from a model's name where possible, else the user sets it.
Refuses what no decoder ignores safely: a server that turns the fields down is asked again without them, and the reply says so.

`openai` is a custom tool whose input is the reply, with a grammar in Lark; `vllm`, `sglang` and `llamacpp` take GBNF in a field
of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, get_args

from lambda_rlm.completion import Grammar

Dialect = Literal["openai", "vllm", "sglang", "llamacpp"]
DIALECTS: Final[tuple[Dialect, ...]] = get_args(Dialect)
CONSTRAIN: Final = ("auto", "none", *DIALECTS)
"""What may be chosen; `auto` is what the model's name tells."""

_HAVE_CUSTOM_TOOLS: Final = "openai/gpt-5"
_REFUSALS: Final = (400, 404, 415, 422, 500, 501)


def dialect_of(name: str, base_url: str | None, constrain: str) -> Dialect | None:
    """How a model is asked, None for not at all. Behind a URL may stand any server, so there only `hosted_vllm/` tells."""
    if constrain not in CONSTRAIN:
        raise ValueError(f"constrain must be one of {', '.join(CONSTRAIN)}, not {constrain!r}")
    chosen = next((dialect for dialect in DIALECTS if dialect == constrain), None)
    if chosen is not None or constrain == "none":
        return chosen
    if name.startswith("hosted_vllm/"):
        return "vllm"
    return "openai" if base_url is None and name.startswith(_HAVE_CUSTOM_TOOLS) else None


def grammar_fields(dialect: Dialect, grammar: Grammar) -> dict[str, Any]:
    """What is added to the body of a request."""
    match dialect:
        case "openai":
            written = {"type": "grammar", "grammar": {"syntax": "lark", "definition": grammar.lark}}
            tool = {"name": grammar.name, "description": grammar.description, "format": written}
            return {
                "tools": [{"type": "custom", "custom": tool}],
                "tool_choice": {"type": "custom", "custom": {"name": grammar.name}},
                "parallel_tool_calls": False,
            }
        case "vllm":
            return {"structured_outputs": {"grammar": grammar.gbnf}}
        case "sglang":
            return {"ebnf": grammar.gbnf}
        case "llamacpp":
            return {"grammar": grammar.gbnf}


def is_refusal(status: int) -> bool:
    """Whether a server may have answered so because of the fields; some fail on what they cannot compile."""
    return status in _REFUSALS


def input_of_tool(message: Mapping[str, Any]) -> str | None:
    """What a model wrote for a custom tool, None where it called none."""
    for call in message.get("tool_calls") or ():
        custom = call.get("custom") if isinstance(call, Mapping) else None
        if isinstance(custom, Mapping) and isinstance(custom.get("input"), str):
            return str(custom["input"])
    return None


def not_kept(why: str) -> str:
    """The note of a reply that was asked for in a grammar and written without one."""
    return f"replies are not constrained by the grammar: {why}"
