"""The rules that a policy may have, as data.

Owns `Rules`, those of one file, with the checks of their kinds; and `PolicyViolation`, the fault of what they do not allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import Fault

FORBIDDEN: Final = "E0601"
UNUSABLE: Final = "E0602"

REQUIREMENTS: Final[Mapping[str, str]] = {
    "journal": "every run is recorded",
    "approval": "a person approves each program before its first call",
    "proved": "every run is proved to complete within its budget before its first call",
    "blind": "the root model sees no contents of inputs (no --peek)",
    "no-layout": "the root model sees no layout of inputs either (none is shown, whatever --layout says)",
    "constrain": "programs are written under the grammar",
}
"""What `require` may name, and what it means."""


class PolicyViolation(Fault):
    """The policy does not allow it. `rule` is the rule's name, None where the policy itself cannot be used; `file` is where it
    is written."""

    def __init__(self, file: str, rule: str | None, message: str) -> None:
        named = f"policy {file}" if rule is None else f"rule {rule} of the policy {file}"
        super().__init__(UNUSABLE if rule is None else FORBIDDEN, f"{named}: {message}")
        self.rule = rule
        self.file = file


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one file; None where it says nothing.

    Patterns (`*` for any characters) for `models`, `servers` (hosts), `providers`; `region_of` names the region of a server, a
    provider or a model. Limits of a run and of a day, in calls, tokens, US dollars and seconds. `formats` are endings of files,
    `folders` where they are; `ledger` is the file of what was spent today.
    """

    file: str
    sha256: str
    models: tuple[str, ...] | None = None
    servers: tuple[str, ...] | None = None
    providers: tuple[str, ...] | None = None
    regions: tuple[str, ...] | None = None
    region_of: Mapping[str, str] = field(default_factory=dict)
    max_calls: int | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    max_seconds: float | None = None
    max_calls_per_day: int | None = None
    max_cost_per_day: float | None = None
    require: tuple[str, ...] = ()
    formats: tuple[str, ...] | None = None
    folders: tuple[str, ...] | None = None
    offline: bool = False
    ledger: str | None = None

    def written(self) -> dict[str, Any]:
        """The rules that the file has, by name."""
        usual = {"region_of": {}, "require": (), "offline": False}
        found = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in ("file", "sha256")}
        return {name: value for name, value in found.items() if value != usual.get(name)}


def rules_of(table: Mapping[str, Any], file: str, sha256: str) -> Rules:
    """The rules that a table of a file has. Raises `PolicyViolation` for an unknown rule and a value of a wrong kind."""
    known = {one.name: str(one.type) for one in fields(Rules) if one.name not in ("file", "sha256")}
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            raise PolicyViolation(file, None, f"unknown rule {name!r}" + (f"; did you mean {near[0]}?" if near else ""))
        values[name] = tuple(value) if isinstance(value, list) else value
        if not _fits(known[name], value):
            raise PolicyViolation(file, None, f"{name} must be {_kind(known[name])}, not {value!r}")
    unknown = [name for name in values.get("require", ()) if name not in REQUIREMENTS]
    relative = [path for path in (*values.get("folders", ()), values.get("ledger", "/")) if not Path(path).is_absolute()]
    if unknown or relative:
        raise PolicyViolation(
            file, None, f"unknown requirement {unknown[0]!r}" if unknown else f"not absolute: {relative[0]!r}"
        )
    return Rules(file=file, sha256=sha256, **values)


def _kind(kind: str) -> str:
    """A kind of value in words."""
    words = {
        "tuple": 'a list of texts, e.g. ["openai/*"]',
        "Mapping": "a table of texts",
        "bool": "true or false",
        "str": "a text",
    }
    return next((said for start, said in words.items() if kind.startswith(start)), "a number of at least 0")


def _fits(kind: str, value: Any) -> bool:
    if kind.startswith("tuple"):
        return isinstance(value, list) and all(isinstance(item, str) and item for item in value)
    if kind.startswith("Mapping"):
        return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
    if kind == "bool" or isinstance(value, bool):
        return kind == "bool" and isinstance(value, bool)
    if kind.startswith("str"):
        return isinstance(value, str)
    return isinstance(value, (int, float) if kind.startswith("float") else int) and value >= 0
