"""Functions of the host, applied: plain data in, plain data out, and held to what was declared.

Owns `applied`. Promises: the declared steps and storage are charged before each application; whatever the function raises, and
a result that is not of its type or larger than declared, is a fault that names the function; what it gives is data, never an
instruction, and goes back to the parts of the inputs that it was given. Its time is not metered: the deadline is looked at each
time it returns.
"""

from __future__ import annotations

import json
from asyncio import CancelledError
from collections.abc import Callable
from typing import Any, Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval import wording
from lambda_rlm.eval.library.structure import weight
from lambda_rlm.eval.plain import Unfit, to_plain, value_with
from lambda_rlm.eval.provenance.coverage import texts_of
from lambda_rlm.eval.tariff import CHARACTER
from lambda_rlm.eval.value import HEADER, Derived, Origin, Reply, Text, Value, origin_of
from lambda_rlm.types.hosted import HostFunction

_OUTSIDE: Final = Reply(-1, None)
"""Where texts come from that the host gives: from no input, and nobody to be obeyed."""


def applied(function: HostFunction, span: Span, meter: Meter) -> Callable[..., Value]:
    """The function as the evaluator applies it, at a place of the program."""
    parameters, result, cost = function.type.parameters, function.type.result, function.cost
    weigh = [weight(type_) for type_ in parameters]

    def apply(*values: Value) -> Value:
        meter.spend(sum(one(value) for one, value in zip(weigh, values, strict=True)))
        data = [to_plain(value, type_) for value, type_ in zip(values, parameters, strict=True)]
        characters = sum(map(size_of, data))
        meter.spend(cost.steps + cost.steps_per_character * characters)
        meter.allocate(cost.bytes + cost.bytes_per_character * characters)
        try:
            result_data = function.implementation(*data)
        except (Exception, CancelledError, GeneratorExit) as error:  # nobody cancels a function that does not wait
            raise wording.host_raised(span, function.name, error) from error
        meter.glance()
        return _held(result_data, cost.characters + cost.characters_per_character * characters, list(values))

    def _held(data: Any, most: int, values: list[Value]) -> Value:
        origin = _origin(values)

        def text(_: str, s: str) -> Text:
            s.encode()  # no half of a surrogate pair
            return Text(s, origin)

        what = f"the result of `{function.name}`"
        try:
            value = value_with(data, result, what, text)
            size = size_of(to_plain(value, result))  # of what counts here, whatever the class of the data says
        except Unfit as error:
            raise wording.host_result_unfit(span, str(error)) from None
        except (ValueError, OverflowError) as error:
            raise wording.host_result_no_value(span, what, error) from None
        if size > most:
            raise wording.host_result_too_large(span, function.name, size, most)
        meter.allocate(HEADER * weight(result)(value) + CHARACTER * size)
        return value

    return apply


def size_of(data: Any) -> int:
    """The characters of a text, those of the compact JSON of anything else; raises `ValueError` for a number that is not
    finite."""
    return (
        str.__len__(data)
        if isinstance(data, str)
        else len(json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
    )


def _origin(values: list[Value]) -> Origin:
    origins = [origin for text in texts_of(values) if (origin := origin_of(text)) is not None]
    return Derived((_OUTSIDE, *origins)) if origins else _OUTSIDE
