"""What a model is can be said on the command line, in files and in variables, and a run that goes on remembers it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm import RLM, Fault
from lambda_rlm.cli.commands import commands_with
from lambda_rlm.cli.settings import settings
from lambda_rlm.settings.keys import DESCRIBING
from lambda_rlm.settings.problem import SettingProblem
from lambda_rlm.settings.settings import DEFAULTS
from lambda_rlm.settings.sources import gathered
from tests.support.shell import Shell, journal, script, wrote

pytestmark = pytest.mark.usefixtures("alone")

URL = ("--model", "openai/mine", "--base-url", "http://127.0.0.1:9/v1")
LONG = "llm_call(take(context, 60000), out=50)"
SAID = ("--window", "50000", "--price-in", "10", "--price-out", "100", "--max-output", "3000", "--thinking", "64")
NOTES = 'map(["a", "b", "c"], fn(x) => llm_call(f"note {x}")) |> join(" ")'


def checked(shell: Shell, *more: str) -> Any:
    """The bound of a program over 60,000 ASCII characters, and its diagnostics."""
    wrote("p.lam", LONG)
    wrote("a.txt", "a" * 60_000)
    shell("check", "p.lam", "a.txt", *URL, *more, "--json")
    return shell.json


def test_every_command_that_names_a_model_takes_what_it_is() -> None:
    for key in DESCRIBING:
        assert set(commands_with("model")) | {"resume"} == set(commands_with(key))
    assert commands_with("models") == ()


def test_a_window_that_is_said_holds_the_prompt(shell: Shell) -> None:
    assert [d["code"] for d in checked(shell)["diagnostics"]] == ["E0301"]
    assert checked(shell, "--window", "131072")["diagnostics"] == []


def test_prices_are_dollars_per_million_tokens(shell: Shell) -> None:
    found = checked(shell, "--window", "131072", "--price-in", "1", "--price-out", "2")["bound"]
    assert found["usd"] == pytest.approx((found["input_tokens"] + 2 * found["output_tokens"]) / 1e6)
    assert checked(shell, "--window", "131072")["bound"]["usd"] is None
    free = checked(shell, "--window", "131072", "--price-in", "0", "--price-out", "0")["bound"]
    assert free["usd"] == 0


def test_thought_is_a_part_of_the_bound(shell: Shell) -> None:
    none, some = (checked(shell, "--window", "131072", "--thinking", n)["bound"] for n in ("0", "256"))
    assert some["output_tokens"] == none["output_tokens"] * (50 + 256) / 50
    assert some["input_tokens"] == none["input_tokens"]
    shell("check", "p.lam", "a.txt", *URL, "--window", "131072", "--thinking", "256")
    assert "at most 256 tokens of thought before a reply" in shell.out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--window", "0"), "--window: window must be more than 0"),
        (("--max-output", "-1"), "--max-output: max_output must be more than 0"),
        (("--price-in", "-1"), "--price-in: price_in must be a number of at least 0"),
        (("--price-out", "nan"), "--price-out: price_out must be a number of at least 0"),
        (("--timeout", "0"), "--timeout: timeout must be more than 0"),
        (("--thinking", "-1"), "--thinking: thinking must be a number of at least 0"),
        (("--window", "100", "--max-output", "200"), "max_output (200) must not be more than window (100)"),
        (("--price-in", "1"), "price_out is unknown; set price_in and price_out together"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_bad_value_is_told_with_its_name(options: tuple[str, ...], said: str, shell: Shell) -> None:
    wrote("p.lam", LONG)
    wrote("a.txt", "a")
    assert shell("check", "p.lam", "a.txt", *URL, *options) in (2, 64)
    assert said in shell.err


TABLES = """
model = "openai/mine"
window = 1000
timeout = 10

[models."openai/mine"]
window = 70000
price-in = 0.5
price-out = 1.5

[models."openai/root"]
thinking = 99
"""


def found(text: str, tmp_path: Path, *, environ: dict[str, str] | None = None, **options: Any) -> Any:
    """The settings that the user's own file gives."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(text, encoding="utf-8")
    return gathered(options, {"LAMBDA_RLM_HOME": str(home), **(environ or {})}, tmp_path)


