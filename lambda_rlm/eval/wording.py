"""The faults that evaluation raises: their codes and their wording.

Owns one function for each way in which a program's own work stops its run; the fault is made here and raised where it happens.
Texts of inputs and of replies are never part of a message, except for the answer of a host's function, which its host wrote.
The beginning of a faulty reply is beside the message, for people alone.
"""

from __future__ import annotations

from typing import Final

from lambda_rlm.diagnostics.blot import blotted, cut
from lambda_rlm.diagnostics.faults import LimitExceeded, ModelFailure, PrimitiveFault
from lambda_rlm.diagnostics.raised import raised
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.diagnostics.visible import visible

TOO_DEEP: Final = "E0403"
OUT_OF_CALLS: Final = "E0404"
INT_RANGE: Final = "E0411"
FLOAT_RANGE: Final = "E0412"
BY_ZERO: Final = "E0413"
NOT_SHORTER: Final = "E0414"
HOST_RAISED: Final = "E0415"
HOST_TYPE: Final = "E0416"
HOST_SIZE: Final = "E0417"
PATTERN: Final = "E0430"
MATCHES: Final = "E0431"
TOO_LONG_TO_PARSE: Final = "E0432"
PROMPT_TOO_LONG: Final = "E0509"
REFUSED: Final = "E0510"
BAD_REPLY: Final = "E0513"
QUOTE_NOT_FOUND: Final = "E0514"
ITEM_TOO_LONG: Final = "E0515"
DEGRADED: Final = "E0516"
NO_SOLVER: Final = "E0517"
NOT_TRUSTED: Final = "E0518"

NOT_AN_ANSWER: Final = frozenset({BAD_REPLY, QUOTE_NOT_FOUND, REFUSED})
"""Failures where the model was reached and gave no answer of the type: `llm_map` and `llm_choose` turn them into none."""


def calls_too_deep() -> LimitExceeded:
    """Calls of function values, or activations of `fix`, inside each other."""
    return LimitExceeded(TOO_DEEP, "call stack too deep")


def definitions_too_deep() -> LimitExceeded:
    """Terms inside each other, generic definitions at their uses included."""
    return LimitExceeded(TOO_DEEP, "definitions are nested too deep")


def not_shorter(span: Span, length: int, limit: int) -> PrimitiveFault:
    """A `fix` applied in its own body to what is as long as its argument, or longer."""
    message = f"`fix` was called with an argument of length {length:,}, which is not shorter than {limit:,}"
    return PrimitiveFault(NOT_SHORTER, message, span)


def int_range(span: Span, function: str = "") -> PrimitiveFault:
    """A whole number of more than 64 bits, from an operator or from a library function."""
    whose = f" of `{function}`" if function else ""
    return PrimitiveFault(INT_RANGE, f"the result{whose} does not fit in an Int (64 bits)", span)


def float_range(span: Span, what: str = "result") -> PrimitiveFault:
    """A Float that is not finite."""
    return PrimitiveFault(FLOAT_RANGE, f"the {what} is too large for a Float", span)


def by_zero(span: Span, operation: str) -> PrimitiveFault:
    """A division or a remainder by zero."""
    return PrimitiveFault(BY_ZERO, f"division by zero in `{operation}`", span)


def bad_pattern(span: Span, function: str, why: object) -> PrimitiveFault:
    """A pattern, computed by the program, that the engine refuses."""
    return PrimitiveFault(PATTERN, f"invalid regular expression in `{function}`: {why}", span)


def no_such_group(span: Span, number: str, groups: int) -> PrimitiveFault:
    """A replacement that names a group which the pattern has not."""
    return PrimitiveFault(PATTERN, f"the replacement refers to group {number}, but the pattern has {groups}", span)


def too_many_matches(span: Span, function: str, most: int) -> PrimitiveFault:
    """More matches in one text than are looked for."""
    return PrimitiveFault(MATCHES, f"`{function}` found more than {most:,} matches in one text", span)


def too_long_to_parse(span: Span, characters: int, most: int) -> PrimitiveFault:
    """A text that is too long to be read as JSON in one go."""
    return PrimitiveFault(TOO_LONG_TO_PARSE, f"`parse` was given {characters:,} characters; it reads at most {most:,}", span)


