"""Running the cases of `transfer_cases` with the gate off, and what they come to beside their bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from lambda_rlm.bounds.analyse import analyse
from lambda_rlm.bounds.domain.abstract import Abstract
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import CompletionRequest, ModelProfile
from lambda_rlm.diagnostics.faults import LimitExceeded
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.asking.asker import Asker, AskSettings
from lambda_rlm.eval.asking.prompt import prompt_of
from lambda_rlm.eval.asking.question import ModelQuery
from lambda_rlm.eval.asking.shape import TEXT_SHAPE
from lambda_rlm.eval.value import Text
from lambda_rlm.execution.check import check
from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named
from lambda_rlm.syntax.primitive import Primitive as P
from lambda_rlm.types.type import TEXT, Type
from tests.support.adversary import Adversary
from tests.support.allowed import disallowed
from tests.support.applying import read
from tests.support.bounding import WAYS, Ran, Trial, excess
from tests.support.transfer_cases import TransferCase
from tests.support.transfer_values import Pick, written
from tests.support.word_vocabulary import WORDS

BUDGET: Final = Budget(calls=600, tokens=10**9, fuel=2_000_000, memory=30_000_000, depth=14)
REAL: Final = vocabulary_named("o200k_base")
SIZED: Final = ("measured", "declared")
"""The ways to bound that look at sizes alone, so that every function is analysed and none is computed."""

HAS_FRAMES: Final = frozenset({P.LLM_MAP, P.LLM_MAP_BY, P.LLM_CHOOSE, P.RLM_CALL})
"""Functions that put words of their own into prompts, so that bytes of prompts alone say nothing."""


@dataclass
class Tight(Adversary):
    """Replies with texts that are read as a type and are as large in one way as they may be."""

    type: Type = TEXT
    most: int = 0
    way: int = 0

    def reply(self, request: CompletionRequest, manner: str) -> str:
        room = min(self.most, self.room(request.max_tokens))
        if request.choices is not None:
            return super().reply(request, manner)
        numbers = _numbers(request)
        if not numbers:
            return self._written(room)
        share = room // len(numbers) - 6
        return "{" + ",".join(f'"{number}":{self._value(share)}' for number in numbers) + "}"

    def _value(self, room: int) -> str:
        """As a value of JSON."""
        text = self._written(max(1, room - 2))
        return f'"{text}"' if self.type == TEXT else text

    def _written(self, room: int) -> str:
        options = written(self.type, room)
        return options[self.way % len(options)]


def _numbers(request: CompletionRequest) -> list[str]:
    """The numbers of the items that a request of `llm_map` is about."""
    properties = (request.schema or {}).get("properties", {})
    return [name for name in properties if name.isdigit()]


@dataclass(frozen=True)
class Greedy:
    """A sub-model that makes all the calls it may, one after the other, each with a prompt as long as fits, and a reply that is
    longer than it may be."""

    async def solve(self, query: Text, text: Text, calls: int, asker: Asker, span: Span) -> Text:
        assert isinstance(asker.model, Adversary)
        profile = asker.model.profile
        longest, sent = asker.longest, asker.sent  # type: ignore[attr-defined]
        room = profile.window - profile.reasoning_tokens - profile.max_output - profile.template_tokens
        try:
            for number in range(calls):
                prompt = prompt_of(Text(str(number).zfill(max(3, room))), asker.meter)
                await asker.ask(ModelQuery(prompt, TEXT_SHAPE, profile.max_output), span)
        finally:
            asker.longest, asker.sent = longest, sent  # type: ignore[attr-defined]
        return Text("𝄞" * (asker.settings.max_reply + 1))


def trial(case: TransferCase, model: Adversary, asking: AskSettings) -> Trial:
    """The case with a model and the settings it is asked with; raises `AssertionError` for a case that does not check."""
    checked = check(case.text, case.inputs)
    assert checked.typed is not None, (case, [f"{d.code} {d.message}" for d in checked.diagnostics])
    return Trial(checked.typed, case.values, model, asking, BUDGET)


def exceeded(case: TransferCase, model: Adversary, asking: AskSettings) -> list[str]:
    """What the function gives that its transfer does not allow for, from measured and from declared sizes."""
    made, value = applied(case, model, asking)
    return [] if value is None else [line for sizes in answers(made) for line in disallowed(sizes, value, made.vocabulary)]


def applied(case: TransferCase, model: Adversary, asking: AskSettings) -> tuple[Trial, Any]:
    """The function alone: the trial of it, and its value; None where it ends with a fault, or its texts outgrow the memory."""
    checked = check(case.applied, case.inputs)
    assert checked.typed is not None, case
    made = Trial(checked.typed, case.values, model, asking, BUDGET)
    ran = made.run()
    try:
        read(ran.value)
    except LimitExceeded:
        return made, None
    return made, ran.value if ran.fault is None else None


def answers(made: Trial, ways: Sequence[str] = SIZED) -> list[Abstract]:
    """What the analysis says of a program's answer."""
    outcomes = [analyse(made.typed, made.sizes(way), made.rates, made.autos, BUDGET.depth).outcome for way in ways]
    return [outcome.value for outcome in outcomes if outcome is not None]


def broken(case: TransferCase, made: Trial, ran: Ran, ways: Sequence[str] = WAYS) -> list[str]:
    """Where a run is above its bound, in any of the ways to bound it; `bare` counts the bytes of the prompts alone."""
    bounds = {way: made.bound(way) for way in ways}
    found = [f"{way}: {line}" for way, bound in bounds.items() if bound is not None for line in excess(bound, ran)]
    bare = None if case.primitive in HAS_FRAMES else made.bare()
    limit = None if bare is None else bare.bound.input_tokens
    if limit is not None and ran.prompt_bytes > limit:
        found.append(f"bare: prompts of {ran.prompt_bytes:,} bytes, bound {limit:,}")
    return found


def adversary(case: TransferCase, pick: Pick) -> tuple[Adversary, AskSettings]:
    """A model at its worst for a case, and the settings it is asked with."""
    profile = ModelProfile(
        name="adversary",
        window=pick((50_000, 2_600)),
        max_output=pick((60, 16, 400)),
        input_price=1e-6,
        output_price=3e-6,
        retries=pick((0, 2)),
        reasoning_tokens=pick((0, 30)),
        template_tokens=pick((0, 64)),
        vocabulary=pick((None, WORDS, WORDS, REAL)),
    )
    asking = AskSettings(
        key=b"tests",
        out=pick((5, 40)),
        item_out=pick((4, 16)),
        repairs=pick((0, 1)),
        max_reply=pick((150, 100_000, 50)),
        per_call=pick((16, 3)),
        solver=Greedy(),
    )
    manner = pick(("longest", "shortest", "many", "longest", "malformed", "mixed"))
    plain = Adversary(profile, manner, pick(("x", "𝄞", "x ")), pick((False, False, True)))
    if case.asked is None or pick((False, False, True)):
        return plain, asking
    return Tight(profile, "longest", type=case.asked, most=asking.max_reply, way=pick((0, 1, 2, 3))), asking
