"""A model that is never wrong about what it is shown, for the strategies of the standard library.

Texts carry facts, `[ann=bees]`. Whatever it is asked, it answers from the facts that stand in the prompt and from nothing else: what
a strategy did not show, its answer cannot know. It takes its task from the first words of the prompt, and refuses others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from lambda_rlm.completion import Completion, CompletionRequest, ModelProfile, StopReason, Usage
from lambda_rlm.llm.scripted import ScriptedModel

FACT = re.compile(r"\[(\w+)=(\w+)\]")
_MARKER = re.compile(r"\n?</?data [0-9a-f]+>\n?")
_ITEM = re.compile(r"^\[+(\d+)\]+ (.*?)(?=^\[+\d+\]+ |\Z)", re.MULTILINE | re.DOTALL)


class Faithful(ScriptedModel):
    """`plans` are its replies where a strategy asks how to go about the question, by the first words of the prompt."""

    def __init__(self, profile: ModelProfile, plans: dict[str, Any] | None = None) -> None:
        super().__init__([], profile)
        self._plans = plans or {}

    async def complete(self, request: CompletionRequest) -> Completion:
        prompt = request.messages[-1].content
        self.prompts.append(prompt)
        text = self._reply(prompt)
        usage = Usage(self.count_tokens(request.messages), len(text) // 4 + 1, cost=0.0)
        return Completion(text, usage, StopReason.STOP, self.profile.name)

    def _reply(self, prompt: str) -> str:
        for start, plan in self._plans.items():
            if prompt.startswith(start):
                return json.dumps(plan)
        for start, reply in _REPLIES.items():
            if prompt.startswith(start):
                return reply(prompt)
        raise AssertionError(f"no strategy asks this: {prompt[:200]!r}")


def facts(text: str) -> list[str]:
    """The facts of a text as `ann=bees`, sorted, each once."""
    return sorted({f"{who}={what}" for who, what in FACT.findall(text)})


def _part(prompt: str, heading: str) -> str:
    """What stands under the last line that is a heading, up to the next one of the prompt's own, without markers."""
    found = prompt.rpartition(f"\n{heading}\n")[2]
    return _MARKER.sub("", re.split(r"\n\n(?:Asked|Question): |\n\n(?:Summary|Note|Notes|Finding|Comparison):\Z", found)[0])


def _asked(prompt: str) -> str:
    found = re.search(r"\nQuestion: what has (\w+)\?", prompt)
    assert found is not None, prompt[:500]
    return found[1]


def _value(who: str, text: str) -> str | None:
    return next((what for name, what in FACT.findall(text) if name == who), None)


def _answer(heading: str) -> Callable[[str], str]:
    return lambda prompt: _value(_asked(prompt), _part(prompt, heading)) or "not found"


def _note_sentence(prompt: str) -> str:
    value = _value(_asked(prompt), _part(prompt, "Text:"))
    return json.dumps(value and f"[{_asked(prompt)}={value}]")


def _step(prompt: str) -> str:
    """Follows a chain of two: the place that somebody has, and what the place has."""
    known = prompt.partition("\n\nKnown so far:\n")[2].partition("\n\nExcerpts:\n")[0]
    text = known + _part(prompt, "Excerpts:")
    place = _value(_asked(prompt), text)
    there = place and _value(place, text)
    is_new = place is not None and place not in known
    learned = f"[{_asked(prompt)}={place}]" if is_new else None
    return json.dumps({"learned": learned, "search": place if place and not there else None, "answer": there})


def _all_facts(heading: str) -> Callable[[str], str]:
    return lambda prompt: " ".join(f"[{fact}]" for fact in facts(_part(prompt, heading))) or "nothing"


def _rows(prompt: str) -> str:
    rows = [{"values": list(hit.groups()), "quote": hit[0]} for hit in FACT.finditer(_part(prompt, "Part:"))]
    return json.dumps({"reply": rows})


def _translation(prompt: str) -> str:
    return translated(_part(prompt, "Part:"))


def translated(text: str) -> str:
    """A language that is as long as the first: letters of ASCII in upper case."""
    return "".join(c.upper() if c.isascii() else c for c in text)


def _labels(prompt: str) -> str:
    items = _MARKER.sub("\n", prompt.partition("\nItems:\n")[2])
    return json.dumps({number: label(text) for number, text in _ITEM.findall(items)})


def label(text: str) -> str:
    """The label of an item: what its first fact says, or `none`."""
    found = FACT.search(text)
    return found[2] if found else "none"


def _finding(prompt: str) -> str:
    here, there = prompt.rpartition("\nHere:\n")[2].split("\nThere:\n")
    other = dict(FACT.findall(there))
    changed = [f"[{who}={other[who]}]" for who, what in FACT.findall(here) if other.get(who, what) != what]
    return " ".join(changed) or "Nothing."


_REPLIES: dict[str, Callable[[str], str]] = {
    "Answer the question from the excerpts": _answer("Excerpts:"),
    "Answer the question from the notes": _answer("Notes:"),
    "Copy the one sentence": _note_sentence,
    "Find the answer to a question": _step,
    "Give each item its label": _labels,
    "Summarise the part": _all_facts("Part:"),
    "Below are summaries": _all_facts("Summaries:"),
    "Do what is asked, by the text": _all_facts("Text:"),
    "Note what the part": _all_facts("Part:"),
    "Below are notes": _all_facts("Notes:"),
    "Use the text below": _all_facts("Text:"),
    "List what is asked": _rows,
    "Make a glossary": lambda prompt: "bees = BEES",
    "Do what is asked with the part": _translation,
    "Compare a part": _finding,
    "Below are findings": _all_facts("Findings:"),
    "Do what is asked, by the findings": _all_facts("Findings:"),
}


def plans(labels: Sequence[str]) -> dict[str, Any]:
    """How to go about the question, for the strategies that ask: count items that say `bees`, pair those who do, name the columns."""
    is_bees = {"field": "label", "test": "is", "values": ["bees"]}
    role = {"needs": [{"labels": ["bees"], "test": "at least", "number": 1}], "rules": []}
    counting = {"where": [], "first": [is_bees], "second": [], "ask": "count", "by": None, "test": "at least", "number": 0}
    shown: dict[str, Any] = {"form": "", "words": [], "dates": None}
    return {
        "Which labels": {"labels": labels, "meaning": "what is kept"},
        "Which columns": {"columns": ["who", "what"], "order": None, "most": None},
        "Say what has to be counted": {"labels": labels, "meaning": "what is kept", **counting, **shown},
        "Say what makes a pair": {"labels": labels, "meaning": "what is kept", "by": "who", "one": role, "other": role},
    }
