"""The scripted model follows its script and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from lambda_rlm.completion import Completion, CompletionRequest, Message, StopReason, Usage
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.recorded import RecordedModel
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.simulated import SimulatedModel
from lambda_rlm.testing import request as asked


def reply(model: ScriptedModel, text: str, max_tokens: int = 100) -> Completion:
    return anyio.run(model.complete, asked(text, max_tokens))


def test_the_first_rule_that_matches_answers() -> None:
    model = ScriptedModel.from_rules([("b", "second letter"), ("a", "first letter")])
    assert reply(model, "ab").text == "second letter"
    assert reply(model, "a").text == "first letter"
    assert model.prompts == ["ab", "a"]


def test_a_prompt_is_all_messages_joined() -> None:
    model = ScriptedModel.from_rules([("(?s)rules.*question", "yes")])
    request = CompletionRequest((Message("system", "the rules"), Message("user", "the question")), 10)
    assert anyio.run(model.complete, request).text == "yes"


def test_no_match_is_a_failure_that_shows_the_prompt() -> None:
    """A default would let a test pass that asks the wrong thing."""
    with pytest.raises(ModelFailure) as raised:
        reply(ScriptedModel.from_rules([("x", "y")]), "how many" + " words" * 200)
    assert raised.value.code == "E0520"
    assert raised.value.is_fatal
    assert "how many words" in raised.value.message
    assert len(raised.value.message) < 500


def test_a_rule_is_spent_after_its_times() -> None:
    model = ScriptedModel.from_rules([{"match": "x", "reply": "once", "times": 1}, ("x", "always")])
    assert [reply(model, "x").text for _ in range(3)] == ["once", "always", "always"]


def test_groups_of_the_pattern_go_into_the_reply() -> None:
    model = ScriptedModel.from_rules([(r"(\w+) and (\w+)(!)?", r"\2, then \1\3"), ("plain", r"kept \1")])
    assert reply(model, "salt and pepper").text == "pepper, then salt"
    assert reply(model, "plain").text == r"kept \1"


def test_a_long_reply_is_cut_at_the_bound_and_says_so() -> None:
    completion = reply(ScriptedModel.from_rules([("x", "123456789")]), "x", 2)
    assert completion.text == "12345678"
    assert completion.stop_reason is StopReason.LENGTH
    assert completion.usage.output_tokens == 2


def test_usage_counts_four_characters_unless_scripted() -> None:
    rules: list[dict[str, Any] | tuple[str, str]] = [
        {"match": "own", "reply": "r", "usage": {"input_tokens": 9, "output_tokens": 8, "cost": 0.5}},
        ("x", "12345"),
    ]
    model = ScriptedModel.from_rules(rules)
    assert reply(model, "x").usage == Usage(5, 2, cost=0.0)
    assert reply(model, "own").usage == Usage(9, 8, cost=0.5)


def test_a_script_can_fail_and_have_its_own_window(tmp_path: Path) -> None:
    path = tmp_path / "script.jsonl"
    path.write_text(
        '{"profile": {"window": 500, "max_output": 100, "input_price": 0.001, "output_price": 0.002}}\n\n'
        '{"match": "bad", "failure": "E0502", "retry_after": 3}\n{"match": "", "reply": "ok"}\n'
    )
    model = ScriptedModel.from_file(path)
    assert model.profile.window == 500
    assert reply(model, "1234").usage.cost == pytest.approx(5 * 0.001 + 0.002)
    with pytest.raises(ModelFailure) as raised:
        reply(model, "bad")
    assert (raised.value.code, raised.value.is_retryable, raised.value.retry_after) == ("E0502", True, 3)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 1"),
        ("[]", "JSON object"),
        ('{"reply": "x"}', "`match`"),
        ('{"match": "x"}', "either `reply`"),
        ('{"match": "x", "reply": "y", "failure": "E0501"}', "either `reply`"),
        ('{"match": "(", "reply": "x"}', "invalid regular expression"),
        ('{"match": "x", "reply": "x", "time": 2}', "unknown key 'time'"),
        ('{"match": "x", "reply": "x", "times": 0}', "at least 1"),
        ('{"match": "x", "reply": "x", "times": "2"}', "a number"),
        ('{"match": "x", "failure": "E0101"}', "unknown failure code"),
        ('{"profile": {"windows": 3}}', "unknown key 'windows'"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "script.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(ModelFailure) as raised:
        ScriptedModel.from_file(path)
    assert raised.value.code == "E0522"
    assert said in raised.value.message
    assert str(path) in raised.value.message


def test_a_missing_script_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFailure, match=r"cannot read .*nowhere\.jsonl"):
        ScriptedModel.from_file(tmp_path / "nowhere.jsonl")


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    "line",
    [
        DEEP,
        '{"match": "", "reply": "x", "usage": ' + DEEP,
        '{"profile": {"input_price": -1, "output_price": -1}}',
        '{"profile": {"input_price": NaN}}',
        '{"profile": {"retries": -9}}',
        '{"profile": {"min_chars_per_token": "q"}}',
    ],
    ids=lambda line: line[:40],
)
def test_a_line_that_no_script_has_is_named(line: str, tmp_path: Path) -> None:
    script = tmp_path / "script.jsonl"
    script.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ModelFailure, match="line 1 of the script") as raised:
        ScriptedModel.from_file(script)
    assert raised.value.code == "E0522"


@pytest.mark.parametrize(
    "line",
    [DEEP, '{"messages": "x", "tokens": 1e999}', '{"profile": {"name": 5, "window": "x", "max_output": null}}'],
    ids=lambda line: line[:30],
)
def test_a_line_that_no_recording_has_is_named(line: str, tmp_path: Path) -> None:
    recording = tmp_path / "recording.jsonl"
    recording.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ModelFailure, match="line 1 of the recording") as raised:
        RecordedModel(recording)
    assert raised.value.code == "E0522"


def test_a_window_that_no_model_has_is_refused() -> None:
    with pytest.raises(ModelFailure, match="invalid simulated model") as raised:
        SimulatedModel.named("sim:?window=" + "9" * 300)
    assert raised.value.code == "E0524"