def host_raised(span: Span, function: str, error: BaseException) -> PrimitiveFault:
    """A function of the host raised an exception."""
    return PrimitiveFault(HOST_RAISED, f"`{function}` raised {raised(error)}", span)


def host_result_unfit(span: Span, why: str) -> PrimitiveFault:
    """A result that does not inhabit the declared type; `why` names the place in it."""
    return PrimitiveFault(HOST_TYPE, why, span)


def host_result_no_value(span: Span, what: str, why: Exception) -> PrimitiveFault:
    """A result with what no value of the language can hold: half of a surrogate pair, a number that is not finite."""
    return PrimitiveFault(HOST_TYPE, f"{what} cannot be used in a program: {why}", span)


def host_result_too_large(span: Span, function: str, size: int, most: int) -> PrimitiveFault:
    """A result of more characters than the function's declared cost allows."""
    message = f"`{function}` returned {size:,} characters, but its declared cost allows {most:,}"
    return PrimitiveFault(HOST_SIZE, message, span)


def out_of_calls(calls: int, budget: int) -> LimitExceeded:
    """More calls at once than the whole run may make."""
    return LimitExceeded(OUT_OF_CALLS, f"{calls:,} model calls are needed at once, but the run may make {budget:,}")


def prompt_too_long(span: Span, *, tokens: int | None, characters: int, out: int, model: str, window: int) -> ModelFailure:
    """A prompt that does not fit the window with its reply; `tokens` is None where they were not counted."""
    needed = f"{tokens:,} tokens" if tokens is not None else f"more than {window:,} tokens"
    message = (
        f"the prompt has {needed} ({characters:,} characters) and its reply may have {out:,}, but the context window of {model} "
        f"is {window:,} tokens; shorten the prompt with chunk, take or pack, or set a smaller out"
    )
    return ModelFailure(PROMPT_TOO_LONG, message, span, is_fatal=True)


def item_too_long(span: Span, index: int, *, characters: int, tokens: int, out: int, model: str, window: int) -> ModelFailure:
    """An item of `llm_map` that does not even fit a prompt of its own."""
    message = (
        f"item {index} of llm_map does not fit in a prompt even alone: {characters:,} characters make "
        f"{tokens:,} tokens with the instruction, its reply may have {out:,}, but the context window "
        f"of {model} is {window:,} tokens; chunk the items first, or set a smaller out"
    )
    return ModelFailure(ITEM_TOO_LONG, message, span, is_fatal=True)


def refused(reply: str) -> ModelFailure:
    """The model was reached and declined to answer."""
    return _beside(ModelFailure(REFUSED, "the model refused to answer"), reply)


def bad_reply(code: str, why: str, attempts: int, reply: str | None) -> ModelFailure:
    """No attempt gave a value of the type; `why` tells what is wrong with the last, which is `reply`."""
    again = f" {attempts} times" if attempts > 1 else ""
    return _beside(ModelFailure(code, f"the model gave an invalid reply{again}: {why}"), reply or "")


def _beside(failure: ModelFailure, reply: str) -> ModelFailure:
    """The failure with the beginning of the reply, its keys blotted and its signs visible, for people to see."""
    failure.reply = cut(visible(blotted(reply[:_READ].strip())), _SHOWN)
    if failure.reply:
        failure.add_note(f"The reply begins: {failure.reply}")
    return failure


_SHOWN: Final = 300
"""Characters of a faulty reply that are shown."""
_READ: Final = 4_000
"""Characters of it that are looked at: a key that begins in what is shown ends in them."""


def degraded(what: str) -> ModelFailure:
    """Something is missing from the answer of a strict run."""
    return ModelFailure(DEGRADED, f"strict mode, and the answer would be degraded: {what}", is_fatal=True)


def not_trusted(span: Span) -> ModelFailure:
    """A question of `rlm_call` that the program did not write."""
    message = "the query of rlm_call comes from an input or a reply: write it in the program, and pass data as text"
    return ModelFailure(NOT_TRUSTED, message, span, is_fatal=True)


def no_solver(span: Span) -> ModelFailure:
    """`rlm_call` in a run without a model that writes programs."""
    message = "rlm_call needs a root model, and this run has none; use llm_call over chunks instead"
    return ModelFailure(NO_SOLVER, message, span, is_fatal=True)
