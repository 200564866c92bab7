"""The pages about the public names and about events are written from the code; the site has each page in its navigation, and builds."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest

import lambda_rlm
from lambda_rlm import events
from lambda_rlm.completion import Completion, CompletionRequest, Message, Usage
from lambda_rlm.diagnostics.source import Span
from lambda_rlm.trace.jsonl import event_json
from tests.support.extras import WITHOUT_DOCS, absent
from tests.support.places import IS_REWRITING, ROOT

CONFIG = ROOT / "mkdocs.yml"

REFERENCE_HEAD = """# API reference

This page is generated from the code (`make golden`); `make docs` fills in signatures and descriptions. [The library](library.md) shows
how the names are used. Import them from `lambda_rlm`; every other module may change in any release, except
[`lambda_rlm.events`](events.md), `lambda_rlm.testing` and [`lambda_rlm.rlms`](howto/from-rlms.md).
"""

EVENTS_HEAD = """# Events

This page is generated from the code (`make golden`).

An event is a frozen dataclass of `lambda_rlm.events`. `RLM.stream` yields events and `on_event=` is called with them
([how](library.md#events)). `--trace FILE.jsonl` writes each as a JSON object on a line of its own, with the key `at`: seconds since the
trace was opened. The keys of the object are listed with each event. Order: `ProgramStarted` comes before the calls of its program,
`CallStarted` before the `Replied` and `CallFinished` of the same `call`, and `RunFinished` is last.
"""

SPAN, USAGE = Span(0, 1), Usage(1, 1)
SAMPLES: dict[type, Any] = {
    events.Routed: events.Routed("direct", None, None, ""),
    events.ProgramStarted: events.ProgramStarted("", "", "", {}, {}),
    events.CallStarted: events.CallStarted(1, (0,), SPAN, CompletionRequest((Message("user", "q"),), max_tokens=1)),
    events.Replied: events.Replied(1, (0,), "", Completion("r", USAGE), 0.0),
    events.CallFinished: events.CallFinished(1, (0,), SPAN, USAGE, 0.0),
    events.Streaming: events.Streaming(1, (0,), "r"),
    events.Retrying: events.Retrying("E0501", "", 1, 0.0),
    events.Hedging: events.Hedging(0.0),
    events.RunFinished: events.RunFinished(type("Done", (), {"fault": None})()),
}


def first_sentence(of: Any) -> str:
    text = " ".join((inspect.getdoc(of) or "").split())
    return re.split(r"(?<=[.])\s+(?=[A-Z`])", text)[0].replace("|", "\\|")


def reference_page() -> str:
    names = {name: getattr(lambda_rlm, name) for name in lambda_rlm.__all__ if name != "__version__"}
    groups = {
        "Functions": [name for name, value in names.items() if not isinstance(value, type)],
        "Classes": [name for name, value in names.items() if isinstance(value, type) and not issubclass(value, Exception)],
        "Errors": [name for name, value in names.items() if isinstance(value, type) and issubclass(value, Exception)],
    }
    parts = [REFERENCE_HEAD]
    for title, members in groups.items():
        rows = "".join(f"| `{name}` | {first_sentence(names[name])} |\n" for name in members)
        entries = "\n".join(f"::: lambda_rlm.{name}\n" for name in members)
        parts.append(f"## {title}\n\n| name | what it is |\n| --- | --- |\n{rows}\n{entries}")
    return "\n".join(parts)


def notes_of(kind: type) -> dict[str, str]:
    """The docstrings below the fields of a class."""
    (body,) = [node.body for node in ast.parse(inspect.getsource(kind)).body if isinstance(node, ast.ClassDef)]
    return {
        field.target.id: " ".join(note.value.value.split())
        for field, note in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(note, ast.Expr) and isinstance(note.value, ast.Constant) and isinstance(note.value.value, str)
    }


def event_parts(kind: Any) -> Iterator[str]:
    written = event_json(SAMPLES[kind])
    yield f"## {kind.__name__}\n\n{' '.join((inspect.getdoc(kind) or '').split())}\n"
    notes = notes_of(kind)
    rows = [
        "| field | type | default | meaning |\n| --- | --- | --- | --- |"
        if notes
        else "| field | type | default |\n| --- | --- | --- |"
    ]
    for field in fields(kind):
        default = "" if field.default is MISSING else f"`{field.default!r}`"
        shown = str(field.type).replace("|", "\\|")
        rows.append(f"| `{field.name}` | `{shown}` | {default} |" + (f" {notes.get(field.name, '')} |" if notes else ""))
    yield "\n".join(rows) + "\n"
    yield f"In a trace, `event` is `{written['event']}`. The other keys: {', '.join(f'`{key}`' for key in written if key != 'event')}.\n"


def events_page() -> str:
    return "\n".join([EVENTS_HEAD, *(part for kind in get_args(events.Event) for part in event_parts(kind))])


@pytest.mark.parametrize(("name", "page"), [("reference.md", reference_page), ("events.md", events_page)])
def test_a_page_is_what_the_code_says(name: str, page: Any) -> None:
    path = ROOT / "docs" / name
    if IS_REWRITING:
        path.write_text(page(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == page(), "`make golden` rewrites the page"


def test_every_public_name_is_in_the_reference_once() -> None:
    found = re.findall(r"^::: lambda_rlm\.(\w+)$", (ROOT / "docs" / "reference.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(found) == sorted(name for name in lambda_rlm.__all__ if name != "__version__")


def test_every_document_is_in_the_navigation() -> None:
    listed = re.findall(r": ([\w./-]+\.md)$", CONFIG.read_text(encoding="utf-8"), re.MULTILINE)
    shown = [
        *(path for path in (ROOT / "docs").rglob("*.md")),
        *ROOT.glob("*.md"),
        *ROOT.glob("examples/*/README.md"),
        *(ROOT / name / "README.md" for name in ("stdlib", "benchmarks", "tests/conformance")),
    ]
    assert sorted(set(listed)) == sorted(str(path.relative_to(ROOT)) for path in shown)
    assert len(listed) == len(set(listed))


@pytest.mark.integration
@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    """Every link and every anchor of the site leads somewhere, and each public name is described."""
    if find_spec("mkdocs") is None or find_spec("mkdocstrings") is None:
        absent(WITHOUT_DOCS)
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--config-file",
        str(CONFIG),
        "--site-dir",
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    reference = (tmp_path / "docs" / "reference.html").read_text(encoding="utf-8")
    assert [name for name in lambda_rlm.__all__ if name != "__version__" and f'id="lambda_rlm.{name}"' not in reference] == []
    assert "\\|" not in re.sub(
        r"<pre.*?</pre>", "", (tmp_path / "docs" / "cli.html").read_text(encoding="utf-8"), flags=re.DOTALL
    )
    assert "on board which ship" in (tmp_path / "index.html").read_text(encoding="utf-8").lower()
