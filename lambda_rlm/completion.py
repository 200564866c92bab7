"""What it means to ask a model: the one interface that evaluation and the model rooms share.

Owns the request, the reply, its usage and the protocol `Model`. Knows no vendor and no term of the language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from enum import StrEnum
from math import inf
from typing import Any, Final, Literal, Protocol, runtime_checkable

from lambda_rlm.data_class import dataclass


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """Sampling parameters of a reply. `seed` numbers independent samples of one prompt (`llm_samples`)."""

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None


class StopReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a provider counted for one or more requests.

    `cost` is in US dollars. None, the default, means that it is unknown, which is never 0: a sum is unknown as soon as one of
    its terms is. A free reply has `cost=0.0`; `NO_USAGE` means that nothing was used, and changes no sum. `is_estimated` says
    that the provider counted nothing that can be believed, for some of it at least: the run books that at its worst.
    `uncounted` is how many attempts that is, where it is not all of them: these are not in the counts yet. `extra` is how many
    attempts were taken from the pool of the run; whoever pays sets it.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = None
    attempts: int = 1
    is_estimated: bool = False
    uncounted: int = 0
    extra: int = 0

    def __add__(self, other: Usage) -> Usage:
        cost = None if self.cost is None or other.cost is None else self.cost + other.cost
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            cost,
            self.attempts + other.attempts,
            self.is_estimated or other.is_estimated,
            self.uncounted + other.uncounted,
            self.extra + other.extra,
        )


NO_USAGE = Usage(cost=0.0, attempts=0)
"""No request was made: the zero of the sum."""

FAILED_ATTEMPT = Usage(cost=0.0)
"""One request that failed and is not billed."""


UNCOUNTED = Usage(is_estimated=True, uncounted=1)
"""One request that may be billed, without a count of tokens that can be."""

MOST_TOKENS: Final = 10**8
"""No context window has this many tokens: a provider that counts more is wrong."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """A language that a reply is written in, in the two notations that decoders take: llguidance's dialect of Lark, and GBNF.
    `short` is a part of it, in Lark, in which nothing goes on and on: for small models. `name` and `description` tell a model
    what it is."""

    name: str
    description: str
    lark: str = field(repr=False)
    gbnf: str = field(repr=False)
    short: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenSize:
    """How many tokens a text comes to wherever it is put, for one vocabulary.

    `tokens` add up: a text that is put together of others has at most the sum of theirs. `piece` is the most bytes of a piece
    that was charged by its tokens, and not by its bytes: any part of the text has at most `tokens + 2 · piece` tokens.
    """

    tokens: int
    piece: int


class CountedText(Protocol):
    """A text whose tokens were counted once."""

    @property
    def size(self) -> TokenSize: ...

    def part(self, start: int, end: int) -> TokenSize:
        """The size of the characters from `start` up to `end`, without reading all of them again."""
        ...

    def most(self, characters: int) -> int:
        """The most `tokens` that any part of at most N characters has."""
        ...


class Vocabulary(Protocol):
    """The tokens that a model reads. Loaded when it is first asked for a number."""

    @property
    def name(self) -> str: ...

    def exact(self, text: str) -> int:
        """The tokens of a text by itself."""
        ...

    def size(self, text: str) -> TokenSize: ...

    def counted(self, text: str) -> CountedText: ...


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One question to a model.

    At most one of `schema` (a JSON Schema the reply must satisfy), `choices` (texts, exactly one of which is the reply) and
    `grammar` is set; a model that cannot constrain its reply ignores them: the asker has put the instruction in the messages
    and reads the reply leniently. `max_tokens` bounds the reply, in tokens. `digest` identifies the question as it was written,
    before data was marked, with the shape of its reply and its sampling: the key of caches and journals. `again` is called
    before the request is sent once more after an attempt that may have been billed; it raises `LimitExceeded` where the run
    affords no more of these. `sent` is the most tokens of all that is sent, as whoever pays has
    counted it; 0 where nobody has. `on_text` is given the pieces of the reply while they come, by a model that can stream: they
    are provisional, and an empty piece says that those before it do not count. The completion holds the whole reply all the
    same.
    """

    messages: tuple[Message, ...]
    max_tokens: int
    sampling: Sampling = Sampling()
    schema: Mapping[str, Any] | None = None
    choices: tuple[str, ...] | None = None
    digest: str = field(default="", compare=False)
    grammar: Grammar | None = None
    again: Callable[[], None] | None = field(default=None, compare=False, repr=False)
    sent: int = field(default=0, compare=False)
    on_text: Callable[[str], None] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Completion:
    """One model turn. `keep` is called when the reply proved good, where somebody keeps good replies; a usage without an
    attempt says that this is a kept one. `is_remembered` marks one that an earlier session of the run has paid, with the usage
    it had then. `served` is the model that replied as its server names it, with its fingerprint where it has one.
    `unconstrained` says why a grammar that was asked for does not hold; it is empty where it does or none was."""

    text: str
    usage: Usage
    stop_reason: StopReason = StopReason.STOP
    model: str = ""
    keep: Callable[[], None] | None = field(default=None, compare=False, repr=False)
    is_remembered: bool = False
    unconstrained: str = ""
    served: str = ""

    def __reduce__(self) -> tuple[Any, ...]:
        # Whoever keeps good replies is of this process: a copy, or what another process is sent, keeps none.
        kept = (self.is_remembered, self.unconstrained, self.served)
        values = (self.text, self.usage, self.stop_reason, self.model, None, *kept)
        return type(self), values


