"""Copies of prompts that a run does not need any more, given back while the ropes they were made of live on.

A rope is read once, for its prompt. A reply knows what it was made from, so the rope lives as long as the reply; a map over a
long input would hold the whole input once more. Owns `let_go`. Promises that values, charges and provenance stay the same:
whoever reads the rope again gets the same characters, and is not charged again for what was charged before.
"""

from __future__ import annotations

from lambda_rlm.eval.document import memory_of
from lambda_rlm.eval.value import Origin, ReadRope, Rope, characters


def let_go(prompt: Origin | None) -> None:
    """Give back the copy of a prompt that was answered; nothing where it is no rope, or too short to book its memory."""
    if isinstance(prompt, ReadRope):
        assert prompt.meter is not None
        prompt.meter.storage.give_back(memory_of(prompt.s))
        del prompt.s
        prompt.__class__ = _RopeLetGo  # type: ignore[assignment]


class _RopeLetGo(Rope):
    """A rope that was read before: its copy is charged already, and books its memory again where it is read again."""

    __slots__ = ()

    def __getattr__(self, name: str) -> str:
        if name != "s":
            raise AttributeError(name)
        assert self.meter is not None
        storage, pieces = self.meter.storage, self.opened()
        storage.make_room(sum([piece.memory() for piece in pieces]))
        self.s = "".join([characters(piece) for piece in pieces])
        self.__class__ = ReadRope  # type: ignore[assignment]
        storage.hold(memory_of(self.s))
        return self.s
