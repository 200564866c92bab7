"""A recording replays the run it was made of, and invents nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from lambda_rlm.completion import CompletionRequest, Message, Sampling
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.recorded import RecordedModel, Recording, request_hash
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.testing import request as asked


def test_a_recording_replays_replies_usage_and_counts(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    recording = Recording(ScriptedModel.from_rules([("", "réponse \u2028")]), path)
    request = asked("x")
    said = anyio.run(recording.complete, request)
    tokens = recording.count_tokens(request.messages)
    replayed = RecordedModel(path)
    assert anyio.run(replayed.complete, request) == said
    assert replayed.count_tokens(request.messages) == tokens
    assert replace(replayed.profile, name="") == replace(recording.profile, name="")


def test_a_call_failure_is_replayed_and_a_setup_failure_not(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    rules = [{"match": "lost", "failure": "E0503"}, {"match": "key", "failure": "E0506"}]
    recording = Recording(ScriptedModel.from_rules(rules), path)
    for text in ("lost", "key"):
        with pytest.raises(ModelFailure):
            anyio.run(recording.complete, asked(text))
    codes = []
    for text in ("lost", "key"):
        with pytest.raises(ModelFailure) as raised:
            anyio.run(RecordedModel(path).complete, asked(text))
        codes.append(raised.value.code)
    assert codes == ["E0503", "E0521"]


def test_the_hash_depends_on_the_whole_request_only() -> None:
    request = asked("x")
    others = [
        asked("y"),
        asked("x", 33),
        replace(request, sampling=Sampling(seed=1)),
        replace(request, schema={"type": "integer"}),
        replace(request, choices=("a", "b")),
        CompletionRequest((Message("system", "x"),), 32),
    ]
    assert len({request_hash(each) for each in [request, *others]}) == 7
    schema = {"a": 1, "b": 2}
    turned = dict(reversed(schema.items()))
    assert request_hash(replace(request, schema=schema)) == request_hash(replace(request, schema=turned))
    assert request_hash(request) == "de859fb70e5caefb4bc1c8f371bfb4c0fa46bca4cac7e497cd83d1a060cec543"


@pytest.mark.parametrize("line", ["{", "{}", '{"hash": "x", "completion": {"text": 1}}', "7", '{"profile": {"nam": 1}}'])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text("\n" + line)
    with pytest.raises(ModelFailure, match=r"line 2 of the recording .*r\.jsonl"):
        RecordedModel(path)
