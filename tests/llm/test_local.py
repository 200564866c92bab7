"""The local model obeys its constraints, counts exactly and ends cleanly. Form only: this model is too small to be right."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from lambda_rlm.completion import Message, Sampling, StopReason
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.local import weights
from lambda_rlm.llm.local.constraint import FREE, constraint
from lambda_rlm.llm.local.engine import EngineSettings, engine, threads_by_load
from lambda_rlm.llm.local.model import LocalModel
from lambda_rlm.syntax.export.forms import export
from lambda_rlm.synth.language import is_kept, language
from lambda_rlm.testing import request as asked
from tests.support.extras import WITHOUT_LOCAL

pytestmark = pytest.mark.slow

llguidance = pytest.importorskip("llguidance", reason=WITHOUT_LOCAL)

LABELS = ("yes", "no", 'say "maybe"', "zwölf\n", "a\\b", "")


@pytest.fixture
def model(small_weights: Path) -> LocalModel:
    return LocalModel.named("smollm2-135m", threads=1)


@pytest.mark.local
@pytest.mark.parametrize("max_tokens", [8, 64])
def test_a_choice_is_exactly_one_of_the_choices(model: LocalModel, max_tokens: int) -> None:
    """With room for the lead-in and without."""
    for choices in (("yes", "no"), LABELS[2:5], ("left", "right", "leftmost")):
        completion = anyio.run(model.complete, replace(asked("Which one?", max_tokens), choices=choices))
        assert completion.stop_reason is StopReason.LENGTH or completion.text in choices


@pytest.mark.local
def test_a_typed_reply_follows_its_schema(model: LocalModel) -> None:
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer"}, "kind": {"enum": ["a", "b"]}},
        "required": ["n", "kind"],
        "additionalProperties": False,
    }
    completion = anyio.run(model.complete, replace(asked("How many?", 200), schema=schema))
    assert completion.stop_reason is StopReason.STOP
    value = json.loads(completion.text)
    assert list(value) == ["n", "kind"]
    assert type(value["n"]) is int
    assert value["kind"] in ("a", "b")


@pytest.mark.local
@pytest.mark.parametrize("seed", range(4))
def test_a_program_is_written_under_the_grammar(model: LocalModel, seed: int) -> None:
    """However little sense it makes: every byte is one that the grammar allows there, and what came to its end parses."""
    request = replace(asked("Greet me in a program.", 48), grammar=language(), sampling=Sampling(1.0, seed=seed))
    completion = anyio.run(model.complete, request)
    found = llguidance.LLMatcher(llguidance.LLTokenizer("byte"), llguidance.LLMatcher.grammar_from_lark(language().short))
    data = list(completion.text.encode())
    assert found.validate_tokens(data) == len(data), completion.text
    if completion.stop_reason is StopReason.STOP:
        assert is_kept(completion.text), completion.text


@pytest.mark.local
def test_the_engine_takes_the_other_form_too(model: LocalModel) -> None:
    """llama.cpp's own reader, which other servers have, reads the GBNF that is exported."""
    body = {"messages": [{"role": "user", "content": "Greet me."}], "max_tokens": 16, "grammar": export("gbnf")}
    reply = engine(EngineSettings(weights.path("smollm2-135m"), 2048, 2, 1)).chat(body, lambda: False)
    found = llguidance.LLMatcher(llguidance.LLTokenizer("byte"), llguidance.LLMatcher.grammar_from_lark(export("openai")))
    data = list(reply.text.encode())
    assert data and found.validate_tokens(data) == len(data), reply.text


@pytest.mark.local
def test_tokens_are_counted_exactly_and_cost_nothing(model: LocalModel) -> None:
    request = replace(asked("hello 世界 \x00 \U0001f600"), messages=(Message("system", "Be brief."), Message("user", "Héllo?")))
    usage = anyio.run(model.complete, request).usage
    assert model.count_tokens(request.messages) == usage.input_tokens
    assert usage.cost == 0.0


@pytest.mark.local
def test_a_common_start_is_read_once(model: LocalModel) -> None:
    """Five questions about one chunk must cost one reading of it."""
    text = "The ferry leaves at noon. " * 60
    anyio.run(model.complete, asked(text + "When?", 4))
    usage = anyio.run(model.complete, asked(text + "What leaves?", 4)).usage
    assert usage.cached_tokens > 0.9 * usage.input_tokens


@pytest.mark.local
def test_a_prompt_beyond_the_window_is_a_failure_and_not_a_cut(model: LocalModel) -> None:
    with pytest.raises(ModelFailure) as raised:
        anyio.run(model.complete, asked("word " * 4000))
    assert raised.value.code == "E0509"


@pytest.mark.local
def test_an_interrupt_while_the_model_reads_ends_at_once(small_weights: Path) -> None:
    """A server that still decodes when the interpreter goes away is a segmentation fault."""
    script = (
        "import anyio\n"
        "from lambda_rlm.llm.local.model import LocalModel\n"
        "from lambda_rlm.testing import request as asked\n"
        "model = LocalModel.named('smollm2-135m', threads=1)\n"
        "model.count_tokens(asked('x').messages)\n"
        "print('ready', flush=True)\n"
        "anyio.run(model.complete, asked('Tell me a story. ' * 300, 900))\n"
    )
    environ = {**os.environ, "PYTHONPATH": os.getcwd()}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert time.monotonic() - started < 10
    assert "KeyboardInterrupt" in errors
    assert process.returncode not in (-signal.SIGSEGV, -signal.SIGABRT)


