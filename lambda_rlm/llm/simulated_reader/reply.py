"""From a request to the reply of the simulated reader.

Owns the choice of the reader by the question in the instruction. Refuses to invent: a prompt that no reader can place is
`UnreadablePrompt`, which shows how the prompt starts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from lambda_rlm.llm.simulated_reader.chain import chain_reader
from lambda_rlm.llm.simulated_reader.code import code_reader
from lambda_rlm.llm.simulated_reader.diary import diary_reader
from lambda_rlm.llm.simulated_reader.evidence import evidence_reader
from lambda_rlm.llm.simulated_reader.fill import Form
from lambda_rlm.llm.simulated_reader.instances import LABELS
from lambda_rlm.llm.simulated_reader.key import AnswerKey
from lambda_rlm.llm.simulated_reader.lines import LabelReader, line_reader
from lambda_rlm.llm.simulated_reader.needle import needle_reader
from lambda_rlm.llm.simulated_reader.plans import plan_for
from lambda_rlm.llm.simulated_reader.reading import Findings, ListReader, Reader
from lambda_rlm.llm.simulated_reader.shown import Shown
from lambda_rlm.llm.simulated_reader.slips import Slips

_SHOWN: Final = 200


class UnreadablePrompt(Exception):
    """No reader knows what a prompt asks for."""


def reply(shown: Shown, key: AnswerKey, slips: Slips) -> str:
    """What the reader replies; raises `UnreadablePrompt`."""
    plan = plan_for(shown.instruction, shown.schema, slips.at("plan"))
    if plan is not None:
        return json.dumps(plan, ensure_ascii=False)
    reader = reader_of(shown, key)
    if shown.items and shown.schema is not None:
        parts = shown.schema["properties"]
        definitions = shown.schema.get("$defs", {})
        entries: dict[str, Any] = {}
        for number, item in enumerate(shown.items, 1):
            form = _form(reader, item, slips, str(number))
            entries[str(number)] = form.value(parts[str(number)], "", None, definitions)
        return json.dumps(entries, ensure_ascii=False)
    if shown.choices is not None and reader.task in shown.choices:
        return _task(reader.task, shown.choices, slips)
    form = _form(reader, shown.data, slips, "")
    if shown.schema is not None:
        return form.of_schema(shown.schema)
    if shown.choices is not None:
        return form.of_choices(shown.choices)
    return form.of_words(shown.instruction)


def _task(task: str, choices: tuple[str, ...], slips: Slips) -> str:
    """Which of the tasks of a menu the question is."""
    random = slips.at("task")
    return task if random is None else random.choice([choice for choice in choices if choice != task])


def reader_of(shown: Shown, key: AnswerKey) -> Reader:
    """The reader for what a prompt asks."""
    asked = shown.instruction
    if _asks_for_labels(shown):
        return LabelReader(key)
    reader: Reader | None = (
        needle_reader(asked)
        or diary_reader(asked)
        or line_reader(asked, key)
        or chain_reader(asked)
        or evidence_reader(asked, key)
        or code_reader(asked)
    )
    if reader is None:
        raise UnreadablePrompt(repr(asked.strip()[:_SHOWN]))
    return reader


def _asks_for_labels(shown: Shown) -> bool:
    """The reply is one of the labels that the key has, alone or in a record, or items are to be given one of those listed."""
    if shown.items and "label" in shown.head.casefold() and sum(label in shown.head for label in LABELS) > 1:
        return True
    if shown.choices is not None:
        return set(LABELS) <= set(shown.choices)
    return shown.schema is not None and _has_labels(shown.schema)


def _has_labels(part: Mapping[str, Any]) -> bool:
    if "enum" in part:
        return set(LABELS) <= set(part["enum"])
    return any(
        _has_labels(inner)
        for value in part.values()
        for inner in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
        if isinstance(inner, dict)
    )


def _form(reader: Reader, data: str, slips: Slips, place: str) -> Form:
    reading = reader.read(data)
    if isinstance(reader, ListReader) and reading.findings:
        return Form(_each_by_itself(reader, data, reading, slips, place), reader)
    random = slips.at(place)
    return Form(reading if random is None else reader.misread(data, reading, random), reader)


def _each_by_itself(reader: ListReader, data: str, reading: Findings, slips: Slips, place: str) -> Findings:
    """The reading with slips in single findings."""
    drawn = [(finding, slips.at(f"{place}/{finding.value}")) for finding in reading.findings]
    if all(random is None for _, random in drawn):
        return reading
    kept = [finding if random is None else reader.altered(finding, data, random) for finding, random in drawn]
    return reader.listed([finding for finding in kept if finding is not None])
