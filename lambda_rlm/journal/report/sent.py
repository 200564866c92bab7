"""What of a run went to whom: for each call the server, the model, the places of inputs in its prompt, and what else stood
there.

Owns the rows of `show --sent`. Promises that a prompt which was not sent (answered by a cache or an earlier session, shared
with an equal one) is marked as such. Refuses to guess a page or a line: contents of inputs are not on record."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from lambda_rlm.journal.records import CallRow, RunRow
from lambda_rlm.journal.report.run_report import ROOT, RunReport
from lambda_rlm.journal.report.tree import SHARED, is_cached
from lambda_rlm.late_pattern import late_pattern

_DOCUMENT: Final = late_pattern(r"(\w+)\[(\d+)\]\.text")
_HERE: Final = ("local/", "local:", "scripted:", "recorded:", "sim:")
_QUESTION: Final = late_pattern(r"\bquery\b")
_NO_SERVER: Final = "this process"


def sent(details: RunReport) -> list[dict[str, Any]]:
    """A row for each call, as JSON data: `parts` have an input, its file where it is known, and characters from start to
    end."""
    files = _Files(details.run)
    models = {call.call: call.model for call in details.calls if call.model}
    return [_row(call, details, files, models) for call in details.calls]


def _row(call: CallRow, details: RunReport, files: _Files, models: Mapping[int, str]) -> dict[str, Any]:
    model = call.model or models.get(call.call, "")
    return {
        "call": ".".join(map(str, call.path)) or "·",
        "session": call.session,
        "how": how(call),
        "server": server_of(details.run, model),
        "model": model,
        "served": call.served or None,
        "characters": call.prompt,
        "parts": [{"input": name, "file": files.of(name), "start": start, "end": end} for name, start, end in call.shown],
        "besides": _besides(call, details),
    }


def _besides(call: CallRow, details: RunReport) -> list[str]:
    """What stood in the prompt beside parts of inputs."""
    if call.place == ROOT or not call.program:
        settings = details.run.what.get("settings") or {}
        peek = settings.get("peek") or 0
        shown = ["the question", "names, types and sizes of the inputs", "programs written before and what came of them"]
        shown += ["the masked layout of the inputs"] if settings.get("layout") == "masked" else []
        shown += ["the earlier questions and the forms of their answers"] if details.run.what.get("earlier") else []
        return [*shown, f"the first {peek:,} characters of each input"] if peek else shown
    own = details.sources.get(call.program)
    is_asked = own is not None and _QUESTION.search(own.text) is not None
    return [
        f"instructions of the program ({details.place(call)})",
        *(["the question, where the program puts it"] if is_asked else []),
    ]


def how(call: CallRow) -> str:
    """Whether the prompt of a call was sent, and what answered it otherwise."""
    if call.state == SHARED:
        return "shared with an equal prompt"
    if (call.usage or {}).get("remembered") is not None:
        return "answered from an earlier session"
    return "answered from the cache" if is_cached(call) else "sent"


def server_of(run: RunRow, model: str) -> str:
    """Where a model of a run is: an address, a provider by the beginning of its name, or this process."""
    address = (run.what.get("settings") or {}).get("base_url")
    if model.startswith(_HERE):
        return _NO_SERVER
    return str(address or model.partition("/")[0] or _NO_SERVER)


class _Files:
    """The files that inputs were read from, as far as they are on record."""

    def __init__(self, run: RunRow) -> None:
        self._names = {part["name"]: part.get("files") or [] for part in run.what.get("inputs") or []}
        self._paths = paths_of(run.what.get("arguments") or [])

    def of(self, place: str) -> str | None:
        """The file of a place such as `context` or `context[3].text`."""
        document = _DOCUMENT.fullmatch(place)
        if document is not None and int(document[2]) < len(self._names.get(document[1], [])):
            return str(self._names[document[1]][int(document[2])])
        paths = self._paths.get(re.split(r"[\[.]", place)[0], [])
        return paths[0] if len(paths) == 1 else None


def paths_of(arguments: Sequence[str]) -> dict[str, list[str]]:
    """The paths of each input, from the arguments of a command line."""
    found: dict[str, list[str]] = {}
    for argument in arguments:
        name, equals, path = argument.partition("=")
        is_named = bool(equals) and name.isidentifier() and not Path(argument).exists()
        found.setdefault(name if is_named else "context", []).append(path if is_named else argument)
    return found
