"""Models of other installed packages: found by their prefix, made late, and never a stranger's exception."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from lambda_rlm import RLM, LambdaRLMError
from lambda_rlm.diagnostics.faults import ModelFailure
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.wrappers.retry import RetryingModel
from lambda_rlm.testing import request
from tests.support.places import ROOT
from tests.support.shell import Shell, leave_alone

MODULE = """
from lambda_rlm import ModelFailure, ScriptedModel
made = []
def connect(name):
    made.append(name)
    return ScriptedModel.from_rules([("", f"Acme {name}")])
def failing(name):
    raise ModelFailure("E0506", "no key for " + name, is_fatal=True)
def raising(name):
    raise RuntimeError("boom " + name)
def wrong(name):
    return object()
def leaving(name):
    raise SystemExit(3)
def shy(name):
    class Shy(ScriptedModel):
        @property
        def profile(self):
            raise RuntimeError("no profile")
    return Shy(())
def miscounting(name):
    class Miscounting(ScriptedModel):
        def count_tokens(self, messages):
            raise RuntimeError("no count")
    return Miscounting(())
def unprofiled(name):
    class Unprofiled(ScriptedModel):
        profile = None
    return Unprofiled((), None)
"""


def install(folder: Path, distribution: str, *entries: str, module: str = MODULE) -> None:
    """A distribution as pip leaves it: a module and its metadata."""
    (folder / f"{distribution}_models.py").write_text(module, encoding="utf-8")
    info = folder / f"{distribution}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[lambda_rlm.models]\n" + "\n".join(entries) + "\n", encoding="utf-8")


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    for name in [name for name in sys.modules if name.endswith("_models")]:
        monkeypatch.delitem(sys.modules, name)
    return folder


def test_a_prefix_of_an_installed_package_leads_to_its_model(packages: Path) -> None:
    install(packages, "acme", "acme = acme_models:connect")
    model = connect("acme:large:v2/x")
    assert isinstance(model, RetryingModel)
    assert anyio.run(model.complete, request("hello")).text == "Acme large:v2/x"
    assert RLM("acme:small").ask("Who?", context="Acme was late.").answer == "Acme small"


def test_the_command_line_knows_such_a_name(
    packages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install(packages, "acme", "acme = acme_models:connect")
    leave_alone(tmp_path, monkeypatch)
    Path("a.txt").write_text("Acme was late.", encoding="utf-8")
    shell = Shell(capsys)
    assert shell("ask", "Who?", "a.txt", "--model", "acme:tiny", "--no-journal") == 0
    assert shell.out == "Acme tiny\n"


def test_the_packages_own_failure_passes(packages: Path) -> None:
    install(packages, "acme", "acme = acme_models:failing")
    with pytest.raises(ModelFailure, match="no key for large") as raised:
        connect("acme:large")
    assert raised.value.code == "E0506"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("raising", r"package acme failed to create the model 'acme:large': RuntimeError: boom large"),
        ("absent", r"package acme failed to create the model 'acme:large': AttributeError"),
        ("leaving", r"package acme failed to create the model 'acme:large': SystemExit: 3"),
        ("shy", r"package acme failed to create the model 'acme:large': RuntimeError: no profile"),
        ("unprofiled", r"package acme returned a model 'acme:large' whose profile is not a ModelProfile"),
        ("wrong", r"package acme returned object for the model 'acme:large'"),
    ],
)
def test_a_package_that_makes_no_model_is_named(packages: Path, entry: str, said: str) -> None:
    install(packages, "acme", f"acme = acme_models:{entry}")
    with pytest.raises(ModelFailure, match=said) as raised:
        connect("acme:large")
    assert raised.value.code == "E0507" and raised.value.is_fatal
    assert isinstance(raised.value, LambdaRLMError)


def test_a_model_of_a_package_is_held_to_the_contract(packages: Path) -> None:
    install(packages, "acme", "acme = acme_models:miscounting")
    with pytest.raises(ModelFailure, match="counting tokens raised RuntimeError: no count") as raised:
        RLM("acme:large").ask("Who?", context="Acme was late.")
    assert raised.value.code == "E0525"


def test_a_module_that_cannot_be_imported_is_a_failure(packages: Path) -> None:
    install(packages, "acme", "acme = acme_models:connect", module="import no_such_module_at_all")
    with pytest.raises(ModelFailure, match="ModuleNotFoundError"):
        connect("acme:large")


def test_two_packages_with_one_prefix_are_refused(packages: Path) -> None:
    install(packages, "acme", "acme = acme_models:connect")
    install(packages, "bolt", "acme = bolt_models:connect")
    with pytest.raises(ModelFailure, match=r"several installed packages .*: acme and bolt"):
        connect("acme:large")


def test_a_prefix_of_ours_cannot_be_taken(packages: Path, tmp_path: Path) -> None:
    """A package cannot put itself before a script, a recording, a simulation or a local model."""
    install(packages, "acme", *(f"{name} = acme_models:connect" for name in ("scripted", "recorded", "sim", "local", "openai")))
    script = tmp_path / "s.jsonl"
    script.write_text('{"match": "", "reply": "ok"}\n', encoding="utf-8")
    assert anyio.run(connect(f"scripted:{script}").complete, request("x")).text == "ok"
    assert connect("openai/gpt-5-mini").profile.name == "openai/gpt-5-mini"
    for name, code in (("recorded:/nowhere", "E0522"), ("local:/nowhere.gguf", "E0530")):
        with pytest.raises(ModelFailure) as raised:
            connect(name)
        assert raised.value.code == code
    assert connect("sim:?").profile.name.startswith("sim")


def test_with_a_base_url_a_name_belongs_to_the_server(packages: Path) -> None:
    install(packages, "acme", "acme = acme_models:connect")
    assert connect("acme:large", base_url="http://127.0.0.1:9/v1").profile.name == "openai/acme:large"


def test_an_unknown_prefix_is_an_unknown_model() -> None:
    with pytest.raises(ModelFailure) as raised:
        connect("nobody:large")
    assert raised.value.code == "E0507"


@pytest.mark.parametrize("name", ["scripted:s.jsonl", "openai/gpt-5-mini", "local/smollm2-135m"])
def test_packages_are_searched_only_for_a_foreign_prefix(tmp_path: Path, name: str) -> None:
    (tmp_path / "s.jsonl").write_text('{"match": "", "reply": "ok"}\n', encoding="utf-8")
    program = (
        "import sys, importlib.metadata as m\n"
        "m.entry_points = lambda **_: sys.exit('looked through')\n"
        "from lambda_rlm.llm.connect import connect\n"
        "from lambda_rlm import LambdaRLMError\n"
        f"try: connect({name!r})\nexcept LambdaRLMError: pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}
    )
    assert (done.returncode, done.stderr) == (0, "")
