"""The question and its context in one prompt, as the package `rlms` takes it: a text, messages or data.

Owns where a question is looked for: at the end and at the beginning, by its label ("Question:", in several languages), by a
question mark, or because it is short beside the text. Promises that no text is lost: what is not found to be the question is
the context, and where nothing is found the question shows both ends of the prompt and is for a program (`synth`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern

_UNASKED: Final = "Do what the context asks for; where it asks for nothing, say what it is about."
_HIDDEN: Final = (
    "The context is a whole prompt: a text together with what is asked about it. Find what it asks for, which may be anywhere in "
    "it, and do that."
)
_WHOLE: Final = 2_000
"""A prompt of this many characters is asked as it is."""

_LONGEST: Final = 2_000
"""The most characters of a paragraph that may be the question of a prompt."""

_SHORT: Final = 200
"""A last paragraph of this many characters may say how to answer what the beginning asks."""

_LONGEST_LABELLED: Final = 4_000
"""The most characters of a question that has a label."""

_END: Final = 1_000
"""The characters of each end that are shown where no question is found."""

_KEYS: Final = ("question", "query", "task", "instruction")

_LABEL: Final = late_pattern(
    r"""^[ \t>]*(?P<heading>[#*_]+)?[ \t#*_]*(?:(?:user|final|the|your|my)[ ])?
    (?:questions?|q|query|queries|tasks?|instructions?|request|fragen?|aufgaben?|anfrage|anweisung|preguntas?|tareas?|consulta|instrucci[oó]n
      |t[aâ]che|requ[eê]te|consigne|domand[ae]|compito|richiesta|perguntas?|tarefa|vraag|opdracht|pytanie|zadanie
      |вопросы?|задача|задание|запрос|питання|soru|görev|سؤال|السؤال|مهمة|प्रश्न|सवाल|问题|問題|问|任务|任務|質問|課題|질문|과제)
    (?:[ ]*\d{1,3})?[ \t]*[*_]*[ \t\xa0]*(?:[:：][*_]*|(?(heading)$|(?!)))
    |^[ \t]*<(?:question|query|task|instructions?|request)>""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_ANSWER: Final = late_pattern(
    r"^[ \t>#*_]*(?:(?:final|your|the)[ ])?(?:answer|a|antwort|respuesta|r[eé]ponse|risposta|resposta|antwoord|odpowiedź|ответ"
    r"|відповідь|cevap|إجابة|الإجابة|जवाब|उत्तर|答案|回答|答|답변|답)[ \t]*[*_]*[ \t\xa0]*[:：][*_]*",
    re.IGNORECASE | re.MULTILINE,
)
_MARKED: Final = late_pattern(
    r"""[?？؟;][ "'»”’)\]*_]*$""".replace(";", "\u037e"), re.MULTILINE
)  # the Greek mark is a sign of its own
_BLANK: Final = late_pattern(r"\n[ \t\r]*(?:\n[ \t\r]*)+")


class Posed(NamedTuple):
    """A question, what it is asked about (None: nothing), and the route that it needs (None: the usual one)."""

    question: str
    context: Any
    strategy: Literal["direct", "synth"] | None = None


@dataclass(frozen=True, slots=True)
class _End:
    """The paragraph at one end of a prompt, as a range of its characters; `is_asking` where it has a label or a question mark,
    not only little text."""

    start: int
    end: int
    is_asking: bool


def question_in(prompt: Any, root_prompt: str | None) -> Posed:
    """The question in a prompt of `rlms`, and what it is asked about."""
    if _is_conversation(prompt):
        return _in_messages(prompt, root_prompt)
    if root_prompt is not None:
        return Posed(root_prompt, prompt)
    if isinstance(prompt, str):
        return _in_text(prompt)
    if isinstance(prompt, Mapping):
        key = next((key for key in _KEYS if isinstance(prompt.get(key), str) and prompt[key].strip()), None)
        rest = {name: value for name, value in prompt.items() if name != key}
        if key is not None:
            return Posed(prompt[key], rest or None)
    return Posed(_UNASKED, prompt)


def _in_messages(prompt: Any, root_prompt: str | None) -> Posed:
    """The last message of a user is the question, or has it in it; all others are about what it is asked."""
    messages = [(str(message["role"]), _content(message["content"])) for message in prompt]
    last = max((i for i, (role, _) in enumerate(messages) if role == "user"), default=None)
    posed = Posed(root_prompt or _UNASKED, None)
    if root_prompt is None and last is not None:
        role, content = messages.pop(last)
        posed = _in_text(content)
        if posed.context is None:
            posed = posed._replace(strategy=None if messages else "direct")
        else:
            messages.insert(last, (role, posed.context))
    context = "\n\n".join(f"{role}: {content}" for role, content in messages)
    return posed._replace(context=context) if context else posed


def _content(content: Any) -> str:
    """The text of a message, also where it comes in parts."""
    if isinstance(content, Sequence) and not isinstance(content, str):
        return "\n\n".join(str(part.get("text", "")) if isinstance(part, Mapping) else str(part) for part in content)
    return "" if content is None else str(content)


def _in_text(prompt: str) -> Posed:
    if len(prompt) <= _WHOLE:
        return Posed(prompt, None, "direct")
    ends = [end for end in (_first(prompt), _last(prompt)) if end is not None]
    found = [end for end in ends if end.is_asking] or ends
    if not found:
        shown = f"It begins:\n{prompt[:_END]}\n…\nIt ends:\n{prompt[-_END:]}"
        return Posed(f"{_HIDDEN}\n\n{shown}", prompt, "synth")
    question = "\n\n".join(prompt[end.start : end.end].strip() for end in found)
    if len(found) > 1 and not found[0].is_asking:  # which of the two it is, is not known: neither is taken away
        return Posed(question, prompt)
    if found[-1].end == len(prompt):
        question = question[: _bare_answer(question, len(question))].rstrip()
    elif (last := ends[-1]).end == len(prompt) and _stands_out(prompt, last):
        question += "\n\n" + prompt[last.start :].strip()
    start = found[0].end if found[0].start == 0 else 0
    stop = found[-1].start if found[-1].end == len(prompt) else len(prompt)
    return Posed(question, prompt[start:stop].strip("\r\n"))


def _stands_out(prompt: str, last: _End) -> bool:
    """Whether the last paragraph is short, and short beside the one before it: not simply where the text ends."""
    size = last.end - last.start
    before = len(prompt[max(0, last.start - 5 * _SHORT) : last.start].rstrip().rpartition("\n\n")[2])
    return size <= _SHORT and 4 * size <= before


def _first(prompt: str) -> _End | None:
    """What is asked at the beginning: to the first blank line, or the lines under a label."""
    begins = len(prompt) - len(prompt.lstrip())
    label = _LABEL.match(prompt, prompt.rfind("\n", 0, begins) + 1)
    after = begins if label is None else _after(prompt, label.end())
    blank = _BLANK.search(prompt, after, after + _LONGEST_LABELLED)
    if blank is None:
        line = prompt.find("\n", after)  # the text follows without a blank line
        if not 0 < line - after <= _LONGEST or (label is None and prompt[line - 1] not in ":：?？؟"):
            return None
        return _End(0, line, label is not None or prompt[line - 1] not in ":：")
    text = prompt[after : blank.start()]
    if label is None and len(text) > _LONGEST:
        return None
    is_asking = _is_asked(text) if label is not None else _MARKED.search(text) is not None
    return _End(0, blank.end(), is_asking)


def _last(prompt: str) -> _End | None:
    """What is asked at the end: after the last label there, else after the last blank line."""
    stop = len(prompt.rstrip())
    if (bare := _bare_answer(prompt, stop)) is not None:
        stop = len(prompt[:bare].rstrip())
    least = max(0, stop - _LONGEST_LABELLED)
    labels = [found for found in _LABEL.finditer(prompt, least, stop) if _is_asked(prompt[found.end() : stop])]
    if labels:
        return _End(labels[-1].start(), len(prompt), True)
    blanks = list(_BLANK.finditer(prompt, max(0, stop - _LONGEST - 2), stop))
    if not blanks:
        line = prompt.rfind("\n", 0, stop) + 1  # a question on a line of its own under the text
        is_asked = 0 < stop - line <= _LONGEST and _MARKED.search(prompt[line:stop]) is not None
        return _End(line, len(prompt), True) if line and is_asked else None
    text = prompt[blanks[-1].end() : stop]
    return _End(blanks[-1].end(), len(prompt), _MARKED.search(text) is not None)


def _bare_answer(prompt: str, stop: int) -> int | None:
    """Where a last "Answer:" stands with nothing behind it."""
    line = prompt.rfind("\n", 0, stop) + 1
    found = _ANSWER.match(prompt, line, stop)
    return line if found is not None and found.end() == stop else None


def _is_asked(after: str) -> bool:
    """A label leads to a question, not to an example that has its answer below."""
    return bool(after.strip()) and _ANSWER.search(after) is None


def _after(prompt: str, place: int) -> int:
    """Where the text begins that follows a label, on its line or below."""
    while place < len(prompt) and prompt[place].isspace():
        place += 1
    return place


def _is_conversation(prompt: Any) -> bool:
    return (
        isinstance(prompt, Sequence)
        and not isinstance(prompt, str)
        and bool(prompt)
        and all(isinstance(message, Mapping) and {"role", "content"} <= message.keys() for message in prompt)
    )
