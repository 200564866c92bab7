"""The commands that the pages about inputs and audits show, run over files of the names they have there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from lambda_rlm.settings.keys import SETTINGS
from tests.support.places import ROOT
from tests.support.shell import Shell, wrote

DOCS = ROOT / "docs"
COMMANDS = [
    shlex.split(line, comments=True)[1:]
    for page in ("inputs.md", "audit.md")
    for fence in re.findall(r"^```sh\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for line in fence.split("\n")
    if line.strip()
]


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_of_the_pages_runs(command: list[str], shell: Shell) -> None:
    for name in ("contracts/acme.txt", "contracts/old/bolt.txt", "contracts/notes.md", "prompts/a.txt"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        wrote(name, name)
    wrote("tickets.csv", "id,text\n1,late\n")
    wrote("old.txt", "café".encode("cp1252"))
    wrote("requests.jsonl", json.dumps({"messages": [{"role": "user", "content": "Hello"}]}) + "\n")
    wrote("rows.jsonl", json.dumps({"data": {"prompt": "Hello"}}) + "\n")
    wrote("count.lam", 'f"{length(context)}"')
    wrote("each.lam", 'context |> map(fn(d) => llm_call(f"Sum up: {take(d.text, 900)}", out=50)) |> join("\\n")')
    assert shell(*command) == 0, shell.err
    assert shell.out


def test_the_options_of_the_page_are_settings() -> None:
    """`exclude` in a file and `LAMBDA_RLM_EXCLUDE` are promised there."""
    assert {"include", "exclude", "encoding", "raw", "ignore", "max_input"} <= set(SETTINGS)
