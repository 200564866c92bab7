"""Texts that a model's tokenizer takes for control tokens, kept out of the contents of prompts.

Owns `ControlTokens`: `<|im_end|>` in a file would end the turn that it is in, and what follows would be a message of its
own. Promises that a text which was made harmless holds none of them, has as many bytes as before wherever a token has a letter
(one letter is written in the other case, `<|Im_end|>`, so that counts of tokens from bytes hold), and that a reply which copies
such a text has it as it was. Texts without control tokens stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from lambda_rlm.completion import Message

_BREAK: Final = "\N{ZERO WIDTH SPACE}"
"""What parts a token that has no letter of ASCII."""

_MOST_ROUNDS: Final = 8


class ControlTokens:
    """The control tokens of one model, as texts of at least two characters, and texts of the form `pattern`."""

    def __init__(self, tokens: Iterable[str] = (), pattern: str = "") -> None:
        longest_first = sorted({token for token in tokens if len(token) > 1}, key=lambda token: (-len(token), token))
        self.tokens = frozenset(longest_first)
        rules = [*map(re.escape, longest_first), *filter(None, (pattern,))]
        self._pattern = re.compile("|".join(rules)) if rules else None

    def harmless(self, text: str, changed: dict[str, str] | None = None) -> str:
        """The text without control tokens; `changed` learns what each was written as."""
        if self._pattern is None:
            return text
        for _ in range(_MOST_ROUNDS):
            found = self._pattern.search(text)
            if found is None:
                return text
            text = self._pattern.sub(lambda match: self._written(match.group(), changed), text)
        return self._parted(text)

    def harmless_messages(self, messages: tuple[Message, ...]) -> tuple[tuple[Message, ...], dict[str, str]]:
        """Messages whose contents hold no control token, and what stands for what in them."""
        changed: dict[str, str] = {}
        made = tuple(Message(message.role, self.harmless(message.content, changed)) for message in messages)
        return (made if changed else messages), changed

    def _written(self, token: str, changed: dict[str, str] | None) -> str:
        """A token as ordinary text: the first letter in the other case that makes it one."""
        for at, letter in enumerate(token):
            other = letter.swapcase() if letter.isascii() else letter
            made = token[:at] + other + token[at + 1 :]
            if other != letter and self._pattern is not None and self._pattern.search(made) is None:
                break
        else:
            made = token[0] + _BREAK + token[1:]
        if changed is not None:
            changed[made] = token
        return made

    def _parted(self, text: str) -> str:
        """Where tokens grow out of what stands around them again and again: each is parted once more, which nothing undoes."""
        while self._pattern is not None and (found := self._pattern.search(text)) is not None:
            text = text[: found.start() + 1] + _BREAK + text[found.start() + 1 :]
        return text


def as_it_was(reply: str, changed: dict[str, str]) -> str:
    """A reply with the texts that were changed in its prompt as they were."""
    for made, token in reversed(changed.items()):
        reply = reply.replace(made, token)
    return reply
