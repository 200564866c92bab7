"""What the analysis must know of the model and of how it is asked. Plain numbers: cost knows models by no name.

Owns `Rates`: what one question has beside its own text, counted by the model's vocabulary, or in bytes of UTF-8, which no
byte-level tokenizer exceeds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from math import gcd
from typing import Final

from lambda_rlm.bounds.domain.size import ZERO, SizeBound, ceil_div, largest, size_of
from lambda_rlm.budget.amount import money_above
from lambda_rlm.budget.pool import TENTH, Pool
from lambda_rlm.completion import MIN_CHARS_PER_TOKEN, TEMPLATE_TOKENS, Vocabulary
from lambda_rlm.data_class import dataclass
from lambda_rlm.limits import (
    BLOCK_OVERHEAD,
    MOST_REPLY,
    MOST_REPLY_ENDS,
    PROMPT_OVERHEAD,
    REPAIR_BYTES,
    REPLY_CHARACTERS_PER_TOKEN,
    STANDING,
)
from lambda_rlm.types.type import TEXT, Type

_WHOLE: Final = 100


def _no_instruction(type_: Type) -> int:
    return 0


def no_thought(out: float) -> int:
    """A model that does not think before a reply."""
    return 0


def _no_frame(type_: Type, most: int) -> tuple[int, int]:
    return 0, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Limits that hold for every call.

    `window` counts tokens of prompt and reply, without what the model may think; `prompt_bytes` is the most that marking data
    adds to a prompt; `repair_bytes` what a repair adds; `repairs` how often a bad reply is asked for again, `resends` how often
    each of these requests may be sent again where that is allowed, `retries` where nobody is asked; `pool` how many of these
    may be billed in a run, beside those that an earlier session of it `paid_before`; `refusals` the requests that a server may
    turn down, unbilled, before each of them; `out` and `item_out` the reply's tokens where a program does not say; a reply has
    at most `reply_chars_per_token` characters for each of them, and never more than `max_reply`."""

    window: int
    max_output: int
    min_chars_per_token: float = MIN_CHARS_PER_TOKEN
    template_tokens: int = TEMPLATE_TOKENS
    prompt_bytes: int = PROMPT_OVERHEAD
    repair_bytes: int = REPAIR_BYTES
    repairs: int = 1
    resends: int = 2
    retries: int = 0
    refusals: int = 0
    pool: Pool = TENTH
    paid_before: int = 0
    out: int = 1_024
    item_out: int = 128
    per_call: int = 16
    max_reply: int = MOST_REPLY
    reply_chars_per_token: int = REPLY_CHARACTERS_PER_TOKEN
    thought: Callable[[float], int] = no_thought
    """Tokens of thought that a request may be paid for beyond its reply's, given how many that may have; never fewer for
    more."""
    reply_ends: int = MOST_REPLY_ENDS
    """Tokens that the ends of a reply may come to beyond its own, where it is counted by a vocabulary."""
    reply_share: float = 1.0
    """The part of its allowance that a reply takes, where it is counted by a vocabulary: all of it for a limit."""
    vocabulary: Vocabulary | None = field(default=None, compare=False, repr=False)
    """What texts are counted by; None: each of their bytes is a token."""
    standing_bytes: int = len(STANDING.encode()) + 1
    """Those of the sentence that comes first where a prompt has data, unless `instruction_bytes` has it."""
    instruction_bytes: Callable[[Type], int] = _no_instruction
    """Bytes of the instruction that asks for a reply of a type, tokens where the vocabulary is known."""
    schema_bytes: Callable[[Type], int] = _no_instruction
    """The same of the schema of a type, which some providers count as part of the prompt."""
    mapping_bytes: Callable[[Type, int], tuple[int, int]] = _no_frame
    """The same for `llm_map`, with at most N items in a prompt: what is in each prompt beside instruction and items, and
    what each item adds to its text."""
    choice_bytes: int = 512
    """The most bytes that the instruction of `llm_choose` adds, beside the options."""
    count: Callable[[object, Type], int] | None = None
    """The tokens of a prompt that staging has computed, as it would be sent to ask for a type; by characters when not given."""
    count_again: Callable[[object, Type], int] | None = None
    """The same with the words that begin a repair."""
    repair_tokens: Callable[[Type], int] | None = None
    """The most tokens that a repair adds to a prompt for a type, where the vocabulary is known."""
    count_items: Callable[[object, object, Type, int | None, int | None], list[int] | None] | None = None
    """The tokens of the prompts that `llm_map` makes of known items and a known instruction, with `per_call` and `out`."""
    input_price: float | None = None
    output_price: float | None = None

    def frame(self, blocks: int) -> int:
        """Tokens that a prompt has on top of its own text and the instruction for its type, with at most N stretches of
        data."""
        marks = self.standing_bytes + blocks * BLOCK_OVERHEAD if blocks else 0
        return min(self.prompt_bytes, marks) + self.template_tokens

    def thought_before(self, reply: SizeBound) -> SizeBound:
        """The tokens of thought before a reply that has at most `reply` tokens. More tokens never allow less thought, so what
        the largest reply allows holds for each."""
        return size_of(self.thought(min(reply.value, self.max_output)))

    @property
    def counted_by(self) -> str:
        """What `Bound.counted_by` says of bounds at these rates."""
        return "bytes" if self.vocabulary is None else self.vocabulary.name

    @property
    def sends(self) -> int:
        """Attempts of one call that may be billed."""
        return self.sends_of(self.repairs)

    def sends_of(self, repairs: int) -> int:
        """The same where a reply is repaired at most `repairs` times."""
        return (1 + repairs) * (1 + self.resends)

    @property
    def requests(self) -> int:
        """Requests behind one such attempt, unbilled ones included."""
        return (1 + self.resends) * (1 + self.retries) * (1 + self.refusals)

    def repairs_of(self, type_: Type, is_choice: bool) -> int:
        """How often a bad reply of a type is asked for again; no reply is a bad Text, unless it is to choose one."""
        return self.repairs if is_choice or type_ != TEXT else 0

    def repair_of(self, type_: Type) -> int:
        """The most tokens that a repair adds to a prompt for a type."""
        return self.repair_bytes if self.repair_tokens is None else min(self.repair_bytes, self.repair_tokens(type_))

    def pool_of(self, calls: SizeBound) -> SizeBound:
        """Attempts in the pool of a run of at most N calls, more than none."""
        common = gcd(self.pool.percent, _WHOLE)
        share = ceil_div(calls * (self.pool.percent // common), _WHOLE // common)
        if self.pool.least > 1 or not self.pool.percent:  # a share of any calls is at least 1
            share = largest((share, size_of(self.pool.least)))
        return share + size_of(self.paid_before)

    def money(self, input_tokens: SizeBound, output_tokens: SizeBound) -> SizeBound:
        """What tokens cost at most, in picodollars; nothing where the price is unknown."""
        if self.input_price is None or self.output_price is None:
            return ZERO
        return input_tokens * money_above(self.input_price) + output_tokens * money_above(self.output_price)
