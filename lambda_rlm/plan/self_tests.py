"""Results of self-tests of models, kept in a file of this user.

Owns the file, the record of a result, and the strength that follows from it. Promises that a result counts only for the page
of the language that the model was shown, and that a file which is damaged, foreign or missing means that nothing was tested.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.plan.measured_models import StrengthClass
from lambda_rlm.private_file import private_folder, private_json, replace

FILE: Final = "self-tests.json"
_HEAD: Final = b'{"lambda-rlm self-tests": '
_MOST_BYTES: Final = 1_000_000
_MOST_RESULTS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """What a model did in a self-test: of the questions of each kind, how many it got right. `page` is the page of the
    language that it was shown, by its SHA-256, `date` the day (YYYY-MM-DD)."""

    model: str
    page: str
    date: str
    programs: int
    programs_of: int
    tasks: int
    tasks_of: int
    types: int
    types_of: int

    @property
    def strength(self) -> StrengthClass:
        """Strong with at most one program wrong and every reply of its type, medium with most programs right; weak for a model
        that does not keep to types at all."""
        if self.programs >= self.programs_of - 1 and self.types == self.types_of:
            return "strong"
        return "medium" if self.programs * 2 > self.programs_of and self.types else "weak"

    @property
    def tells_tasks_apart(self) -> bool:
        return self.tasks * 2 > self.tasks_of


def self_tests(folder: Path, page: str | None = None) -> Mapping[str, SelfTest]:
    """The results in a folder, by the names of models: those of a page, with None of whatever page."""
    try:
        found = [_read(row) for row in private_json(folder / FILE, _MOST_BYTES)["lambda-rlm self-tests"]]
    except (ValueError, TypeError, KeyError):
        return {}
    return {one.model: one for one in found if page in (None, one.page)}


def keep(folder: Path, result: SelfTest) -> None:
    """Add a result in place of an earlier one of the same model. Raises `OSError`."""
    private_folder(folder)
    kept = [one for one in self_tests(folder).values() if one.model != result.model][-(_MOST_RESULTS - 1) :]
    data = _HEAD + json.dumps([asdict(one) for one in (*kept, result)]).encode() + b"}\n"
    replace(folder / FILE, data, lambda head: head.startswith(_HEAD))


def _read(row: Mapping[str, Any]) -> SelfTest:
    """A record; raises `ValueError` for one that is not ours."""
    result = SelfTest(**row)
    for name, kind in SelfTest.__annotations__.items():
        if type(getattr(result, name)).__name__ != kind:
            raise ValueError(name)
    return result
