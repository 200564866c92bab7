"""The library functions that ask a model.

Owns `ASYNC_IMPLEMENTATIONS`: per function a builder that is given the place of use and the run's asker, and returns an `async`
callable of the values by place. An optional argument that was left out is None; `or_else` arrives as a callable without
parameters, so that it is computed only when it is needed.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Final

from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Sampling
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.eval import wording
from lambda_rlm.eval.asking.asker import Asker
from lambda_rlm.eval.asking.model_map import llm_map, llm_map_by
from lambda_rlm.eval.asking.numbered_items.brackets import brackets, forges_a_number
from lambda_rlm.eval.asking.prompt import PRICE, prompt_of
from lambda_rlm.eval.asking.question import ModelQuery
from lambda_rlm.eval.asking.quotes import normalized
from lambda_rlm.eval.asking.read_reply import read_choice
from lambda_rlm.eval.asking.schema import shape_of
from lambda_rlm.eval.asking.shape import ReplyReading, ReplyShape
from lambda_rlm.eval.place import gather
from lambda_rlm.eval.site import Site
from lambda_rlm.eval.value import Derived, Rope, Text, Value, origin_of
from lambda_rlm.limits import OPTIONS
from lambda_rlm.syntax.primitive import Primitive
from lambda_rlm.types.reply_tokens import CHOICE_TOKENS, reply_out
from lambda_rlm.types.type import Con, Type

AsyncFunction = Callable[..., Awaitable[Value]]
AsyncBuilder = Callable[[Site, Asker], AsyncFunction]

_LONGEST_LABEL: Final = 80
"""Options of the program of at most N characters are replied as they stand. Longer ones are replied by number, and so are those
that come from documents or replies: the schema of a reply is read as an instruction."""


def llm_call(site: Site, asker: Asker) -> AsyncFunction:
    """`llm_call[T](prompt, out?, or_else?)`: one question, answered by a T."""
    shape, typical = shape_of(site.result), reply_out(site.result, asker.settings.out)

    async def call(prompt: Text, out: int | None = None, or_else: Callable[[], Value] | None = None) -> Value:
        question = ModelQuery(prompt_of(prompt, site.meter), shape, asker.out(out, typical), repairs=asker.settings.repairs)
        try:
            return await asker.ask(question, site.span)
        except ModelFailure as failure:
            if or_else is None or failure.is_fatal or asker.settings.is_strict:
                raise
        asker.degrade(or_else=1)
        return or_else()

    return call


def llm_samples(site: Site, asker: Asker) -> AsyncFunction:
    """`llm_samples[T](prompt, n, out?)`: the same question n times, each sample numbered and so never shared with another."""
    type_ = element_of(site.result)
    shape, typical = shape_of(type_), reply_out(type_, asker.settings.out)

    async def samples(prompt: Text, n: int, out: int | None = None) -> Value:
        asker.refuse_more_than_budget(n)
        settings = asker.settings
        sent = prompt_of(prompt, site.meter)

        def sample(number: int) -> Callable[[], Awaitable[Value]]:
            sampling = Sampling(temperature=settings.temperature, seed=settings.seed + number)
            question = ModelQuery(sent, shape, asker.out(out, typical), sampling, settings.repairs)
            return lambda: asker.ask(question, site.span)

        return await gather([sample(number) for number in range(max(0, n))])

    return samples


def llm_choose(site: Site, asker: Asker) -> AsyncFunction:
    """`llm_choose(prompt, options)`: one of options that are known only now; none for no options or no valid reply."""

    async def choose(prompt: Text, options: list[Text]) -> Value:
        if not options:
            return None
        site.meter.spend(PRICE.steps(elements=len(options)))
        are_labels = all(origin_of(option) is None for option in options) and _are_labels([option.s for option in options])
        sent = prompt_of(_listed(prompt, options, are_labels, site.meter), site.meter)
        shape = _choice_shape(options, are_labels)
        out = asker.out(None, min(asker.settings.out, CHOICE_TOKENS))
        question = ModelQuery(sent, shape, out, repairs=asker.settings.repairs)
        try:
            return (await asker.ask(question, site.span),)
        except ModelFailure as failure:
            if failure.code not in wording.NOT_AN_ANSWER:
                raise
        asker.degrade(items=1)
        return None

    return choose


def rlm_call(site: Site, asker: Asker) -> AsyncFunction:
    """`rlm_call(query, text, calls)`: a sub-model writes and runs a program of its own over the text."""

    async def solve(query: Text, text: Text, calls: int) -> Value:
        solver = asker.settings.solver
        if origin_of(query) is not None:
            raise wording.not_trusted(site.span)
        if solver is None:
            raise wording.no_solver(site.span)
        asker.coverage.show(prompt_of(text, site.meter), site.meter)
        answer = await solver.solve(query, text, calls, asker, site.span)
        most = asker.settings.max_reply
        if answer.n > most:
            asker.degrade(cuts=1)
            return answer.cut(0, most)
        return answer

    return solve


def element_of(type_: Type) -> Type:
    """The T of List[T]."""
    assert isinstance(type_, Con)
    return type_.arguments[0]


def _are_labels(options: list[str]) -> bool:
    """The options can be replied as they stand: short, of one line, and no two alike."""
    alike = {normalized(option).casefold() for option in options}
    short = all(0 < len(option) <= _LONGEST_LABEL and option == normalized(option) for option in options)
    return short and len(alike) == len(options)


def _listed(prompt: Text, options: list[Text], are_labels: bool, meter: Meter) -> Text:
    """The prompt with the options under it, each after a dash or its number, which no line of an option begins with."""
    pieces = [prompt, Text(OPTIONS)]
    opening, closing = brackets([o.s for o in options]) if any(forges_a_number(o.s) for o in options) else ("", ".")
    for number, option in enumerate(options, 1):
        pieces += [Text("\n- " if are_labels else f"\n{opening}{number}{closing} "), option]
    return Rope(pieces, sum(piece.n for piece in pieces), meter)


def _choice_shape(options: list[Text], are_labels: bool) -> ReplyShape:
    labels = tuple(option.s for option in options) if are_labels else tuple(str(n) for n in range(1, len(options) + 1))
    by_label = dict(zip(labels, options, strict=True))

    def chosen(label: str, reading: ReplyReading) -> Text:
        option = by_label[label]
        origin = origin_of(option)
        reading.meter.allocate(option.n)
        return Text(option.s, reading.origin if origin is None else Derived((origin, reading.origin)))

    numbers = {} if are_labels else {option.s: number for option, number in zip(options, labels, strict=True)}
    synonyms = numbers if len(numbers) == len(options) else {}
    what = "exactly one of the options, as it is spelled" if are_labels else "the number of exactly one of the options"
    key = f"choose {json.dumps(labels)} {[option.n for option in options]}"
    read, instruction = read_choice(labels, chosen, synonyms, are_trusted=False), f"Reply with {what}, without a remark."
    return ReplyShape(key, read, instruction, choices=labels)


ASYNC_IMPLEMENTATIONS: Final[dict[Primitive, AsyncBuilder]] = {
    Primitive.LLM_CALL: llm_call,
    Primitive.LLM_SAMPLES: llm_samples,
    Primitive.LLM_MAP: llm_map,
    Primitive.LLM_MAP_BY: llm_map_by,
    Primitive.LLM_CHOOSE: llm_choose,
    Primitive.RLM_CALL: rlm_call,
}
