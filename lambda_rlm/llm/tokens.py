"""How many tokens a prompt has, before it is sent.

Owns the counters. Promises never less than the truth where the truth is known (OpenAI's vocabularies, which the package
brings along: `vocabulary`). For other families a documented upper estimate: twice the count of the nearest known vocabulary,
never more than the UTF-8 bytes, which bound every byte-level vocabulary. Refuses to count enormous texts exactly: above four
million characters the bytes are given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from lambda_rlm.completion import Message, ModelProfile, Vocabulary
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.limits import CHAT_TOKENS, MESSAGE_TOKENS
from lambda_rlm.llm.vocabulary.byte_pair import known_vocabulary, vocabulary_named

_COUNTED_EXACTLY: Final = 4_000_000
_MODELS: Final = {
    "o200k_base": late_pattern(r"(chatgpt-4o|gpt-4o|gpt-4\.[15]|gpt-5|gpt-oss|o[134])(?![a-z0-9])"),
    "cl100k_base": late_pattern(r"gpt-(4|3\.5|35)(?![a-z0-9])"),
}
"""How the names of models begin that read each vocabulary."""
_IS_OPENAI: Final = late_pattern(r"((openai|azure|azure_ai|openrouter/openai)/)?(?!gpt-oss)[^/]*\Z")
"""Names of models that OpenAI runs. Anybody may run gpt-oss, and read control tokens in contents."""
_NEAREST: Final = "o200k_base"

_ENGLISH: Final = 4.4
"""Bytes of English prose in one token of o200k_base."""

_DENSE: Final = 1.1
_DENSER: Final = (("claude", 1.2), ("gemini", 1.05), ("mistral", 1.2), ("llama", 1.05), ("qwen", 1.1))
"""How many tokens a family makes of what is one token of o200k_base: rough figures for English prose and code."""

_LEAST_SAMPLE: Final = 200

Counter = Callable[[tuple[Message, ...]], int]


def utf8_bound(messages: tuple[Message, ...], profile: ModelProfile) -> int:
    """No byte-level vocabulary gives more tokens than this."""
    return sum(len(message.content.encode("utf-8", "surrogatepass")) for message in messages) + profile.template_tokens


def vocabulary(model: str) -> str | None:
    """The tiktoken vocabulary of a model's name, None when its family is not one of those."""
    bare = model.rsplit("/", 1)[-1].removeprefix("ft:").lower()
    return next((name for name, models in _MODELS.items() if models.match(bare)), None)


def proved_vocabulary(model: str) -> Vocabulary | None:
    """The vocabulary that bounds of a model may be proved by: of models that OpenAI runs, from whoever leads to them under
    their names."""
    known = vocabulary(model)
    return None if known is None or not _IS_OPENAI.match(model.lower()) else known_vocabulary(known)


def count(messages: tuple[Message, ...], profile: ModelProfile, known: str | None) -> int:
    """The tokens of a prompt: exact for the vocabulary `known`, else the upper estimate."""
    bound = utf8_bound(messages, profile)
    if sum(len(message.content) for message in messages) > _COUNTED_EXACTLY:
        return bound
    read = vocabulary_named(known or _NEAREST)
    tokens = sum(read.exact(message.content) for message in messages)
    framing = MESSAGE_TOKENS * len(messages) + CHAT_TOKENS
    return tokens + framing if known else min(bound, 2 * tokens + framing + profile.template_tokens)


def cut(text: str, limit: int, read: Vocabulary) -> tuple[str, int, bool]:
    """A text of at most `limit` tokens of a vocabulary, how many it has, and whether it is the whole one."""
    tokens = read.exact(text)
    if tokens <= limit:
        return text, tokens, True
    shorter = text
    while tokens > limit:
        shorter = shorter[: max(0, min(len(shorter) - 1, len(shorter) * limit // tokens))]
        tokens = read.exact(shorter)
    return shorter, tokens, False


def bytes_per_token(model: str, sample: str) -> float:
    """How many bytes of UTF-8 are likely to make a token: counted on a sample where there is one, by the model's vocabulary or
    the nearest known one; by experience with English prose otherwise. An estimate, not a limit."""
    factor = density(model)
    if len(sample) < _LEAST_SAMPLE:
        return _ENGLISH / factor
    tokens = vocabulary_named(nearest_vocabulary(model)).exact(sample)
    return max(1.0, len(sample.encode("utf-8", "surrogatepass")) / max(1, tokens) / factor)


def likely_bytes_per_token(profile: ModelProfile, sample: str) -> float:
    """The same of a model whose own counts may have been measured: these count before those of another vocabulary."""
    return _measured(profile) or bytes_per_token(profile.name, sample)


def likely_counted_by(profile: ModelProfile) -> str:
    """What likely figures of a model are counted by: its vocabulary, what was `measured` of it, or the nearest vocabulary, and
    so `estimated`."""
    if _measured(profile) is not None:
        return "measured"
    return profile.vocabulary.name if profile.vocabulary is not None else vocabulary(profile.name) or "estimated"


def _measured(profile: ModelProfile) -> float | None:
    is_known = profile.vocabulary is not None or vocabulary(profile.name) is not None
    return None if is_known else profile.bytes_per_token


def density(model: str) -> float:
    """How many tokens a model is likely to make of what is one in its vocabulary, or in the nearest known one: 1 where it is
    known."""
    return 1.0 if vocabulary(model) else next((f for family, f in _DENSER if family in model.lower()), _DENSE)


def nearest_vocabulary(model: str) -> str:
    """The known vocabulary that a model's tokens are counted or estimated by."""
    return vocabulary(model) or _NEAREST
