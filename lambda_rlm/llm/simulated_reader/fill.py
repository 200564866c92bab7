"""A reading in the form that a prompt asks for.

Owns the fit from what was found to a JSON Schema, to a choice among labels, or to plain words. Fields are filled by what their
names mean: a quote gets the words, a date the date, anything else what the finding says in short. Promises a reply of the type
asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.llm.simulated_reader.reading import Finding, Findings, Reader

_WORDS_OF_IT: Final = ("quote", "sentence", "passage", "evidence", "excerpt", "source", "line", "word for word")
_NOTES: Final = ("learned", "note", "summary", "facts", "known")
_COLUMNS: Final = "columns"
_SYNONYMS: Final = {
    "date": ("date", "day", "when"),
    "user": ("user",),
    "label": ("label", "class", "category", "kind", "type"),
    "what": ("what", "event", "action", "activity", "entry", "done"),
    "next": ("next", "look", "search", "query", "term", "need"),
    "file": ("file", "path", "module"),
    "text": ("question", "instance"),
}
_YES: Final = ("yes", "true", "relevant", "found", "answered", "enough", "some")
_NO: Final = ("no", "false", "irrelevant", "not relevant", "not found", "none", "null", "unknown", "other")
_COPIES: Final = re.compile(r"\b(copy|copied|quote|word for word|notes?|excerpts? that|facts?)\b", re.IGNORECASE)
_ABSENT: Final = re.compile(
    r"(?:reply|write|answer|say)(?: with)?:? [\"'“]?(not found|none|nothing|unknown|null)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Form:
    """Fills one reply from a reading by a reader."""

    reading: Findings
    reader: Reader

    def of_schema(self, schema: Mapping[str, Any]) -> str:
        """JSON that the schema accepts."""
        return json.dumps(self.value(schema, "", None, schema.get("$defs", {})), ensure_ascii=False)

    def value(self, part: Mapping[str, Any], name: str, finding: Finding | None, definitions: Mapping[str, Any]) -> Any:
        """What is at one place of the reply: of one finding, or of the whole reading."""
        if "$ref" in part:
            return self.value(definitions[part["$ref"].rsplit("/", 1)[1]], name, finding, definitions)
        if "anyOf" in part:
            other = next((option for option in part["anyOf"] if option.get("type") != "null"), part["anyOf"][0])
            return self.value(other, name, finding, definitions) if self._is_there(name, finding) else None
        match part.get("type"):
            case "object":
                fields = part.get("properties", {})
                return {field: self.value(inner, field, finding, definitions) for field, inner in fields.items()}
            case "array":
                if finding is None and name == _COLUMNS:
                    return list(self.reader.columns)
                if finding is None:
                    return [self.value(part["items"], name, each, definitions) for each in self.reading.findings]
                return [str(finding.fields.get(column, finding.value)) for column in self.reader.columns]
            case "boolean":
                return self._is_there(name, finding)
            case "integer" | "number":
                return self._number(name, finding)
            case _:
                return self._label(part["enum"], finding) if "enum" in part else self._string(part, name, finding)

    def of_choices(self, choices: Sequence[str]) -> str:
        """One of the choices."""
        return self._label(choices, None)

    def of_words(self, instruction: str) -> str:
        """Plain words: the answer, or what was found where an instruction asks for copies or notes of it."""
        copied = self._notes()
        if copied and _COPIES.search(instruction):
            return copied
        if self.reading.answer is not None:
            return self.reading.answer
        absent = _ABSENT.search(instruction)
        return absent[1] if absent else copied or "not found"

    def _notes(self) -> str:
        return "\n".join(str(finding.fields.get("note", finding.quote)) for finding in self.reading.findings)

    def _is_there(self, name: str, finding: Finding | None) -> bool:
        if finding is not None:
            return True
        if any(word in name.casefold() for word in ("done", "enough", "complete", "answer")):
            return self.reading.answer is not None
        return bool(self.reading.findings) or (bool(name) and self.reader.told(name.casefold()) is not None)

    def _label(self, labels: Sequence[str], finding: Finding | None) -> str:
        said = finding.value if finding is not None else self.reading.answer or ""
        if said in labels:
            return said
        wanted = _YES if self._is_there("", finding) else _NO
        plain = {label.casefold(): label for label in labels}
        return next((plain[word] for word in wanted if word in plain), labels[-1] if wanted is _NO else labels[0])

    def _string(self, part: Mapping[str, Any], name: str, finding: Finding | None) -> str:
        low = f"{name} {part.get('description', '')}".casefold()
        first = finding or (self.reading.findings[-1] if self.reading.findings else None)
        if any(word in low for word in _WORDS_OF_IT):
            return "" if first is None else first.quote
        if finding is None and any(word in low for word in _NOTES):
            return self._notes()
        field = self._field(low, first)
        if field is not None:
            return str(field)
        answer = self.reader.told(name.casefold()) if finding is None else None
        if answer is not None:
            return str(answer)
        if finding is not None:
            return finding.value
        return self.reading.answer or ""

    def _number(self, name: str, finding: Finding | None) -> int:
        low = name.casefold()
        first = finding or (self.reading.findings[-1] if self.reading.findings else None)
        if any(word in low for word in ("score", "relevance", "confidence")):
            return 10 if self._is_there("", finding) else 0
        field = self._field(low, first)
        if isinstance(field, int):
            return field
        if finding is None and any(word in low for word in ("count", "number_of", "how_many", "total")):
            return len(self.reading.findings)
        said = finding.value if finding is not None else self.reading.answer or ""
        numbers = re.findall(r"-?\d{1,15}", said)
        return int(numbers[-1]) if numbers else len(self.reading.findings)

    def _field(self, low: str, finding: Finding | None) -> Any:
        if finding is None:
            return None
        return next(
            (
                finding.fields[field]
                for field, words in _SYNONYMS.items()
                if field in finding.fields and any(word in low for word in words)
            ),
            None,
        )