def test_a_table_describes_a_model_by_its_name(tmp_path: Path) -> None:
    said = found(TABLES, tmp_path).settings.described()
    mine = said["openai/mine"]
    assert (mine.window, mine.price_in, mine.price_out, mine.timeout) == (70_000, 0.5, 1.5, 10.0)
    assert said["openai/root"].thinking == 99 and said["openai/root"].window is None


def test_what_counts_for_the_model_that_answers(tmp_path: Path) -> None:
    """An option, then a variable, then its table, then the top of a file."""
    environ = {"LAMBDA_RLM_WINDOW": "80000"}
    assert found(TABLES, tmp_path, environ=environ).settings.described()["openai/mine"].window == 80_000
    assert found(TABLES, tmp_path, environ=environ, window=90_000).settings.described()["openai/mine"].window == 90_000
    other = found(TABLES, tmp_path, model="openai/root").settings.described()
    assert (other["openai/root"].window, other["openai/root"].thinking) == (1_000, 99)
    assert other["openai/mine"].window == 70_000
    assert found(TABLES, tmp_path).origins["window"].kind == "user file"


def test_tables_of_files_and_variables_are_joined_key_by_key(tmp_path: Path) -> None:
    environ = {"LAMBDA_RLM_MODELS": '{"openai/mine": {"window": 5000}, "sim:": {"timeout": 3}}'}
    said = found(TABLES, tmp_path, environ=environ, model="sim:").settings.described()
    assert (said["openai/mine"].window, said["openai/mine"].price_in, said["sim:"].timeout) == (5_000, 0.5, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('models = "x"', "models must be tables by the names of models"),
        ('[models]\n"a" = 3', "models must be tables by the names of models"),
        ('[models."a"]\nwindows = 3', "unknown setting 'windows' in .*config.toml: model 'a'.*did you mean window"),
        ('[models."a"]\nwindow = "3"', "model 'a': window must be a whole number"),
        ('[models."a"]\nprice_in = -1', "model 'a': price_in must be a number of at least 0"),
        ('[models."a"]\nwindow = 5\nthinking = 5', r"model 'a': thinking \(5\) must leave room in the window \(5\)"),
    ],
    ids=["text", "number", "unknown", "kind", "price", "together"],
)
def test_a_bad_table_is_told_with_its_file_and_model(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SettingProblem, match=said):
        found(text, tmp_path)


def test_a_variable_of_tables_is_json(tmp_path: Path) -> None:
    with pytest.raises(SettingProblem, match="LAMBDA_RLM_MODELS must be JSON"):
        settings({}, {"LAMBDA_RLM_MODELS": "openai/mine=8192"}, tmp_path)


def notes(fails: str = "") -> str:
    """A model that notes, and fails for good at one letter."""
    rules = [{"match": "note ([abc])", "reply": "n\\1"}]
    return script(*([{"match": f"note {fails}", "failure": "E0506"}] if fails else []), *rules)


def test_a_resumed_and_a_replayed_run_find_the_same_model(shell: Shell) -> None:
    wrote("p.lam", NOTES)
    assert shell("run", "p.lam", "--model", notes(), *SAID, "--json") == 0
    whole = shell.json["bound"]
    assert shell("run", "p.lam", "--model", notes(fails="c"), *SAID) == 2
    stopped = journal().runs(1)[0]
    assert stopped.what["settings"]["window"] == 50_000
    notes()
    assert shell("resume", "last", "--json") == 0, shell.err
    assert shell.json["bound"]["usd"] == whole["usd"] > 0
    assert shell.json["bound"]["output_tokens"] == whole["output_tokens"]
    Path("replies.jsonl").unlink()
    assert shell("replay", "last", "--json") == 0, shell.err
    assert shell.json["bound"]["usd"] == whole["usd"]
    assert shell.json["bound"]["output_tokens"] == whole["output_tokens"]


def test_what_a_run_says_of_its_model_is_shown_again(shell: Shell) -> None:
    """A journal may be a stranger's, and say that a model is cheap."""
    wrote("p.lam", NOTES)
    model = notes(fails="c")
    assert shell("run", "p.lam", "--model", model, "--price-in", "0", "--price-out", "0.5") == 2
    notes()
    assert shell("resume", "last") == 0, shell.err
    assert "price_in 0.0, price_out 0.5" in shell.err


