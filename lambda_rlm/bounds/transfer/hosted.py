"""Functions of the host in the analysis: what they give is at most what was declared of them."""

from __future__ import annotations

from collections.abc import Mapping

from lambda_rlm.bounds.domain.abstract import Abstract, AbstractFunction, AbstractResult, AbstractText, seen
from lambda_rlm.bounds.domain.reply_size import value_of
from lambda_rlm.bounds.domain.size import ZERO, SizeBound, size_of
from lambda_rlm.bounds.transfer.as_json import to_json
from lambda_rlm.types.hosted import HostFunction


def hosted(functions: Mapping[str, HostFunction]) -> dict[str, Abstract]:
    """The functions as the analysis applies them, by name."""
    return {name: _abstract(function) for name, function in functions.items()}


def _abstract(function: HostFunction) -> AbstractFunction:
    cost = function.cost

    def apply(*arguments: Abstract) -> AbstractResult:
        received = sum((_size(seen(argument)) for argument in arguments), ZERO)
        chars = received * cost.characters_per_character + size_of(cost.characters)
        return AbstractResult(value_of(function.type.result, chars))

    return AbstractFunction(apply)


def _size(value: Abstract) -> SizeBound:
    """The characters of a text, those of the JSON of anything else."""
    return value.chars if isinstance(value, AbstractText) else to_json(value).chars
