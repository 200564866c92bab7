"""How a run asks, in the numbers that the analysis of costs wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial
from typing import cast

from lambda_rlm.bounds.rates import Rates
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.budget.pool import pool_of
from lambda_rlm.completion import Model, ModelProfile, Vocabulary
from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.asking.asker import Asker, AskSettings
from lambda_rlm.eval.asking.bad_reply import complaints, is_cut
from lambda_rlm.eval.asking.model_map import mapping_bytes, mapping_tokens, tokens_of_prompts
from lambda_rlm.eval.asking.prompt import prompt_of
from lambda_rlm.eval.asking.question import REPAIR, other_codes, prompt_tokens
from lambda_rlm.eval.asking.schema import shape_of
from lambda_rlm.eval.value import Text
from lambda_rlm.limits import CHAT_TOKENS, MESSAGE_TOKENS, MOST_ERROR, MOST_MESSAGES, PROMPT_OVERHEAD, REPAIR_BYTES, STANDING
from lambda_rlm.types.type import Type, as_written

_ENOUGH = 2**62
_KEPT = 256
_MOST_ITEMS = 20_000
_MOST_CHARACTERS = 2_000_000
"""Items that are put into prompts for the sake of a bound, and their characters."""


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
        pool=pool_of(profile, settings.pool),
        paid_before=settings.paid_before,
        refusals=profile.refusals,
        out=settings.out,
        item_out=settings.item_out,
        per_call=settings.per_call,
        max_reply=settings.max_reply,
        thought=profile.thought,
        reply_ends=settings.reply_ends,
        instruction_bytes=_instruction_bytes,
        schema_bytes=_schema_bytes,
        mapping_bytes=mapping_bytes,
        input_price=profile.input_price,
        output_price=profile.output_price,
    )


def counted_rates(model: Model, settings: AskSettings) -> Rates | None:
    """The same with texts counted by the model's vocabulary; None where it is not known."""
    return None if model.profile.vocabulary is None else rates_counted(model.profile, settings)


def rates_counted(profile: ModelProfile, settings: AskSettings) -> Rates:
    """The rates by the vocabulary of a profile; by bytes where it has none."""
    rates, vocabulary = rates_at(profile, settings), profile.vocabulary
    if vocabulary is None:
        return rates
    model = cast("Model", _Counting(profile))
    return replace(
        rates,
        vocabulary=vocabulary,
        count=partial(_count, model, settings, is_counted=True),
        count_again=partial(_count, model, settings, is_counted=True, note=REPAIR),
        count_items=partial(_count_items, model, settings),
        repair_tokens=_repairs_counted(vocabulary),
        template_tokens=MOST_MESSAGES * MESSAGE_TOKENS + CHAT_TOKENS,
        standing_bytes=0,
        instruction_bytes=partial(_instruction_tokens, vocabulary),
        schema_bytes=lambda type_: shape_of(type_).schema_tokens(vocabulary),
        mapping_bytes=partial(mapping_tokens, vocabulary),
    )


@dataclass(frozen=True, slots=True)
class _Counting:
    """In place of a model that is not asked and whose vocabulary is known: no more of it is needed to count."""

    profile: ModelProfile


def _count(model: Model, settings: AskSettings, prompt: object, type_: Type, is_counted: bool = False, note: str = "") -> int:
    """The tokens of a prompt that is known, as it would be sent; counted on no run's account."""
    assert isinstance(prompt, Text)
    sent = prompt_of(prompt, Meter(Budget(fuel=_ENOUGH, memory=_ENOUGH)))
    tokens = prompt_tokens(model, sent.messages(settings.key, shape_of(type_).instruction, note), is_counted)
    vocabulary = model.profile.vocabulary
    return tokens if vocabulary is None or not is_counted else tokens + other_codes(vocabulary, sent, settings.key)


def _count_items(
    model: Model,
    settings: AskSettings,
    items: object,
    instruction: object,
    type_: Type,
    per_call: int | None,
    out: int | None,
) -> list[int] | None:
    """The tokens of the prompts that `llm_map` makes of known items; None where that is long work, or an item cannot fit."""
    assert isinstance(items, list) and isinstance(instruction, Text)
    if len(items) > _MOST_ITEMS or sum(item.n for item in items) > _MOST_CHARACTERS:
        return None
    asker = Asker(model, Meter(Budget(fuel=_ENOUGH, memory=_ENOUGH)), settings)
    asker.is_counted = True
    return tokens_of_prompts(asker, items, instruction, type_, per_call, out)


def _instruction_bytes(type_: Type) -> int:
    """Bytes of the instruction of a type."""
    return len(shape_of(type_).instruction.encode("utf-8", "surrogatepass"))


def _instruction_tokens(vocabulary: Vocabulary, type_: Type) -> int:
    """Tokens of the message that comes first, with and without the sentence about data."""
    instruction = shape_of(type_).instruction
    return max(vocabulary.exact(f"{STANDING}\n{instruction}" if instruction else STANDING), vocabulary.exact(instruction))


def _repairs_counted(vocabulary: Vocabulary) -> Callable[[Type], int]:
    """`_repair_tokens`, counted once for each type as it is written."""
    counted = lru_cache(_KEPT)(lambda type_, _: _repair_tokens(vocabulary, type_))
    return lambda type_: counted(type_, as_written(type_))


def _repair_tokens(vocabulary: Vocabulary, type_: Type) -> int:
    """The most tokens that a repair adds to a prompt that asks for a type."""
    said = max(MOST_ERROR if is_cut(complaint) else vocabulary.size(complaint).tokens for complaint in complaints(type_))
    return vocabulary.size(f"\n\n{REPAIR}").tokens + said


def _schema_bytes(type_: Type) -> int:
    """Bytes of the schema of a type, which some providers count as part of the prompt."""
    return shape_of(type_).schema_tokens(None)