@pytest.mark.parametrize("wrong", [7, {"sim:": 7}, {"sim:": {"window": "x"}}, ["a"]], ids=str)
def test_tables_of_a_damaged_journal_are_told(wrong: Any) -> None:
    with pytest.raises(SettingProblem):
        replace(DEFAULTS, models=wrong, window=9).described()


def test_a_resumed_run_may_be_given_another_timeout(shell: Shell) -> None:
    wrote("p.lam", NOTES)
    assert shell("run", "p.lam", "--model", notes(fails="c"), "--timeout", "7") == 2
    notes()
    assert shell("resume", "last", "--timeout", "300") == 0, shell.err


def test_a_run_that_is_asked_for_in_a_table_goes_on_with_it(shell: Shell) -> None:
    """Also where the table is gone."""
    wrote("p.lam", NOTES)
    model = notes(fails="c")
    Path("home").mkdir(exist_ok=True)
    wrote("home/config.toml", f'[models."{model}"]\nprice_in = 10\nprice_out = 100\n')
    assert shell("run", "p.lam", "--model", model) == 2
    wrote("home/config.toml", "")
    notes()
    assert shell("resume", "last", "--json") == 0, shell.err
    assert shell.json["bound"]["usd"] > 0


def test_the_library_says_it_by_the_model_s_name() -> None:
    model = notes()
    rlm = RLM(model, model_options={model: {"window": 500, "price_in": 10, "price_out": 100, "thinking": 64}})
    decision = rlm.route("Who?", context="x" * 3_000)
    assert decision.window == 500
    run = RLM(model, model_options={model: {"price_in": 10, "price_out": 100}}).ask("note a", strategy="direct", context="x")
    assert run.bound is not None and run.bound.usd is not None and run.bound.usd > 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"window": 8_192}, "names 'window', which is not asked by name"),
        ({"sim:": {"windows": 8_192}}, "unknown model option 'windows'"),
        ({"sim:": 8_192}, "must be a mapping"),
        ({"sim:": {"window": -1}}, "window must be a whole number"),
        (8_192, "model_options must be a mapping"),
    ],
    ids=str,
)
def test_the_library_refuses_what_describes_no_model(options: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        RLM("sim:", model_options=options)


def test_an_argument_counts_before_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMBDA_RLM_WINDOW", "900")
    monkeypatch.setenv("LAMBDA_RLM_MODELS", json.dumps({"sim:": {"max_output": 70}}))
    model = RLM("sim:", model_options={"sim:": {"window": 800}}).settings.connections().described["sim:"]
    assert (model.window, model.max_output) == (800, 70)
    assert RLM("sim:").settings.connections().described["sim:"].window == 900


def test_a_run_of_the_library_goes_on_with_its_model(shell: Shell) -> None:
    """In the library and on the command line."""
    for resume in (lambda: RLM(journal=True).resume("last").bound, lambda: (shell("resume", "last", "--json"), shell.json)[1]):
        model = notes(fails="a")
        rlm = RLM(model, journal=True, model_options={model: {"price_in": 10, "price_out": 100, "thinking": 64}})
        with pytest.raises(Fault):
            rlm.ask("note a", strategy="direct")
        notes()
        bound: Any = resume()
        usd = bound["bound"]["usd"] if isinstance(bound, dict) else bound.usd
        assert usd is not None and usd > 0


@pytest.mark.parametrize("value", ["inf", "-inf", "1e400", "nan", "0", "-1"])
@pytest.mark.parametrize("way", ["--timeout", "LAMBDA_RLM_TIMEOUT"])
def test_a_timeout_that_is_none_is_refused_by_its_name(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, value: str, way: str
) -> None:
    """Whoever waits for ever waits for a server that died."""
    options = [f"{way}={value}"] if way == "--timeout" else []
    if not options:
        monkeypatch.setenv(way, value)
    assert shell("check", wrote("p.lam", "1 + 1"), *options) == 64
    assert f"{way}: timeout must be" in shell.err
