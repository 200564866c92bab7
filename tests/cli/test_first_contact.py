"""What cannot work is told before inputs are read: which key, which name, which address, and what to do."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from lambda_rlm.llm.providers.contact import keys
from lambda_rlm.llm.providers.contact.keys import ACCESS, providers
from tests.support.listing_server import ListingServer, listed
from tests.support.shell import ASKING, Shell, wrote

BOOK = "Anna met Bob in Paris."


def ask(shell: Shell, *options: str, name: str = "book.txt") -> int:
    return shell("ask", "Who did Anna meet?", wrote(name, BOOK), *options)


@pytest.mark.parametrize(
    ("model", "code", "said"),
    [
        ("openai/gpt-5-mini", "E0506", "set OPENAI_API_KEY"),
        ("gpt-5-mini", "E0506", "set OPENAI_API_KEY"),
        ("anthropic/claude-haiku-4-5", "E0506", "set ANTHROPIC_API_KEY"),
        ("gemini/gemini-2.5-flash", "E0506", "set GEMINI_API_KEY or GOOGLE_API_KEY"),
        ("mistral/mistral-small-latest", "E0506", "set MISTRAL_API_KEY"),
        ("openia/gpt-5-mini", "E0507", "did you mean openai/gpt-5-mini?"),
        ("anthropics/claude-haiku-4-5", "E0507", "did you mean anthropic/claude-haiku-4-5?"),
        ("grok/llama", "E0507", "did you mean groq/llama?"),
        ("Qwen/Qwen2.5-7B", "E0507", "for a server of your own add --base-url URL"),
        ("gpt5", "E0507", "unknown model 'gpt5'"),
        ("local/qwen2.5-coder-0.5", "E0507", "qwen2.5-coder-0.5b"),
    ],
)
def test_name_and_key_are_checked_first(model: str, code: str, said: str, shell: Shell) -> None:
    if not keys.has_litellm() and model.startswith("mistral"):
        code, said = "E0507", "pip install 'lambda-rlm[litellm]'"
    assert ask(shell, "--model", model) == 2
    assert f"fault[{code}]" in shell.err and said in shell.err
    assert "-->" not in shell.err and ".lam" not in shell.err, "nobody wrote a program"


def test_inputs_are_not_read_before_name_and_key(shell: Shell) -> None:
    assert shell("ask", "Who?", "missing.txt", "--model", "openai/gpt-5-mini") == 2
    assert "OPENAI_API_KEY" in shell.err and "missing.txt" not in shell.err


def test_a_key_that_cannot_be_sent_is_not_shown(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-0123456789\n")
    assert ask(shell, "--model", "openai/gpt-5-mini") == 2
    assert "E0506" in shell.err and "sk-secret" not in shell.err


def test_nobody_at_the_address_is_told_as_such(shell: Shell) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # nobody listens
        url = f"http://127.0.0.1:{held.getsockname()[1]}/v1"
        assert ask(shell, "--model", "m", "--base-url", url, "--json") == 2
        assert shell.json["fault"]["code"] == "E0505" and url in shell.json["fault"]["message"]
        assert shell.json["fault"]["span"] is None
        assert shell("run", wrote("p.lam", ASKING), "book.txt", "--model", "m", "--base-url", url) == 2
        assert "check the URL and that the server is running" in shell.err and "p.lam" not in shell.err


def test_a_wrong_key_asks_for_no_completion(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-0123456789")
    with ListingServer({"GET /v1/models": listed("m")}, key="sk-right-0123456789") as server:
        assert ask(shell, "--model", "m", "--base-url", server.url) == 2
        assert "the API key was rejected" in shell.err and "sk-wrong" not in shell.err and server.completions == 0
        monkeypatch.setenv("OPENAI_API_KEY", "sk-right-0123456789")
        assert ask(shell, "--model", "m", "--base-url", server.url) == 0, "another key is asked about anew"
        assert shell.out == "Bob\n"


def test_a_server_is_asked_once_a_day(shell: Shell) -> None:
    with ListingServer({"GET /v1/models": listed("m", max_model_len=20_000)}) as server:
        for _ in range(3):
            assert ask(shell, "--model", "m", "--base-url", server.url) == 0
        assert (server.asked.count("GET /v1/models"), server.completions) == (1, 3)


def test_a_server_in_the_middle_of_nothing_gets_a_note(shell: Shell) -> None:
    with ListingServer({"*": (501, b"no")}) as server:
        assert ask(shell, "--model", "m", "--base-url", server.url) == 0
        assert shell.out == "Bob\n" and "the context window of m is unknown: assuming 8,192 tokens (set --window)" in shell.err
        assert ask(shell, "--model", "m", "--base-url", server.url, "--window", "16000") == 0
        assert "context window" not in shell.err


def test_the_only_model_of_a_server_answers(shell: Shell) -> None:
    with ListingServer({"GET /v1/models": listed("Qwen/Qwen3", max_model_len=20_000)}) as server:
        assert ask(shell, "--base-url", server.url, "--json") == 0
        assert shell.json["answer"] == "Bob"
        assert f"{server.url} serves Qwen/Qwen3, which answers" in shell.json["notes"]
        assert shell("check", wrote("p.lam", ASKING), "--base-url", server.url, "--json") == 0
        before = list(server.asked)
        assert shell("route", "Who?", "book.txt", "--base-url", server.url, "--json") == 0
        assert server.asked == before, "only runs ask"


def test_several_models_are_listed_and_none_is_chosen(shell: Shell) -> None:
    with ListingServer({"GET /v1/models": listed("one", "two", "three")}) as server:
        assert ask(shell, "--base-url", server.url) == 2
        assert "name one (--model NAME): one, two, three" in shell.err and server.completions == 0


def test_a_server_that_says_no_model_needs_a_name(shell: Shell) -> None:
    with ListingServer({"*": (501, b"no")}) as server:
        assert ask(shell, "--base-url", server.url) == 2
        assert "does not say what it serves; name the model (--model NAME)" in shell.err and server.completions == 0


def test_a_name_with_a_foreign_beginning_is_sent_whole(shell: Shell) -> None:
    """As servers list what they load from a hub."""
    with ListingServer({"GET /v1/models": listed("Qwen/Qwen3", owned_by="vllm", max_model_len=20_000)}) as server:
        assert ask(shell, "--model", "Qwen/Qwen3", "--base-url", server.url) == 0
        assert ask(shell, "--model", "Qwen/Qwen4", "--base-url", server.url) == 2
        assert "did you mean Qwen/Qwen3?" in shell.err


def test_a_name_refused_by_the_first_call_points_into_no_program(shell: Shell) -> None:
    refused = (404, {"error": {"message": "no such model"}})
    with ListingServer({"GET /v1/models": listed("other"), "POST /v1/chat/completions": refused}) as server:
        assert ask(shell, "--model", "m", "--base-url", server.url) == 2
    assert "fault[E0507]" in shell.err and "-->" not in shell.err


def test_a_program_that_asks_no_model_needs_no_key(shell: Shell) -> None:
    program = wrote("p.lam", "# llm_call is not needed\nlength(context)")
    assert shell("run", program, wrote("book.txt", BOOK), "--model", "openai/gpt-5-mini") == 0
    assert shell("run", wrote("q.lam", ASKING), "book.txt", "--model", "openai/gpt-5-mini") == 2
    assert "OPENAI_API_KEY" in shell.err and "-->" not in shell.err


@pytest.mark.parametrize("option", ["--cache", "--approve"])
def test_a_run_that_may_ask_nobody_sends_no_key_before(option: str, shell: Shell) -> None:
    with ListingServer({"GET /v1/models": listed("m")}) as server:
        ask(shell, "--model", "m", "--base-url", server.url, option)
        assert "GET /v1/models" not in server.asked


def test_a_policy_closes_the_way_before_anything_is_asked(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LAMBDA_RLM_POLICY", str(tmp_path / wrote("policy.toml", "offline = true\n")))
    with ListingServer({"GET /v1/models": listed("m")}) as server:
        for model in (("--model", "m"), ()):
            assert ask(shell, *model, "--base-url", server.url) != 0
            assert "offline" in shell.err
        assert server.asked == []


def test_a_provider_without_litellm_says_what_to_install(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "has_litellm", lambda: False)
    monkeypatch.setenv("MISTRAL_API_KEY", "k-0123456789")
    assert ask(shell, "--model", "mistral/mistral-small-latest") == 2
    assert "pip install 'lambda-rlm[litellm]'" in shell.err
    assert ask(shell, "--model", "openai/gpt-5-mini") == 2
    assert "litellm" not in shell.err, "the core needs nothing for it"
    monkeypatch.setenv("OPENAI_API_KEY", "k-0123456789")
    assert ask(shell, "--model", "openai/gpt-5-codex") == 2
    assert "pip install 'lambda-rlm[litellm]'" in shell.err, "it is not asked by chat completions"


def test_litellm_is_not_loaded_to_say_no() -> None:
    """Only a fresh process tells."""
    import subprocess

    program = (
        "import sys\nfrom lambda_rlm.cli.app import run_command\n"
        "run_command(['ask', 'Who?', 'x.txt', '--model', 'mistral/m'])\n"
        "sys.exit('litellm' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.litellm
@pytest.mark.slow
def test_the_table_of_keys_is_that_of_litellm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever variable litellm asks for is one of ours, and every provider that it has is known."""
    import litellm

    for access in ACCESS.values():
        for variable in access.variables:
            monkeypatch.delenv(variable, raising=False)
    missing = {name: litellm.validate_environment(f"{name}/some-model")["missing_keys"] for name in ACCESS}
    assert {name: found for name, found in missing.items() if not set(found) <= set(ACCESS[name].variables)} == {}
    chat = {str(getattr(one, "value", one)) for one in litellm.provider_list} - {"transcribe"}  # which is for sound
    asked = sorted(name for name in chat if name in litellm.models_by_provider)
    assert [name for name in asked if name not in providers()] == []


def test_a_server_that_a_variable_names_is_told(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-right-0123456789")
    with ListingServer({"*": (404, {"detail": "Not Found"})}) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        assert ask(shell, "--model", "openai/gpt-5-mini") == 0
        assert f"data goes to {server.root.removeprefix('http://')}" in shell.err
    assert ask(shell, "--model", "openai/gpt-5-mini") == 0 or "cannot connect" in shell.err


@pytest.mark.parametrize("status", [301, 400, 401, 402, 403, 404, 413, 422])
def test_no_fault_of_a_server_points_into_a_program(status: int, shell: Shell) -> None:
    """Which nobody who asked has written."""
    refused = (status, {"error": {"message": "no"}})
    with ListingServer({"GET /v1/models": (501, b""), "POST /v1/chat/completions": refused}) as server:
        assert ask(shell, "--model", "m", "--base-url", server.url) == 2
    assert "fault[E05" in shell.err
    assert ("-->" in shell.err) == (status == 413), "too long a prompt was made by a program"
