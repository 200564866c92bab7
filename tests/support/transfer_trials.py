"""Running the cases of `transfer_cases` with the gate off, and what they come to beside their bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.eval.asking.asker import Asker, AskSettings
from lambda_rlm.eval.asking.prompt import prompt_of
from lambda_rlm.eval.asking.question import ModelQuery
from lambda_rlm.eval.asking.shape import TEXT_SHAPE
from lambda_rlm.eval.value import Text
from lambda_rlm.execution.check import check
from lambda_rlm.syntax.primitive import Primitive as P
from tests.support.adversary import Adversary
from tests.support.bounding import WAYS, Ran, Trial, excess
from tests.support.transfer_cases import Pick, TransferCase

BUDGET: Final = Budget(calls=600, tokens=10**9, fuel=2_000_000, memory=30_000_000, depth=14)
HAS_FRAMES: Final = frozenset({P.LLM_MAP, P.LLM_MAP_BY, P.LLM_CHOOSE, P.RLM_CALL})
"""Functions that put words of their own into prompts, so that bytes of prompts alone say nothing."""


@dataclass(frozen=True)
class Greedy:
    """A sub-model that makes all the calls it may, one after the other, each with a prompt as long as fits, and a reply that is
    longer than it may be."""

    async def solve(self, query: Text, text: Text, calls: int, asker: Asker, span: Span) -> Text:
        assert isinstance(asker.model, Adversary)
        profile = asker.model.profile
        longest, sent = asker.longest, asker.sent  # type: ignore[attr-defined]
        for number in range(calls):
            room = profile.window - profile.reasoning_tokens - profile.max_output - profile.template_tokens
            prompt = prompt_of(Text(str(number).zfill(max(3, room))), asker.meter)
            await asker.ask(ModelQuery(prompt, TEXT_SHAPE, profile.max_output), span)
        asker.longest, asker.sent = longest, sent  # type: ignore[attr-defined]
        return Text("y" * (asker.settings.max_reply + 1))


def trial(case: TransferCase, model: Adversary, asking: AskSettings) -> Trial:
    """The case with a model and the settings it is asked with; raises `AssertionError` for a case that does not check."""
    checked = check(case.text, case.inputs)
    assert checked.typed is not None, (case, [f"{d.code} {d.message}" for d in checked.diagnostics])
    return Trial(checked.typed, case.values, model, asking, BUDGET)


def broken(case: TransferCase, made: Trial, ran: Ran, ways: tuple[str, ...] = WAYS) -> list[str]:
    """Where a run is above its bound, in any of the ways to bound it; `bare` counts the bytes of the prompts alone."""
    bounds = {way: made.bound(way) for way in ways}
    found = [f"{way}: {line}" for way, bound in bounds.items() if bound is not None for line in excess(bound, ran)]
    bare = None if case.primitive in HAS_FRAMES else made.bare()
    limit = None if bare is None else bare.bound.input_tokens
    if limit is not None and ran.prompt_bytes > limit:
        found.append(f"bare: prompts of {ran.prompt_bytes:,} bytes, bound {limit:,}")
    return found


def adversary(pick: Pick) -> tuple[Adversary, AskSettings]:
    """A model at its worst, and the settings it is asked with."""
    profile = ModelProfile(
        name="adversary",
        window=pick((10**6, 2_600)),
        max_output=pick((60, 16, 400)),
        input_price=1e-6,
        output_price=3e-6,
        retries=pick((0, 2)),
        reasoning_tokens=pick((0, 30)),
        template_tokens=pick((0, 64)),
    )
    asking = AskSettings(
        key=b"tests",
        out=pick((5, 40)),
        item_out=pick((4, 16)),
        repairs=pick((0, 1)),
        max_reply=pick((100_000, 50)),
        per_call=pick((16, 3)),
        solver=Greedy(),
    )
    manner = pick(("longest", "shortest", "many", "longest", "malformed", "mixed"))
    return Adversary(profile, manner, pick(("x", "𝄞")), pick((False, False, True))), asking
