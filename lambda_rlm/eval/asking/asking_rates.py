"""How a run asks, in the numbers that the analysis of costs wants."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from lambda_rlm.bounds.rates import Rates
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.pool import ALL, TENTH
from lambda_rlm.completion import Model, ModelProfile
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.eval.asking.model_map import mapping_bytes
from lambda_rlm.eval.asking.prompt import prompt_of
from lambda_rlm.eval.asking.question import prompt_tokens
from lambda_rlm.eval.asking.schema import shape_of
from lambda_rlm.eval.value import Text
from lambda_rlm.limits import PROMPT_OVERHEAD, REPAIR_BYTES
from lambda_rlm.types.type import Type

_ENOUGH = 2**62


def rates_of(model: Model, settings: AskSettings) -> Rates:
    """The rates at which a run with these settings asks this model."""
    return replace(rates_at(model.profile, settings), count=partial(_count, model, settings))


def rates_at(profile: ModelProfile, settings: AskSettings) -> Rates:
    """The rates for a model of which only the profile is at hand: prompts are counted by their characters."""
    return Rates(
        window=profile.room,
        max_output=profile.max_output,
        min_chars_per_token=profile.min_chars_per_token,
        template_tokens=profile.template_tokens,
        prompt_bytes=PROMPT_OVERHEAD,
        repair_bytes=REPAIR_BYTES,
        repairs=settings.repairs,
        resends=profile.resends,
        retries=profile.retries,
        pool=TENTH if profile.input_price or profile.output_price else ALL,
        refusals=profile.refusals,
        out=settings.out,
        item_out=settings.item_out,
        per_call=settings.per_call,
        max_reply=settings.max_reply,
        reasoning_tokens=profile.reasoning_tokens,
        instruction_bytes=_instruction_bytes,
        mapping_bytes=mapping_bytes,
        input_price=profile.input_price,
        output_price=profile.output_price,
    )


def _count(model: Model, settings: AskSettings, prompt: object, type_: Type) -> int:
    """The tokens of a prompt that is known, as it would be sent; counted on no run's account."""
    assert isinstance(prompt, Text)
    sent = prompt_of(prompt, Meter(Budget(fuel=_ENOUGH, memory=_ENOUGH)))
    return prompt_tokens(model, sent.messages(settings.key, shape_of(type_).instruction))


def _instruction_bytes(type_: Type) -> int:
    """Bytes of the instruction and the schema of a type, which some providers count as part of the prompt."""
    shape = shape_of(type_)
    return len(shape.instruction.encode("utf-8", "surrogatepass")) + shape.schema_bytes