@pytest.mark.local
@pytest.mark.parametrize("content", [b"", b"not a model", b"GGUF and then nothing"])
def test_a_file_that_is_no_model_is_a_failure(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.gguf"
    file.write_bytes(content)
    with pytest.raises(ModelFailure) as raised:
        anyio.run(LocalModel.from_file(file, threads=1).complete, asked("hello"))
    assert raised.value.code in ("E0530", "E0532")
    assert str(file) in raised.value.message


def test_a_bad_schema_is_found_before_it_is_sent() -> None:
    """The engine would ignore it and let the model write freely."""
    for schema in ({"type": "quux"}, {"type": "string", "pattern": "(?=x)y"}):
        with pytest.raises(ModelFailure) as raised:
            constraint(replace(asked("x"), schema=schema))
        assert raised.value.code == "E0533"
    with pytest.raises(ModelFailure):
        constraint(replace(asked("x"), choices=()))


def test_the_grammar_of_any_labels_accepts_just_those() -> None:
    for max_tokens in (4, 64):
        held = constraint(replace(asked("x", max_tokens), choices=LABELS))
        grammar = llguidance.LLMatcher.grammar_from_lark(held.fields["grammar"].removeprefix("%llguidance {}\n"))

        def accepts(text: str, grammar: str = grammar) -> bool:
            matcher = llguidance.LLMatcher(llguidance.LLTokenizer("byte"), grammar)
            tokens = list(text.encode())
            return bool(
                matcher.validate_tokens(tokens) == len(tokens) and matcher.consume_tokens(tokens) and matcher.is_accepting()
            )

        for label in LABELS[:5]:
            written = f"{held.before}{label}{held.after}"
            assert accepts(written)
            assert held.reply(written) == label
        assert not accepts(f"{held.before}other{held.after}")


def test_a_free_reply_is_left_as_it_is() -> None:
    assert constraint(asked("x")) is FREE
    assert FREE.reply('{"answer": "x"}') == '{"answer": "x"}'


def test_threads_are_told_by_the_environment_or_by_the_load() -> None:
    assert threads_by_load({"LAMBDA_RLM_THREADS": "3"}) == 3
    for odd in ("", "0", "many", "-1"):
        assert 1 <= threads_by_load({"LAMBDA_RLM_THREADS": odd}) <= max(4, (os.cpu_count() or 1) // 2)


def test_a_missing_package_says_both_ways_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ModelFailure) as raised:
        anyio.run(LocalModel("local:x", EngineSettings(tmp_path / "x.gguf")).complete, asked("hello"))
    assert raised.value.code == "E0531"
    assert "lambda-rlm[local]" in raised.value.message
    assert "--base-url" in raised.value.message


def test_missing_weights_say_both_ways_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LAMBDA_RLM_HOME", str(tmp_path))
    with pytest.raises(ModelFailure) as raised:
        LocalModel.named("smollm2-135m")
    assert raised.value.code == "E0530"
    assert "lambda-rlm models get smollm2-135m" in raised.value.message
    assert "--base-url" in raised.value.message


def test_small_models_write_short_programs_large_ones_think(tmp_path: Path) -> None:
    """The size of the file tells; nothing is loaded for it."""
    for name, size in (("small", 1_000), ("large", 4_000_000_000)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    small, large = (LocalModel.from_file(tmp_path / name).profile for name in ("small", "large"))
    assert (small.is_small, small.thinks_first, large.is_small, large.thinks_first) == (True, False, False, True)
    request = replace(asked("Write."), grammar=language())
    held, free = (constraint(request, is_small=is_small).fields for is_small in (True, False))
    assert (held["grammar"], free["grammar"]) == ("%llguidance {}\n" + language().short, "%llguidance {}\n" + language().lark)
    assert not LocalModel.from_file(tmp_path / "small", takes_grammar=False).profile.takes_grammar


def test_only_programs_of_small_models_are_kept_from_repeating() -> None:
    """What a small model copies out of a text must be free to repeat what stands there."""
    program = replace(asked("Write."), grammar=language())
    choice = replace(asked("Which?"), choices=("yes", "no"))
    assert constraint(program, is_small=True).fields["repeat_penalty"] > 1
    for request, is_small in ((program, False), (choice, True), (asked("Which?"), True)):
        assert "repeat_penalty" not in constraint(request, is_small=is_small).fields


def test_a_fork_of_a_process_with_an_engine_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's threads stay behind: who asked it there waited for ever."""
    from lambda_rlm.llm.local import engine

    settings = engine.EngineSettings(Path("m.gguf"), 512, 1, 1)
    monkeypatch.setattr(engine, "_ENGINES", {settings: object()})
    monkeypatch.setattr(engine, "_LEFT_BEHIND", [])
    monkeypatch.setattr(engine, "_FORKED", threading.Event())
    engine._forked()
    with pytest.raises(ModelFailure, match="spawn") as raised:
        engine.engine(settings)
    assert raised.value.code == "E0532"
