"""Programs that were written for `rlms` run with the import changed."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from lambda_rlm import LimitExceeded
from lambda_rlm.llm.wrappers.model_options import ModelOptions
from lambda_rlm.rlms import (
    RLM,
    BudgetExceededError,
    RLMChatCompletion,
    RLMLogger,
    TimeoutExceededError,
    TokenLimitExceededError,
    UsageSummary,
)
from lambda_rlm.rlms.arguments import meaning
from lambda_rlm.rlms.backends import reached
from lambda_rlm.rlms.exceeded import as_in_rlms
from tests.support.counting_server import CountingServer

NOISE = "\n".join("qwv klm " * 12 for _ in range(400))


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "PORTKEY_API_KEY", "AI_GATEWAY_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[CountingServer]:
    with CountingServer(reply="407") as server:
        yield server


def scripted(path: Path, *rules: dict[str, Any], **profile: Any) -> dict[str, Any]:
    """Arguments for a model that replies from a script."""
    head = [{"profile": profile}] if profile else []
    path.write_text("".join(json.dumps(row) + "\n" for row in (*head, *rules)), encoding="utf-8")
    return {"model_name": f"scripted:{path}"}


def test_the_quick_start_runs(server: CountingServer, capsys: pytest.CaptureFixture[str]) -> None:
    rlm = RLM(backend="openai", backend_kwargs={"model_name": "gpt-5-nano", "base_url": server.url}, verbose=True)
    result = rlm.completion("Write the first fifty cubes, one on each line.")
    assert result.response == "407" and result.root_model == "gpt-5-nano" and result.execution_time > 0
    assert result.prompt == "Write the first fifty cubes, one on each line."
    assert "1 call" in capsys.readouterr().err


def test_a_number_is_found_in_a_long_prompt(server: CountingServer, tmp_path: Path) -> None:
    """The instruction is the first paragraph and the text the rest, with a logger that writes to a folder."""
    kwargs = {"model_name": "gpt-5-nano", "base_url": server.url, "api_key": "sk-canary-0123456789"}
    with pytest.warns(UserWarning, match="no use for environment "):
        rlm = RLM(
            backend="openai",
            backend_kwargs=kwargs,
            environment="local",
            max_iterations=10,
            logger=RLMLogger(log_dir=str(tmp_path / "logs")),
        )
    result = rlm.completion(f"One line of the text names a number. Return only the number.\n\n{NOISE}\nNUMBER=407")
    assert result.response == "407"
    (file,) = (tmp_path / "logs").iterdir()
    assert [json.loads(line)["type"] for line in file.read_text(encoding="utf-8").splitlines()] == ["metadata", "iteration"]
    assert "canary" not in file.read_text(encoding="utf-8") + repr(result)
    assert file.stat().st_mode & 0o077 == 0


def test_the_usage_has_the_shape_of_rlms(server: CountingServer) -> None:
    result = RLM(backend="vllm", backend_kwargs={"model_name": "qwen", "base_url": server.url}).completion("Count.")
    assert result.usage_summary.to_dict() == {
        "model_usage_summaries": {"qwen": {"total_calls": 1, "total_input_tokens": 10, "total_output_tokens": 2}}
    }
    assert result.usage_summary.total_cost is None, "a price that is not known is never 0"
    again = RLMChatCompletion.from_dict(result.to_dict())
    assert again == result and UsageSummary.from_dict(result.usage_summary.to_dict()) == result.usage_summary


def test_the_trajectory_has_programs_and_calls(tmp_path: Path) -> None:
    program = 'llm_call(f"Which number is named? {context}")'
    kwargs = scripted(tmp_path / "s.jsonl", {"match": "Which number is named", "reply": "407"}, {"match": "", "reply": program})
    seen: list[tuple[Any, ...]] = []
    rlm = RLM(
        "lambda_rlm",
        kwargs,
        max_depth=2,
        logger=RLMLogger(),
        on_subcall_start=lambda *told: seen.append(("start", told[0])),
        on_subcall_complete=lambda *told: seen.append(("end", told[3])),
        on_iteration_start=lambda *told: seen.append(("program", told[1])),
        on_iteration_complete=lambda *told: 1 / 0,
    )
    result = rlm.completion(NOISE)  # asks nothing: a program is written
    assert result.response == "407" and result.run is not None and result.run.route == "synth"
    assert result.metadata is not None
    (iteration,) = result.metadata["iterations"]
    assert iteration["final_answer"] == "407" and program in iteration["response"] and iteration["prompt"]
    (call,) = iteration["code_blocks"][0]["result"]["rlm_calls"]
    assert call["response"] == "407" and call["root_model"] == kwargs["model_name"]
    assert seen == [("program", 1), ("start", 1), ("end", None)]
    total = result.usage_summary.model_usage_summaries[kwargs["model_name"]]
    assert total.total_calls == 2 == result.run.usage.calls + (result.run.synthesis.calls if result.run.synthesis else 0)


def test_the_sub_model_is_another_one(tmp_path: Path) -> None:
    root = scripted(tmp_path / "root.jsonl", {"match": "", "reply": 'llm_call(f"Name it: {context}")'})
    leaf = scripted(tmp_path / "leaf.jsonl", {"match": "Name it", "reply": "407"})
    rlm = RLM("lambda_rlm", root, other_backends=["lambda_rlm"], other_backend_kwargs=[leaf])
    used = rlm.completion(NOISE).usage_summary.model_usage_summaries
    assert {name: one.total_calls for name, one in used.items()} == {root["model_name"]: 1, leaf["model_name"]: 1}


def test_custom_tools_are_functions_and_data(tmp_path: Path) -> None:
    def price(symbol: str) -> float:
        """The price of a share."""
        return {"AAA": 2.5}[symbol]

    program = 'format_number(price(join(config.symbols, "")) * 2.0, 1)'
    kwargs = scripted(tmp_path / "s.jsonl", {"match": "", "reply": program})
    tools = {"price": {"tool": price, "description": "Price of a share"}, "config": {"tool": {"symbols": ["AAA"]}}}
    result = RLM("lambda_rlm", kwargs, custom_tools=tools).completion("What do two shares of AAA cost?")
    assert result.response == "5.0"
    with pytest.raises(TypeError, match="annotations"):
        RLM("lambda_rlm", kwargs, custom_tools={"look": lambda name: name})


def test_the_asynchronous_call_and_the_context_manager(server: CountingServer) -> None:
    async def main() -> str:
        with RLM(backend_kwargs={"model_name": "gpt-5-nano", "base_url": server.url}) as rlm:
            return (await rlm.acompletion("Count.")).response + rlm.completion("Again.").response

    assert anyio.run(main) == "407407"


def test_prompts_that_are_persistent_follow_each_other(tmp_path: Path) -> None:
    rules = ({"match": "Earlier question: Who keeps bees", "reply": "Bob"}, {"match": "", "reply": "Ann"})
    rlm = RLM("lambda_rlm", scripted(tmp_path / "s.jsonl", *rules), max_depth=0, persistent=True)
    assert [rlm.completion(text).response for text in ("Who keeps bees?", "And goats?")] == ["Ann", "Bob"]
    rlm.close()
    assert rlm.completion("And goats?").response == "Ann"


def test_depth_zero_asks_the_model_itself(server: CountingServer) -> None:
    rlm = RLM(backend_kwargs={"model_name": "gpt-5-nano", "base_url": server.url}, max_depth=0)
    run = rlm.completion(f"How many lines are there in all?\n\n{NOISE}").run
    assert run is not None and run.route == "direct"


PRICED = {"name": "p", "window": 8192, "input_price": 1e-3, "output_price": 1e-3}


@pytest.mark.parametrize("prompt", ["Count.", f"Count the lines.\n\n{NOISE}", NOISE], ids=["short", "asked", "unasked"])
@pytest.mark.parametrize(
    ("limit", "kind"),
    [
        ({"max_budget": 1e-9}, BudgetExceededError),
        ({"max_tokens": 5}, TokenLimitExceededError),
        ({"max_timeout": 1e-9}, TimeoutExceededError),
    ],
)
def test_a_limit_that_is_too_small_is_its_exception(prompt: str, limit: dict[str, Any], kind: Any, tmp_path: Path) -> None:
    """Before anything is asked, on each route."""
    rlm = RLM("lambda_rlm", scripted(tmp_path / "s.jsonl", {"match": "", "reply": "407"}, **PRICED), **limit)
    with pytest.raises(kind) as caught:
        rlm.completion(prompt)
    assert isinstance(caught.value, LimitExceeded) and caught.value.__cause__ is not None
    assert getattr(caught.value, "spent", 0.0) == 0.0


def test_limits_hold_before_anything_is_sent(server: CountingServer) -> None:
    kwargs = {"model_name": "gpt-5-nano", "base_url": server.url}
    with pytest.raises(TokenLimitExceededError):
        RLM(backend_kwargs=kwargs, max_tokens=5).completion("Count.")
    assert server.completed == 0


@pytest.mark.parametrize(
    ("code", "kind", "said"),
    [
        ("E0406", BudgetExceededError, {"spent": None, "budget": 0.5}),
        ("E0407", TimeoutExceededError, {"elapsed": 3.0, "timeout": 2.0}),
        ("E0405", TokenLimitExceededError, {"tokens_used": 0, "token_limit": 7}),
    ],
)
def test_a_limit_is_the_exception_of_rlms(code: str, kind: type[Exception], said: dict[str, Any]) -> None:
    limits = means(max_budget=0.5, max_timeout=2.0, max_tokens=7).budget
    found = as_in_rlms(LimitExceeded(code, "over"), 3.0, limits)
    assert type(found) is kind and {name: getattr(found, name) for name in said} == said
    assert getattr(found, "partial_answer", "") is None
    other = LimitExceeded("E0404", "calls")
    assert as_in_rlms(other, 3.0, limits) is other


def means(**said: Any) -> Any:
    names = "max_depth max_iterations max_budget max_timeout max_tokens max_errors max_concurrent_subcalls custom_tools"
    return meaning(**{name: said.pop(name, None) for name in names.split()}, **said)


def test_limits_become_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_RLM_MAX_COST", "3")
    found = means(max_depth=2, max_iterations=99, max_timeout=9.0, max_tokens=70, max_errors=2, max_concurrent_subcalls=3)
    budget, writing = found.budget, found.writing
    assert (budget.usd, budget.seconds, budget.tokens, budget.concurrency) == (3.0, 9.0, 70, 3)
    assert (writing.depth, writing.rounds, writing.repairs) == (1, 16, 2)
    assert means(max_budget=0.25).budget.usd == 0.25


@pytest.mark.parametrize(
    ("backend", "kwargs", "name", "base_url"),
    [
        ("openai", {"model_name": "gpt-5-nano"}, "openai/gpt-5-nano", None),
        ("anthropic", {"model_name": "claude-haiku-4-5"}, "anthropic/claude-haiku-4-5", None),
        ("gemini", {"model_name": "gemini-2.5-flash"}, "gemini/gemini-2.5-flash", None),
        ("openrouter", {"model_name": "openai/gpt-5-nano"}, "openrouter/openai/gpt-5-nano", None),
        ("azure_openai", {"azure_deployment": "d", "azure_endpoint": "https://e"}, "azure/d", "https://e"),
        ("portkey", {"model_name": "@openai/gpt-5-nano"}, "openai/@openai/gpt-5-nano", "https://api.portkey.ai/v1"),
        ("vercel", {"model_name": "openai/gpt-5"}, "openai/gpt-5", "https://ai-gateway.vercel.sh/v1"),
        ("vllm", {"model_name": "m", "base_url": "http://h/v1"}, "openai/m", "http://h/v1"),
        ("lambda_rlm", {"model_name": "local/qwen2.5-coder-0.5b"}, "local/qwen2.5-coder-0.5b", None),
    ],
)
def test_a_backend_is_a_model(backend: str, kwargs: dict[str, Any], name: str, base_url: str | None) -> None:
    found = reached(backend, kwargs, {})
    assert (found.name, found.base_url, found.api_key) == (name, base_url, None)


def test_a_key_of_another_variable_is_handed_over() -> None:
    environ = {"PORTKEY_API_KEY": "pk-one", "OPENAI_API_KEY": "sk-two"}
    assert reached("portkey", {"model_name": "m"}, environ).api_key == "pk-one"
    assert reached("openai", {"model_name": "m", "api_key": "sk-two"}, environ).api_key is None
    assert reached("openai", {"model_name": "m", "api_key": "sk-three"}, environ).api_key == "sk-three"
    assert "sk-three" not in repr(reached("openai", {"model_name": "m", "api_key": "sk-three"}, environ))


def test_sampling_arguments_are_options_of_the_model() -> None:
    found = reached("openai", {"model_name": "m", "timeout": 9, "sampling_args": {"max_tokens": 70, "top_p": 0.5}}, {})
    assert found.options == {"timeout": 9, "max_output": 70} and found.unused == ("top_p",)
    ModelOptions.of(found.options)


def test_one_warning_names_all_that_means_nothing() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        RLM(
            backend_kwargs={"model_name": "m", "max_retries": 3},
            environment="docker",
            custom_system_prompt="Be kind.",
            compaction=True,
        )
        RLM(backend_kwargs={"model_name": "m"})
    (one,) = caught
    told = str(one.message)
    assert all(name in told for name in ("environment", "custom_system_prompt", "compaction", "max_retries"))
    assert one.filename == __file__


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"backend": "opnai"}, "unknown backend"),
        ({"backend_kwargs": {}}, "model_name"),
        ({"backend": "vllm"}, "URL of the server"),
        ({"environment": "moon"}, "unknown environment"),
        ({"max_iterations": 0}, "max_iterations"),
        ({"max_depth": -1}, "max_depth"),
        ({"max_budget": -1.0}, "max_budget"),
        ({"other_backends": ["openai", "openai"], "other_backend_kwargs": [{}, {}]}, "one element"),
        ({"other_backend_kwargs": [{}]}, "needs other_backends"),
        ({"sub_sampling_args": {"max_tokens": 9}}, "both m"),
    ],
)
def test_what_cannot_be_is_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        RLM(**{"backend_kwargs": {"model_name": "m"}, **arguments})
