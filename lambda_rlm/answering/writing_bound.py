"""What having a program written can cost, before anybody is asked.

Owns `writing_cost`, the task as the root model is given it, and what is sent first. Promises a bound that `synthesize` keeps:
no more calls than there are attempts, a pool of what may be billed beyond these, each prompt with what the conversation may
have come to before it, and half of the budget's calls, tokens and dollars. Asks no model."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.answering.root_model import (
    Begun,
    calls_of_an_attempt,
    first_asked,
    first_message,
    grammar_tokens,
    later_tokens,
    rendered,
)
from lambda_rlm.answering.rounds.prompt_tokens import fits, prompt_tokens
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.paying import price, worst_case
from lambda_rlm.budget.pool import pool_of
from lambda_rlm.completion import Message, ModelProfile
from lambda_rlm.limits import CODE_LENGTH
from lambda_rlm.policy.gates import require
from lambda_rlm.synth.reference import shown_to
from lambda_rlm.synth.task import WritingTask, first_turn

if TYPE_CHECKING:
    from lambda_rlm.bounds.bound import Bound
    from lambda_rlm.bounds.figures.likely import Likely

_LONGEST_TOKEN: Final = 256
_PROGRAM: Final = 380
"""Tokens of a program that a root model writes, as a rule."""

_NUMBERS: Final = 32
"""Tokens that numbers in a task may take beyond those counted: what is left of the budget changes."""

_NO_KEY: Final = b""
"""The codes of data markers are as long with any key."""


def writing_cost(question: Question, setup: Setup, *, is_counted: bool = False) -> tuple[Bound, str | None]:
    """The bound, and what keeps a program from being written at all, None for nothing. With `is_counted`, for somebody to read,
    prompts are counted also where their bytes would do."""
    from lambda_rlm.bounds.bound import Bound

    root, half = setup.writer, setup.budget.part(2)
    profile = root.profile
    out = _out(setup)
    messages = opening_messages(task_of(question, setup), profile, _NO_KEY)
    opening = prompt_tokens(root, messages, out, half, is_counted=is_counted)
    calls, pool = min(_calls(setup), half.calls), writing_pool(setup)
    replied, hidden = out + profile.thought(out), 1 + profile.retries
    prompts = _prompts(begun(question, setup, is_counted=is_counted), setup)[:calls]
    prompts += prompts[:1] * pool
    received = len(prompts) * hidden * replied
    sent = sum(prompts) * hidden
    one, usd = worst_case(profile, opening + grammar_tokens(profile), replied), price(profile, sent, received)
    if usd is not None and half.usd is not None:
        usd = min(usd, half.usd)
    numbers: dict[str, Any] = {
        "calls": calls,
        "attempts": (calls + pool) * (1 + profile.resends) * hidden * (1 + profile.refusals),
        "span": calls,
        "prompt_chars": _LONGEST_TOKEN * (prompts[0] if prompts else 0),
        "input_tokens": min(sent, half.tokens),
        "output_tokens": min(received, half.tokens),
        "steps": 0,
        "bytes": 0,
        "depth": 0,
    }
    formula = {name: f"{number:,}" for name, number in numbers.items()}
    counted_by = "bytes" if profile.vocabulary is None else profile.vocabulary.name
    bound = Bound(**numbers, usd=usd, formula=formula, is_price_known=one[1] is not None, pool=pool, counted_by=counted_by)
    return bound, _forbidden(profile) or _why_not(opening + out, one, setup.budget, profile.room)


def _forbidden(profile: ModelProfile) -> str | None:
    """What of the policy keeps this model from writing programs."""
    from lambda_rlm.policy.rules import PolicyViolation

    try:
        require("constrain", profile.takes_grammar, f"{profile.name} does not take a grammar; see --constrain")
    except PolicyViolation as violation:
        return str(violation)
    return None


def likely_writing(question: Question, setup: Setup, bound: Bound) -> Likely:
    """What writing is likely to cost: each program at its first attempt, and one round, however many are allowed: a next one is
    for what seldom happens. The page is the same in all requests: after the first, a provider that caches what requests begin
    with takes less for it."""
    from lambda_rlm.bounds.figures.likely import Likely
    from lambda_rlm.execution.likely.typical import TEXT_THOUGHT

    writing, profile = setup.writing, setup.writer.profile
    calls = min(max(1, writing.candidates) * calls_of_an_attempt(profile), bound.calls or 0)
    opening = setup.writer.count_tokens(opening_messages(task_of(question, setup), profile, _NO_KEY)) + grammar_tokens(profile)
    sent, replied = calls * opening, calls * (min(writing.out, _PROGRAM) + min(profile.thought(writing.out) // 2, TEXT_THOUGHT))
    page = setup.writer.count_tokens((Message("system", first_message(shown_to(is_small=profile.is_small)[0])),))
    cached = 0 if profile.caches_on_request else max(0, calls - 1) * min(page, opening)
    usd = price(profile, sent, replied, cached)
    return Likely(calls, sent, replied, usd, bound.tokens, bound.usd)


def writing_pool(setup: Setup) -> int:
    """The attempts of a root model that may be billed beyond one for each of its calls."""
    calls, profile = min(_calls(setup), setup.budget.part(2).calls), setup.writer.profile
    return min(calls * profile.resends, pool_of(profile, setup.options.pool).of(calls))


def _calls(setup: Setup) -> int:
    """How many calls there are at most."""
    writing = setup.writing
    return writing.rounds * (_first(setup) + writing.repairs) * calls_of_an_attempt(setup.writer.profile)


def _first(setup: Setup) -> int:
    """How many programs of a round are written before any of them goes back to its author."""
    return max(1, setup.writing.candidates) + (setup.writing.candidates > 1)


def begun(question: Question, setup: Setup, *, is_counted: bool = False) -> Begun:
    """What all conversations about a question begin with. The codes of markers have other tokens with other keys."""
    profile = setup.writer.profile
    messages = opening_messages(task_of(question, setup), profile, _NO_KEY)
    codes = 2 * CODE_LENGTH * sum(message.content.count("</data ") for message in messages)
    turns = 1 + len(shown_to(is_small=profile.is_small)[1])
    out = _out(setup)
    tokens = prompt_tokens(setup.writer, messages, out, setup.budget.part(2), is_counted=is_counted)
    return Begun(turns, tokens + codes, later_tokens(profile, out, setup.writing.peek))


def _prompts(beginning: Begun, setup: Setup) -> list[int]:
    """The most tokens of each prompt, the longest first: of a first program in a round with what came of the rounds before, of
    one that mends it with that one as well, and of one after a thought with that thought."""
    profile, writing = setup.writer.profile, setup.writing
    first, longest = beginning.tokens + _NUMBERS, max(beginning.tokens + _NUMBERS, profile.room - _out(setup))
    before = [
        earlier + thoughts
        for past in range(writing.rounds)
        for earlier in (*[past] * _first(setup), *[past + 1] * writing.repairs)
        for thoughts in range(calls_of_an_attempt(profile))
    ]
    prompts = [min(first + replies * beginning.later, longest) for replies in before]
    return sorted((tokens + grammar_tokens(profile) for tokens in prompts), reverse=True)


def _why_not(needed: int, one: tuple[int, float | None], budget: Budget, room: int) -> str | None:
    """What keeps the first call from being made."""
    from lambda_rlm.budget.price import dollars

    half = budget.part(2)
    share = "writing a program may use half of the budget, but one call"
    if needed > room:
        return f"the root model's prompt and reply need {needed:,} tokens, but its context window holds {room:,}"
    if budget.calls < 2:
        return f"{share} is more than half of {budget.calls:,}: {raised('--max-calls', 2)}"
    if one[0] > half.tokens:
        return f"{share} may need {one[0]:,} tokens: {raised('--max-tokens', 2 * one[0])}"
    if half.usd is not None and one[1] is None:
        return "the price of the root model is unknown: limit tokens instead of dollars (--max-tokens)"
    if half.usd is not None and one[1] is not None and one[1] > half.usd:
        return f"{share} may cost {dollars(one[1])}: {raised('--max-cost', 2 * one[1])}"
    return None


def raised(option: str, need: float) -> str:
    """To what an option is to be raised, as it is typed; dollars in two digits, rounded up."""
    if option != "--max-cost":
        return f"raise {option} to {math.ceil(need)}"
    step = 10.0 ** (math.floor(math.log10(need)) - 1) if need > 0 else 1.0
    return f"raise {option} to {math.ceil(need / step) * step:.15g}"


def task_of(question: Question, setup: Setup) -> WritingTask:
    """The task of writing a program that answers a question, within `setup.budget`; with the layouts of its inputs where they
    are to be shown and leave room for a reply and for one that mends it."""
    inputs, root = question.bound_inputs, setup.writer
    task = WritingTask(
        query=inputs.values["query"],
        inputs=inputs.values,
        types=inputs.types,
        functions=inputs.functions,
        leaf=setup.leaf.profile,
        budget=setup.budget,
        out=setup.options.out,
        peek=setup.writing.peek,
        returns=question.returns,
        guide=question.guide,
        wants_confidence=setup.writing.candidates > 1,
        may_look=may_look(setup),
        writing=max(1, setup.writing.candidates) * calls_of_an_attempt(setup.writer.profile),
        correcting=calls_of_an_attempt(setup.writer.profile),
        documents=inputs.documents,
        answers=inputs.answers,
        called=inputs.called,
        earlier=question.earlier,
        hides_texts=setup.writing.layout == "none",
        shapes=question.known_shapes,
    )
    if setup.writing.layout == "none":
        return task
    told = replace(task, layouts=question.layouts)
    profile = root.profile
    return told if fits(root, opening_messages(told, profile, _NO_KEY), 2 * _out(setup)) else task


def _out(setup: Setup) -> int:
    """The tokens of one reply."""
    profile = setup.writer.profile
    return max(1, min(setup.writing.out, profile.max_output, profile.room // 4))


def may_look(setup: Setup) -> bool:
    """Whether a program may look at the inputs, and another one answer: where a round is left for that, half of the budget
    pays for writing both, there are no rivals, and the root model is none of the small ones, which use whatever they are
    offered."""
    pays_for_both = setup.budget.part(2).calls > 1
    return setup.writing.rounds > 1 and pays_for_both and setup.writing.candidates == 1 and not setup.writer.profile.is_small


def opening_messages(task: WritingTask, root: ModelProfile, key: bytes) -> tuple[Message, ...]:
    """What a writer of programs is sent first."""
    page, examples = shown_to(is_small=root.is_small)
    return rendered(first_asked((*examples, first_turn(task)), root), page, key)[0]
