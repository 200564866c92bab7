"""What a model thought aloud, and the answer after it.

Owns which marks of a reply (`thought_marks`) count. Promises that what is returned begins after the thoughts, that thoughts
without an end or without an answer are a bad reply and never an answer, and that marks which the reply quotes from the prompt,
or has in quotation signs, mean nothing. Refuses to guess: marks that could be either are a bad reply."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.asking.bad_reply import BadReply, all_thought, cut_in_thought, doubtful_thought
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.thought_marks import MARK, SIDES

FRAMES: Final = (
    *((f"<{tag}>", f"</{tag}>") for tag in ("answer", "response", "output")),
    ("<|START_RESPONSE|>", "<|END_RESPONSE|>"),
    ("<|begin_of_box|>", "<|end_of_box|>"),
)
"""What some of these models put round the answer after a thought."""

HARMONY: Final = late_pattern(r"\s*(?:<\|start\|>\s*assistant\s*)?<\|channel\|>")
FINAL: Final = late_pattern(r"<\|channel\|>\s*final\b[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>")
_ENDS: Final = late_pattern(r"(?:\s*<\|(?:end|return)\|>)+\s*\Z")
"""gpt-oss writes in channels, of which `final` is the answer."""

BARE: Final = late_pattern(r"\s*analysis(?=[^\s\W])")
BARE_FINAL: Final = "assistantfinal"
"""What is left of these marks where a server removes the special tokens."""

_TICKS: Final = "`\"'“”‘’«»„「」『』"
_NEAR: Final = 6
"""Visible characters beside a mark that tell a quote of the prompt."""
_MOST_MARKS: Final = 1_000
"""No thoughts have more marks; each is looked for in the prompt."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply without its thoughts; `thought` says whether it had any."""

    text: str
    thought: bool


@dataclass(frozen=True)
class _Prompt:
    """A prompt in which marks are looked for."""

    text: str

    @cached_property
    def lower(self) -> str:
        return self.text.lower()

    @cached_property
    def close(self) -> str:
        return _close(self.text)

    def has_any(self, marks: tuple[str, ...]) -> bool:
        return any(mark.lower() in self.lower for mark in marks)

    def has_quoted(self, reply: str, start: int, end: int) -> bool:
        """It has the mark with what is beside it in the reply, before or behind; white space does not count."""
        if reply[start:end].strip().lower() not in self.lower:
            return False
        mark = _close(reply[start:end])
        before, after = _close(reply[max(0, start - 4 * _NEAR) : start])[-_NEAR:], _close(reply[end : end + 4 * _NEAR])[:_NEAR]
        if not before and not after:
            return True
        return (bool(after) and mark + after in self.close) or (bool(before) and before + mark in self.close)


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    pair: tuple[str, str]
    begins: bool


def answer_in(reply: str, prompt: str, *, is_complete: bool) -> Answered:
    """The answer of a reply to a prompt; raises `BadReply` for thoughts without an end or an answer. `is_complete` is False
    where the reply ran into its limit of tokens."""
    if "<" not in reply and "[" not in reply and "◁" not in reply and not BARE.match(reply):
        return Answered(reply, thought=False)
    asked = _Prompt(prompt)
    text = _harmony(reply, asked, is_complete)
    if text is None:
        text = _outside(reply, asked, is_complete)
    if text is None:
        return Answered(reply, thought=False)
    text = _unframed(text, prompt)
    if not text.strip():
        raise _without_answer(is_complete)
    return Answered(text, thought=True)


def _without_answer(is_complete: bool) -> BadReply:
    return all_thought() if is_complete else cut_in_thought()


def _harmony(reply: str, prompt: _Prompt, is_complete: bool) -> str | None:
    """The final channel of a reply in channels, None for another reply."""
    begun = HARMONY.match(reply)
    if begun is not None and not prompt.has_quoted(reply, begun.start(), begun.end()):
        final = FINAL.search(reply)
        if final is None:
            raise _without_answer(is_complete)
        return _ENDS.sub("", reply[final.end() :])
    if BARE.match(reply) is None or BARE_FINAL in prompt.text:
        return None
    _, found, answer = reply.partition(BARE_FINAL)
    return answer if found else None


def _outside(reply: str, prompt: _Prompt, is_complete: bool) -> str | None:
    """What is outside of thoughts, None where there are none. The marks of the first pair that means something count."""
    marks = [mark for mark in _marks(reply) if not prompt.has_quoted(reply, mark.start, mark.end)]
    opening = next((mark for mark in marks if mark.begins and _begins_line(reply, mark)), None)
    closing = next((mark for mark in marks if not mark.begins), None)
    first = min((mark for mark in (opening, closing) if mark is not None), key=lambda mark: mark.start, default=None)
    if first is None:
        return None
    own = [mark for mark in marks if mark.pair == first.pair and (not mark.begins or _begins_line(reply, mark))]
    is_known = prompt.has_any(first.pair)
    if not first.begins:
        return _after_unbegun(reply, marks, first.pair, is_known)
    if is_known and reply[: first.start].strip():
        return None
    return _without(reply, own[:2] if is_known else own, is_complete)


def _after_unbegun(reply: str, marks: list[_Mark], pair: tuple[str, str], is_known: bool) -> str | None:
    """What is after a thought that began in the model's template: after its last end, unless the prompt has such marks."""
    if is_known:
        raise doubtful_thought()
    if any(mark.begins and mark.pair == pair for mark in marks):
        return None
    return reply[max(mark.end for mark in marks if mark.pair == pair) :]


def _without(reply: str, marks: list[_Mark], is_complete: bool) -> str:
    """What is outside of thoughts: each lasts from its first beginning to the last end before the next one."""
    kept: list[str] = []
    begun: int | None = None
    ended = 0
    for mark in marks:
        if mark.begins and (begun is None or ended > begun):
            kept.append(reply[ended : mark.start])
            begun = mark.end
        elif not mark.begins and begun is not None:
            ended = mark.end
    if begun is not None and ended < begun:
        raise _without_answer(is_complete)
    return "".join(kept) + reply[ended:]


def _marks(reply: str) -> list[_Mark]:
    found = []
    for match in MARK.finditer(reply):
        before, after = reply[match.start() - 1 : match.start()], reply[match.end() : match.end() + 1]
        if not (before and after and before in _TICKS and after in _TICKS):
            pair, begins = SIDES[match[0].lower()]
            found.append(_Mark(match.start(), match.end(), pair, begins))
        if len(found) > _MOST_MARKS:
            raise all_thought()
    return found


def _begins_line(reply: str, mark: _Mark) -> bool:
    line = reply[: mark.start].rpartition("\n")[2] if mark.start else ""
    return not line.strip() or MARK.search(line) is not None


def _close(text: str) -> str:
    return "".join(text.split()).lower()


def _unframed(text: str, prompt: str) -> str:
    """An answer without the frame that a model puts round it, unless the prompt asks for such a frame."""
    bare = text.strip()
    for opening, closing in FRAMES:
        is_framed = bare.startswith(opening) and len(bare) >= len(opening)
        if is_framed and opening not in prompt and bare.find(closing) in (-1, len(bare) - len(closing)):
            return bare[len(opening) :].removesuffix(closing)
    return text
