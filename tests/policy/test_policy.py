"""The policy of an organization: read whole or not at all, narrowed and never widened, held in the library too."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm import RLM, Budget, Fault, Rejected, Routing, ScriptedModel, Size, Writing, check, run
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile
from lambda_rlm.execution.blocking import blocking_anywhere
from lambda_rlm.execution.execute import execute
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.local.weights import fetch
from lambda_rlm.llm.scripted import Rule
from lambda_rlm.policy import ledger, read
from lambda_rlm.policy.gates import allow_input, allow_model, narrowed, within
from lambda_rlm.policy.ledger import allowance, spent_today
from lambda_rlm.policy.read import policy
from lambda_rlm.policy.rules import PolicyViolation
from tests.support.faulty_server import FaultyServer
from tests.support.places import ROOT

Holding = Callable[..., Path]


@pytest.fixture
def holding(alone: Path, monkeypatch: pytest.MonkeyPatch) -> Holding:
    """Makes a text the policy: of the system, or of the variable."""
    monkeypatch.setattr(read, "SYSTEM", alone / "system.toml")
    monkeypatch.setattr(read, "OWNER", os.getuid())

    def hold(text: str, *, is_system: bool = True) -> Path:
        path = alone / ("system.toml" if is_system else "own.toml")
        path.write_text(f"{text}\n" if "ledger" in text else f'ledger = "{alone}/ledger.sqlite3"\n{text}\n', encoding="utf-8")
        path.chmod(0o644)
        if not is_system:
            monkeypatch.setenv("LAMBDA_RLM_POLICY", str(path))
        return path

    return hold


def scripted(*replies: str) -> ScriptedModel:
    return ScriptedModel(tuple(Rule("", reply) for reply in replies or ("Bees.",)))


class Own:
    """A model of a host, which might ask anybody."""

    def __init__(self) -> None:
        self.profile = ModelProfile(name="own", window=8_192, max_output=1_024)
        self.calls = 0

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return 10

    async def complete(self, request: CompletionRequest) -> Completion:
        self.calls += 1
        raise AssertionError("asked")

    async def aclose(self) -> None:
        pass


# ── the files ──


@pytest.mark.parametrize(
    "text",
    [
        "max_cots = 1", "models = 'all'", "models = [1]", "max_calls = -1", "max_calls = true", "max_calls = 1.5", "offline = 1",
        "require = ['jornal']", "folders = ['docs']", "max_cost = nan", "ledger = 'x'", "region_of = ['a']", "a = [", "a = " + "[" * 5000,
    ],
)  # fmt: skip
def test_a_policy_with_a_slip_refuses_everything(holding: Holding, text: str) -> None:
    holding(text)
    Path("p.txt").write_text("x", encoding="utf-8")
    for gate in (
        lambda: connect("sim:?"),
        lambda: narrowed(Budget()),
        lambda: within(Budget()),
        lambda: allow_input(Path("p.txt")),
        lambda: RLM(scripted()).ask("Who?", context="x"),
        lambda: blocking_anywhere(lambda: run(check("1 + 1").admit(Budget()), {})),
    ):
        with pytest.raises(PolicyViolation) as refused:
            gate()
        assert refused.value.code == "E0602" and refused.value.rule is None


def test_a_policy_that_users_can_change_refuses_everything(holding: Holding, monkeypatch: pytest.MonkeyPatch) -> None:
    path = holding("offline = true")
    assert policy()[0].offline
    path.chmod(0o666)
    with pytest.raises(PolicyViolation, match="users can change it"):
        policy()
    path.chmod(0o644)
    monkeypatch.setattr(read, "OWNER", os.getuid() + 1)
    with pytest.raises(PolicyViolation, match="users can change it"):
        policy()


def test_a_link_to_nothing_a_folder_and_a_pipe_are_no_policy(holding: Holding, alone: Path) -> None:
    system = alone / "system.toml"
    assert policy() == ()
    makers: tuple[Callable[[], None], ...] = (lambda: system.symlink_to("nowhere"), system.mkdir, lambda: os.mkfifo(system))
    for make in makers:
        make()
        with pytest.raises(PolicyViolation):
            policy()
        system.rmdir() if system.is_dir() and not system.is_symlink() else system.unlink()


def test_the_variable_names_a_file_and_its_hash(holding: Holding, monkeypatch: pytest.MonkeyPatch) -> None:
    path = holding("max_calls = 5", is_system=False)
    digest = sha256(path.read_bytes()).hexdigest()
    monkeypatch.setenv("LAMBDA_RLM_POLICY", f"{path}#sha256={digest}")
    assert narrowed(Budget()).calls == 5
    for wrong in (f"{path}#sha256=", f"{path}#sha256={'0' * 64}", "own.toml", f"{path}.none"):
        monkeypatch.setenv("LAMBDA_RLM_POLICY", wrong)
        with pytest.raises(PolicyViolation):
            narrowed(Budget())


def test_the_variable_narrows_the_system_and_never_widens_it(holding: Holding) -> None:
    holding("max_calls = 50\nmax_cost = 1.0\nservers = ['a.example', 'b.example']")
    holding("max_calls = 500\nmax_cost = 0.5\nservers = ['b.example', 'c.example']", is_system=False)
    budget = narrowed(Budget())
    assert (budget.calls, budget.usd) == (50, 0.5)
    allow_model("x", "b.example", "openai")
    for host in ("a.example", "c.example"):
        with pytest.raises(PolicyViolation, match=host):
            allow_model("x", host, "openai")


# ── where data goes ──


@pytest.mark.parametrize(
    ("rules", "name", "url", "rule"),
    [
        ("models = ['openai/gpt-5*']", "openai/gpt-4", None, "models"),
        ("models = ['openai/gpt-5*']", "sim:?", None, "models"),
        ("models = ['openai/gpt-5*']", "openai/gpt-5-mini", None, None),
        ("servers = ['*.corp.example']", "openai/x", "https://llm.corp.example/v1", None),
        ("servers = ['*.corp.example']", "openai/x", "https://llm.corp.example:8443/v1", None),
        ("servers = ['*.corp.example']", "openai/x", "https://llm.corp.example@stranger.example/v1", "servers"),
        ("servers = ['*.corp.example']", "openai/x", "https://stranger.example/llm.corp.example", "servers"),
        ("servers = ['*.corp.example']", "openai/x", "https://stranger.example#.corp.example", "servers"),
        ("servers = ['*.corp.example']", "openai/x", "https://stranger.example\\.corp.example", "servers"),
        ("servers = ['*.corp.example']", "openai/x", None, "providers"),
        ("servers = ['*.corp.example']", "sim:?", None, None),
        ("providers = ['mistral']", "openai/x", None, "providers"),
        ("providers = ['mistral']", "gpt-5-mini", None, "providers"),
        ("providers = ['openai']", "openai/x", None, None),
        ("providers = ['openai']", "openai/x", "https://stranger.example/v1", "servers"),
        ("providers = ['openai']", "acme:x", None, "providers"),
        ("regions = ['eu']\n[region_of]\nmistral = 'eu'\nopenai = 'us'", "mistral/x", None, None),
        ("regions = ['eu']\n[region_of]\nmistral = 'eu'\nopenai = 'us'", "openai/x", None, "regions"),
        ("regions = ['eu']\n[region_of]\n'bedrock/eu-*' = 'eu'", "bedrock/eu-west-1/x", None, None),
        ("regions = ['eu']\n[region_of]\n'bedrock/eu-*' = 'eu'", "bedrock/us-west-1/x", None, "regions"),
        ("regions = ['eu']\n[region_of]\n'llm.example' = 'eu'", "x", "http://llm.example:80/v1", None),
        ("offline = true", "openai/x", None, "offline"),
        ("offline = true", "openai/x", "http://127.0.0.1:1/v1", "offline"),
        ("offline = true", "sim:?", None, None),
    ],
)
def test_a_model_is_asked_where_the_policy_allows(
    holding: Holding, rules: str, name: str, url: str | None, rule: str | None
) -> None:
    holding(rules)
    if rule is None:
        assert connect(name, base_url=url) is not None
        return
    with pytest.raises(PolicyViolation) as refused:
        connect(name, base_url=url)
    assert (refused.value.rule, refused.value.code) == (rule, "E0601")
    with pytest.raises(PolicyViolation):
        RLM(name, base_url=url).ask("Who?", context="Bees.")


@pytest.mark.parametrize(
    "environ",
    [
        {"OPENAI_API_BASE": "https://stranger.example"},
        {"OPENAI_BASE_URL": "https://stranger.example"},
        {"USE_LITELLM_PROXY": "True"},
        {"USE_LITELLM_PROXY": "true", "LITELLM_PROXY_API_BASE": "https://stranger.example"},
    ],
)
def test_a_variable_of_a_vendor_does_not_lead_past_it(
    holding: Holding, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    holding("providers = ['openai']")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(PolicyViolation):
        connect("openai/gpt-5-mini")


def test_no_byte_goes_to_a_server_that_is_not_allowed(holding: Holding) -> None:
    with FaultyServer() as server:
        holding("servers = ['llm.example']")
        roles: tuple[dict[str, Any], ...] = ({"model": "ok"}, {"model": scripted(), "root_model": "ok", "strategy": "synth"})
        for role in roles:
            with pytest.raises(PolicyViolation, match="rule servers"):
                RLM(base_url=server.url, **role).ask("Who?", context="Bees.")
        assert server.requests == []


@pytest.mark.parametrize(
    "rule", ["offline = true", "servers = ['*']", "providers = ['*']", "regions = ['eu']", "models = ['x']"]
)
def test_a_model_object_is_refused_where_its_server_matters(holding: Holding, rule: str) -> None:
    holding(rule)
    own = Own()
    with pytest.raises(PolicyViolation):
        RLM(own).ask("Who?", context="Bees.")
    assert own.calls == 0
    if "models" not in rule:
        assert RLM(scripted(), strategy="direct").ask("Who?", context="Bees.").ok


def test_offline_fetches_no_weights(holding: Holding, tmp_path: Path) -> None:
    holding("offline = true")
    with pytest.raises(PolicyViolation, match="offline"):
        fetch("smollm2-135m", folder=tmp_path / "none")


# ── budgets ──


def test_a_default_becomes_the_policy_s_and_more_is_refused(holding: Holding) -> None:
    holding("max_calls = 20\nmax_cost = 0.5\nmax_tokens = 1000\nmax_seconds = 9")
    budget = narrowed(Budget())
    assert (budget.calls, budget.usd, budget.tokens, budget.seconds) == (20, 0.5, 1000, 9)
    assert narrowed(Budget(calls=3)).calls == 3
    for more, rule in ((Budget(calls=21), "max_calls"), (Budget(usd=0.6), "max_cost"), (Budget(seconds=10.0), "max_seconds")):
        with pytest.raises(PolicyViolation) as refused:
            RLM(scripted(), budget=more).ask("Who?", context="Bees.")
        assert refused.value.rule == rule


def test_a_program_admitted_with_more_does_not_run(holding: Holding) -> None:
    admitted = check("llm_call(context, out=5)", inputs={"context": "Text"}, sizes={"context": Size(10)})
    holding("max_calls = 20")
    assert blocking_anywhere(lambda: run(admitted.admit(Budget()), {"context": "Bees."}, scripted())).ok
    dear = admitted.admit(Budget(calls=21))
    with pytest.raises(PolicyViolation, match="rule max_calls"):
        blocking_anywhere(lambda: run(dear, {"context": "Bees."}, scripted()))
    with pytest.raises(PolicyViolation, match="rule max_calls"):
        blocking_anywhere(lambda: execute(dear, {"context": "Bees."}, scripted()))


def test_the_calls_of_a_day_are_counted_over_runs(holding: Holding, alone: Path) -> None:
    holding("max_calls_per_day = 2")
    rlm = RLM(scripted(), strategy="direct", budget=Budget(calls=2))
    for used in (1, 2):
        assert rlm.ask("Who?", context="Bees.").ok
        assert spent_today(alone / "ledger.sqlite3") == (used, 0.0)
    with pytest.raises(PolicyViolation, match="rule max_calls_per_day"):
        rlm.ask("Who?", context="Bees.")


def test_what_is_set_aside_counts_until_it_is_settled(holding: Holding) -> None:
    holding("max_cost_per_day = 2.0")
    first = allowance(Budget(usd=1.5))
    second = allowance(Budget(usd=1.5))
    assert (first.budget.usd, second.budget.usd) == (1.5, 0.5)
    with pytest.raises(PolicyViolation):
        allowance(Budget(usd=0.1))
    second.settle(1, 0.1)
    assert allowance(Budget()).budget.usd == pytest.approx(0.4)


def test_unknown_dollars_count_as_all_that_was_set_aside(holding: Holding, alone: Path) -> None:
    holding("max_cost_per_day = 2.0")
    allowance(Budget(usd=1.5)).settle(3, None)
    assert spent_today(alone / "ledger.sqlite3") == (3, 1.5)


def test_another_day_begins_anew(holding: Holding, monkeypatch: pytest.MonkeyPatch) -> None:
    holding("max_calls_per_day = 5")
    allowance(Budget(calls=5))
    monkeypatch.setattr(ledger, "_day", lambda: "2099-01-01")
    assert allowance(Budget(calls=5)).budget.calls == 5


def test_a_ledger_that_cannot_be_used_stops_the_run(holding: Holding, alone: Path) -> None:
    holding("max_calls_per_day = 5")
    (alone / "ledger.sqlite3").write_bytes(b"no database, but long enough to be looked at" * 40)
    with pytest.raises(PolicyViolation, match="ledger"):
        RLM(scripted()).ask("Who?", context="Bees.")


def test_a_ledger_that_is_lost_meanwhile_costs_no_answer(holding: Holding, alone: Path) -> None:
    holding("max_calls_per_day = 5")

    def lose(event: object) -> None:
        (alone / "ledger.sqlite3").write_bytes(b"no database, but long enough to be looked at" * 400)

    assert RLM(scripted(), strategy="direct").ask("Who?", context="Bees.", on_event=lose).ok


def test_a_run_that_is_rejected_gives_its_part_of_the_day_back(holding: Holding, alone: Path) -> None:
    holding("max_calls_per_day = 5")
    dear = 'map(range(0, 9), fn(n) => llm_call(f"{n}{context}")) |> join("")'
    checked = check(dear, inputs={"context": "Text"})
    assert checked.ok
    with pytest.raises(Rejected):
        blocking_anywhere(lambda: run(checked.admit(Budget(calls=20)), {"context": "x"}, scripted(), journal=True))
    assert spent_today(alone / "ledger.sqlite3") == (0, 0.0)


@pytest.mark.slow
def test_processes_share_one_day(holding: Holding, alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = holding("max_calls_per_day = 10", is_system=False)
    program = (
        "from lambda_rlm import Budget\nfrom lambda_rlm.policy.ledger import allowance\nfrom lambda_rlm.policy.rules import *\n"
        "try: print(allowance(Budget(calls=3)).budget.calls)\nexcept PolicyViolation as refused: print(0)\n"
    )
    environ = os.environ | {"PYTHONPATH": str(ROOT), "LAMBDA_RLM_POLICY": str(path)}
    running = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environ) for _ in range(5)
    ]
    got = sorted(int(each.communicate(timeout=60)[0]) for each in running)
    assert got == [0, 1, 3, 3, 3]


# ── what is required, what may be read ──


@pytest.mark.parametrize(
    ("requirement", "rlm"),
    [
        ("journal", lambda: RLM(scripted())),
        ("approval", lambda: RLM(scripted(), journal=True)),
        ("blind", lambda: RLM(scripted(), writing=Writing(peek=10))),
        ("constrain", lambda: RLM(scripted("1"), strategy="synth", routing=Routing())),
    ],
)
def test_what_is_required_is_not_left_out(holding: Holding, requirement: str, rlm: Callable[[], RLM]) -> None:
    holding(f"require = ['{requirement}']")
    with pytest.raises(PolicyViolation, match=requirement) as refused:
        rlm().ask("Who?", context="Bees.")
    assert refused.value.rule == "require"


def test_what_is_required_and_done_is_no_obstacle(holding: Holding) -> None:
    holding("require = ['journal', 'proved', 'blind']")
    assert RLM(scripted(), journal=True, strategy="direct").ask("Who?", context="Bees.").ok


def test_files_are_read_from_allowed_folders_in_allowed_formats(holding: Holding, alone: Path) -> None:
    (alone / "docs").mkdir()
    for name in ("docs/a.txt", "docs/a.csv", "secret.txt"):
        Path(name).write_text("a,b\n1,2\n", encoding="utf-8")
    Path("docs/link.txt").symlink_to(alone / "secret.txt")
    holding(f"folders = ['{alone}/docs']\nformats = ['txt']")
    rlm = RLM(scripted(), strategy="direct")
    assert rlm.ask("Who?", context=Path("docs/a.txt")).ok
    for name, rule in (
        ("secret.txt", "folders"), ("docs/../secret.txt", "folders"), ("docs/link.txt", "folders"), ("docs/a.csv", "formats"),
    ):  # fmt: skip
        with pytest.raises(PolicyViolation) as refused:
            rlm.ask("Who?", context=Path(name))
        assert refused.value.rule == rule
    with pytest.raises(PolicyViolation, match="standard input"):
        allow_input(None)


def test_a_violation_is_a_fault(holding: Holding) -> None:
    path = holding("offline = true")
    with pytest.raises(Fault) as refused:
        RLM("openai/gpt-5-mini").ask("Who?", context="Bees.")
    assert str(refused.value).startswith(f"E0601 rule offline of the policy {path}: ")


def test_stream_and_route_pass_the_gates_too(holding: Holding) -> None:
    holding("offline = true")
    with pytest.raises(PolicyViolation):
        RLM("openai/gpt-5-mini").route("Who?", context="Bees.")

    async def streamed() -> None:
        async for _ in RLM("openai/gpt-5-mini").stream("Who?", context="Bees."):
            pass

    with pytest.raises(PolicyViolation):
        blocking_anywhere(streamed)