MIN_CHARS_PER_TOKEN: Final = 2.0
"""Characters that a token has at least, where a model's profile does not say."""

TEMPLATE_TOKENS: Final = 64
"""The most tokens that a chat template adds to a request, where a model's profile does not say."""


LESS_THOUGHT: Final = ((256, 1_024), (512, 2_048))
"""Tokens of a reply at most, and of the thought that is allowed before it, of a model that is allowed less before short
ones."""

_COUNTS: Final = ("window", "max_output", "template_tokens", "retries", "resends", "reasoning_tokens", "refusals")
_MOST_COUNTED: Final = 1 << 53
_LEAST_CHARS_PER_TOKEN: Final = 1e-3


def _is_real(number: object, least: float) -> bool:
    return isinstance(number, int | float) and not isinstance(number, bool) and least <= number < inf


@dataclass(frozen=True, slots=True)
class ModelProfile:
    """Properties of a model, known before it is called.

    `window` counts prompt and reply, in tokens. Prices are US dollars per token, None when unknown. `min_chars_per_token` is
    the proved lower limit used by the static window check; `template_tokens` the most that a chat template adds to a request;
    `reasoning_tokens` the most that a model may think, and is paid for, beyond `max_tokens`, and `thinks_less` says that it
    is allowed less before a short reply (see `thought`); `is_small` says that a model
    learns from examples better when they are turns of the conversation; `is_constrained` says that `schema` and `choices` are
    enforced while decoding, `takes_grammar` that a `grammar` is asked for, `counts_grammar` that it may be paid for as part of
    the prompt, and `thinks_first` that a thought is asked for before, since under a grammar a model cannot think aloud;
    `retries` is how often a request may be made again behind one `complete` without asking, `resends` how often with the leave
    that `CompletionRequest.again` gives, `refusals` how many requests a server may turn down for their form, unbilled, before
    each of these. `cached_input_price` is the price of the input tokens that a provider reports as cached, and
    `caches_on_request` says that it caches the beginnings of requests only where they ask for that, which none does.
    `vocabulary` counts the model's tokens where they are known; `bytes_per_token` is how many bytes of UTF-8 they have in the
    mean where they are not, as the model's own counts showed, for likely figures alone. Raises `ValueError` for what no model
    has: a price below 0 would give a budget more than it had.
    """

    name: str
    window: int
    max_output: int
    input_price: float | None = None
    output_price: float | None = None
    min_chars_per_token: float = MIN_CHARS_PER_TOKEN
    template_tokens: int = TEMPLATE_TOKENS
    is_constrained: bool = False
    takes_grammar: bool = False
    counts_grammar: bool = False
    thinks_first: bool = False
    is_small: bool = False
    retries: int = 0
    resends: int = 0
    reasoning_tokens: int = 0
    thinks_less: bool = False
    refusals: int = 0
    cached_input_price: float | None = None
    caches_on_request: bool = False
    details: Mapping[str, str] = field(default_factory=dict)
    vocabulary: Vocabulary | None = field(default=None, compare=False, repr=False)
    bytes_per_token: float | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not isinstance(self.details, Mapping):
            raise ValueError("a profile requires a name, a str, and details, a mapping")
        for name in _COUNTS:
            number = getattr(self, name)
            if type(number) is not int or not 0 <= number <= _MOST_COUNTED:
                raise ValueError(f"the {name} of a profile must be a whole number of at least 0, not {number!r:.80}")
        for name in ("input_price", "output_price", "cached_input_price"):
            if (price := getattr(self, name)) is not None and not _is_real(price, 0.0):
                raise ValueError(f"the {name} of a profile must be a number of at least 0 or None, not {price!r:.80}")
        if (measured := self.bytes_per_token) is not None and not _is_real(measured, _LEAST_CHARS_PER_TOKEN):
            raise ValueError(f"the bytes_per_token of a profile must be above 0 or None, not {measured!r:.80}")
        if not _is_real(self.min_chars_per_token, _LEAST_CHARS_PER_TOKEN):
            raise ValueError(f"the min_chars_per_token of a profile must be above 0, not {self.min_chars_per_token!r:.80}")

    @property
    def is_free(self) -> bool:
        """Nothing is ever billed for it."""
        return self.input_price == self.output_price == 0

    @property
    def room(self) -> int:
        """Tokens of a prompt and its reply together: the window without what the model may think."""
        return max(1, self.window - self.reasoning_tokens)

    def thought(self, out: float) -> int:
        """The tokens of thought that a request allows beyond a reply of at most `out` tokens: what is sent, set aside and
        counted in bounds. Never less for a larger `out`: a bound may know only the most that `out` can be."""
        steps = LESS_THOUGHT if self.thinks_less else ()
        return min([self.reasoning_tokens, *(thought for reply, thought in steps if out <= reply)])


@runtime_checkable
class Model(Protocol):
    """A language model. Implementations are safe for concurrent use in one event loop.

    `complete` raises `ModelFailure` (never a vendor's exception) and never returns an error as text.
    `count_tokens` is exact where the tokenizer is known and otherwise never less than the truth.
    """

    @property
    def profile(self) -> ModelProfile: ...

    async def complete(self, request: CompletionRequest) -> Completion: ...

    def count_tokens(self, messages: tuple[Message, ...]) -> int: ...

    async def aclose(self) -> None: ...
