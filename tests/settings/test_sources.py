"""Where settings come from: what of a stranger's file counts, what a trusted one may say, and which value wins."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm import Budget
from lambda_rlm.journal.data_folder import data_folder
from lambda_rlm.llm.cache_folder import cache_folder
from lambda_rlm.settings.about import Trust
from lambda_rlm.settings.files import settings_file
from lambda_rlm.settings.keys import SETTINGS
from lambda_rlm.settings.problem import SettingProblem
from lambda_rlm.settings.settings import DEFAULTS
from lambda_rlm.settings.sources import gathered
from lambda_rlm.settings.trust import config_folder, contents, is_trusted, revoke, trust, trusted_paths
from lambda_rlm.settings.variables import OTHERS, VARIABLES, from_variables
from tests.support.sources import PACKAGE

DECIDES_WHERE = (
    "model",
    "root_model",
    "base_url",
    "journal",
    "keeps_journal",
    "journal_days",
    "cache",
    "constrain",
    "task",
    "hedge",
    "pool",
    "window",
    "max_output",
    "price_in",
    "price_out",
    "timeout",
    "thinking",
    "temperature",
    "headers",
    "api_key_env",
    "ca_bundle",
    "models",
)
IS_LIMIT = (
    "max_calls",
    "max_cost",
    "max_tokens",
    "max_seconds",
    "max_depth",
    "fuel",
    "memory",
    "max_input",
    "peek",
    "layout",
    "out",
    "approve",
)


class Project:
    """A folder with a home of its own, for files of settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.folder.mkdir()
        self.environ = {"LAMBDA_RLM_HOME": str(folder / "home")}
        self.home = folder / "home"

    def write(self, text: str, name: str = "lambda-rlm.toml") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def trust(self, path: Path) -> None:
        trust(path, contents(path)[0], self.home)

    def found(self, here: str = ".", **options: Any) -> Any:
        return gathered(options, self.environ, self.folder / here)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name} = {written(part)}' for name, part in value.items())} }}"
    return str(list(value)) if isinstance(value, tuple) else repr(value)


OTHER = {str: "x", int: 7, float: 0.5, bool: True, tuple: ("a",), dict: {"m": {"window": 7}}}


def another(key: str) -> Any:
    """A value of a setting that is not its default."""
    if key == "headers":
        return ("X-Team: search",)
    if key == "ca_bundle":  # a path starts at the folder of its file
        return "/etc/ca.pem"
    setting, default = SETTINGS[key], getattr(DEFAULTS, key)
    if setting.about.choices:
        return next(choice for choice in setting.about.choices if choice != default)
    return (not default) if setting.kind is bool else OTHER[setting.kind]


def test_what_decides_where_data_goes_is_never_free() -> None:
    assert {SETTINGS[key].counts for key in DECIDES_WHERE} == {Trust.TRUSTED}
    assert {SETTINGS[key].counts for key in IS_LIMIT} == {Trust.STRICTER}


@pytest.mark.parametrize("key", [key for key, setting in SETTINGS.items() if setting.counts is Trust.TRUSTED])
def test_a_stranger_s_file_does_not_set_it(project: Project, key: str) -> None:
    value = another(key)
    path = project.write(f"{key} = {written(value)}\n")
    found = project.found()
    assert getattr(found.settings, key) == getattr(DEFAULTS, key) and found.settings.files == ()
    assert [(one.file, one.values, one.why) for one in found.ignored] == [(path, {key: value}, "not trusted")]
    project.trust(path)
    found = project.found()
    assert getattr(found.settings, key) == value and found.ignored == () and found.settings.files == (str(path),)


@pytest.mark.parametrize("key", [key for key, setting in SETTINGS.items() if setting.counts is Trust.FREE])
def test_any_file_sets_what_is_free(project: Project, key: str) -> None:
    project.write(f"{key} = {written(another(key))}\n")
    found = project.found()
    assert getattr(found.settings, key) == another(key) and found.ignored == ()


@pytest.mark.parametrize(
    ("stricter", "laxer"),
    [
        ("max_calls = 5", "max_calls = 5000"),
        ("max_cost = 0.1", "max_cost = 3.0"),
        ("peek = 0", "peek = 100"),
        ('layout = "none"', 'layout = "masked"'),
        ("approve = true", "approve = false"),
        ("ignore = true", "ignore = false"),
        ('exclude = ["*.key", "b"]', 'exclude = ["*.key", "!id.key"]'),
        ('include = ["a"]', 'include = ["*"]'),
        ("max_seconds = 1", "max_seconds = nan"),
    ],
)
def test_a_stranger_s_file_makes_a_run_stricter_at_most(project: Project, stricter: str, laxer: str) -> None:
    own = 'max_cost = 2.0\nmax_seconds = 60\napprove = true\nlayout = "none"\n'
    own += 'exclude = ["*.key"]\ninclude = ["docs"]\n' if "clude" in laxer else ""
    project.home.mkdir()
    (project.home / "config.toml").write_text(own, encoding="utf-8")
    before = project.found().settings
    project.write(laxer + "\n")
    found = project.found()
    assert replace(found.settings, files=()) == replace(before, files=())
    assert [list(one.values) for one in found.ignored] == [[laxer.split(" ")[0]]]
    if "clude" not in laxer:
        project.write(stricter + "\n")
        assert project.found().ignored == ()


def test_patterns_count_where_there_are_none(project: Project) -> None:
    project.write('exclude = ["*.min.js"]\n')
    assert project.found().settings.exclude == ("*.min.js",)


def test_a_changed_file_is_not_trusted_any_more(project: Project) -> None:
    path = project.write('model = "local"\n')
    project.trust(path)
    path.write_text('model = "local"\nbase_url = "http://127.0.0.1:1"\n', encoding="utf-8")
    found = project.found()
    assert found.settings.model is None and found.settings.base_url is None
    assert found.ignored[0].why == "changed since it was trusted"


def test_the_same_contents_elsewhere_are_not_trusted(project: Project, tmp_path: Path) -> None:
    project.trust(project.write('model = "local"\n'))
    other = Project(tmp_path / "project")
    other.environ = project.environ
    other.write('model = "local"\n')
    assert gathered({}, other.environ, other.folder).settings.model == "local"  # of the project above it
    assert [one.file for one in gathered({}, other.environ, other.folder).ignored] == []
    other.write('model = "sim:?"\n')
    assert gathered({}, other.environ, other.folder).settings.model == "local"


def test_trust_is_revoked_and_listed(project: Project) -> None:
    path = project.write('model = "local"\n')
    project.trust(path)
    assert trusted_paths(project.home) == [str(path)]
    assert revoke(path, project.home) and not revoke(path, project.home)
    assert trusted_paths(project.home) == [] and not is_trusted(path, path.read_bytes(), project.home)


def test_the_record_of_trust_is_private(project: Project) -> None:
    project.trust(project.write('model = "local"\n'))
    folder = project.home / "trusted"
    assert folder.stat().st_mode & 0o077 == 0
    assert [file.stat().st_mode & 0o177 for file in folder.iterdir()] == [0]


@pytest.mark.parametrize("name", [b"pr\xff", b"a\rb", b"a\nb"])
def test_a_folder_of_any_name_is_trusted_and_revoked(project: Project, name: bytes) -> None:
    folder = Path(os.fsdecode(os.fsencode(project.folder) + b"/" + name))
    folder.mkdir()
    path = folder / "lambda-rlm.toml"
    path.write_text('model = "local"\n', encoding="utf-8")
    data = path.read_bytes()
    trust(path, data, project.home)
    assert is_trusted(path, data, project.home) and trusted_paths(project.home) == [str(path)]
    assert revoke(path, project.home) and not is_trusted(path, data, project.home)


def test_a_record_that_was_not_written_whole_trusts_nothing(project: Project) -> None:
    path = project.write('model = "local"\n')
    project.trust(path)
    (record,) = (project.home / "trusted").iterdir()
    record.write_bytes(b"")
    assert not is_trusted(path, path.read_bytes(), project.home)


def test_every_folder_of_the_record_is_private(project: Project) -> None:
    before = os.umask(0)
    try:
        trust(project.write('model = "local"\n'), b"", project.home / "new" / "home")
    finally:
        os.umask(before)
    assert [(project.home / each).stat().st_mode & 0o077 for each in ("new", "new/home", "new/home/trusted")] == [0, 0, 0]


def test_a_number_that_is_too_large_is_refused(project: Project) -> None:
    project.write(f"max_seconds = 1{'0' * 400}\n")
    with pytest.raises(SettingProblem, match="max_seconds is too large"):
        gathered({}, project.environ, project.folder)
    budgets: tuple[dict[str, Any], ...] = ({"usd": 10**400}, {"seconds": 10**400})
    for budget in budgets:
        with pytest.raises(ValueError, match="is too large"):
            Budget(**budget)


def test_folders_are_never_in_the_current_one_by_a_slip() -> None:
    for folder, variable in (
        (data_folder, "XDG_DATA_HOME"),
        (cache_folder, "XDG_CACHE_HOME"),
        (config_folder, "XDG_CONFIG_HOME"),
    ):
        assert folder({variable: "relative"}).is_absolute()
        assert folder({"LAMBDA_RLM_HOME": "~nobody-of-this-name/x"}).name == "x" or folder is config_folder


def test_files_are_merged_key_by_key_the_nearest_first(project: Project) -> None:
    for name, text in {
        "lambda-rlm.toml": "seed = 1\nmax_calls = 9\nescalate = true\n",
        "pyproject.toml": "[tool.lambda-rlm]\nseed = 2\nsplit = 'plan=0.5'\n",
        "below/pyproject.toml": "[tool.lambda-rlm]\nseed = 3\nmax-calls = 8\n",
    }.items():
        project.write(text, name)
    (project.folder / "below/deep").mkdir()
    found = project.found("below/deep")
    chosen = found.settings
    assert (chosen.seed, chosen.max_calls, chosen.escalate, chosen.split) == (3, 8, True, "plan=0.5")
    assert found.origins["seed"].place == str(project.folder / "below/pyproject.toml")
    assert len(chosen.files) == 3
    assert project.found().settings.seed == 1


def test_options_come_before_variables_before_files(project: Project) -> None:
    project.write("seed = 1\n")
    assert project.found().origins["seed"].kind == "project file"
    project.environ["LAMBDA_RLM_SEED"] = "2"
    assert (project.found().settings.seed, project.found().origins["seed"].place) == (2, "LAMBDA_RLM_SEED")
    found = project.found(seed=3)
    assert (found.settings.seed, found.origins["seed"].kind, found.origins["rpm"].kind) == (3, "option", "default")


def test_what_an_option_sets_is_not_reported_as_ignored(project: Project) -> None:
    project.write('model = "a/b"\nbase_url = "http://x"\n')
    assert list(project.found(model="local").ignored[0].values) == ["base_url"]


def test_the_user_s_own_file_counts_in_full(project: Project) -> None:
    own = project.home / "config.toml"
    own.parent.mkdir()
    own.write_text('model = "local"\nmax_calls = 7000\n', encoding="utf-8")
    found = project.found()
    assert (found.settings.model, found.settings.max_calls, found.origins["model"].kind) == ("local", 7000, "user file")
    own.chmod(0o666)
    assert project.found().settings.model is None
    assert project.found().ignored[0].is_foreign


def test_the_own_file_is_never_in_the_current_folder() -> None:
    assert config_folder({"XDG_CONFIG_HOME": "/x"}) == Path("/x/lambda-rlm")
    assert config_folder({"XDG_CONFIG_HOME": "."}) == Path.home() / ".config/lambda-rlm"
    assert config_folder({}) == Path.home() / ".config/lambda-rlm"


def test_of_a_file_that_others_may_write_to_nothing_counts(project: Project) -> None:
    path = project.write('seed = 4\nmodel = "local"\n')
    project.trust(path)
    path.chmod(0o646)
    found = project.found()
    assert (found.settings.seed, found.settings.model) == (DEFAULTS.seed, None)
    assert found.ignored[0].why == "other users can write to it"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no owners here")
def test_of_a_file_of_another_user_nothing_counts(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project.write("seed = 4\n")
    project.trust(path)
    owner = path.stat().st_uid
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    found = project.found()
    if owner == 0:  # what root wrote counts for everybody
        assert found.settings.seed == 4
        os.chown(path, 12_345, -1)
        found = project.found()
    assert found.settings.seed == DEFAULTS.seed and found.ignored[0].why == "it belongs to another user"


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root may give a file away")
def test_a_broken_file_of_another_user_stops_nothing(project: Project) -> None:
    path = project.write("seed = \n")
    with pytest.raises(SettingProblem):
        project.found()
    os.chown(path, 12_345, -1)
    assert project.found().settings == DEFAULTS


@pytest.mark.parametrize(
    "text",
    ["seed = " + "[" * 5_000, "a = 1", "seed = \xff", "seed = 1" + "#" * 1_000_000, "[[tool]]\n", "[tool.lambda-rlm]\nx = 1\n"],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(project: Project, text: str) -> None:
    name = "pyproject.toml" if "tool" in text else "lambda-rlm.toml"
    (project.folder / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingProblem, match=re.escape(name)):
        project.found()


def test_a_pipe_in_the_place_of_a_file_is_passed_over(project: Project) -> None:
    os.mkfifo(project.folder / "lambda-rlm.toml")
    assert project.found().settings == DEFAULTS


def test_a_project_without_our_table_has_no_settings(project: Project) -> None:
    path = project.write("[project]\nname = 'x'\n", "pyproject.toml")
    assert project.found().settings == DEFAULTS
    with pytest.raises(SettingProblem, match="has no table"):
        settings_file(path, project.environ)


# ── variables ──


@pytest.mark.parametrize(
    ("name", "near"), [("LAMBDA_RLM_MAXCALLS", "LAMBDA_RLM_MAX_CALLS"), ("LAMBDA_RLM_MODLE", "LAMBDA_RLM_MODEL")]
)
def test_a_slip_in_a_variable_is_refused_with_a_suggestion(name: str, near: str) -> None:
    with pytest.raises(SettingProblem, match=f"unknown variable {name} .*did you mean {near}"):
        from_variables({name: "3"})
    assert from_variables({name: ""}) == {}


def test_every_variable_that_the_package_reads_is_known() -> None:
    named = {
        name
        for path in PACKAGE.rglob("*.py")
        for name in re.findall(r"(?<![A-Z_])LAMBDA_RLM_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8"))
    }
    assert named >= set(OTHERS) and named - set(OTHERS) - set(VARIABLES) == set()


def test_a_file_may_have_a_pool_as_a_number(tmp_path: Path) -> None:
    environ = {"LAMBDA_RLM_HOME": str(tmp_path)}
    for written, read in (("3", "3"), ('"10%"', "10%")):
        (tmp_path / "config.toml").write_text(f"pool = {written}\n", encoding="utf-8")
        assert gathered({}, environ, tmp_path).settings.pool == read
    for written in ("true", "1.5", "[3]"):
        (tmp_path / "config.toml").write_text(f"pool = {written}\n", encoding="utf-8")
        with pytest.raises(SettingProblem, match="pool must be text"):
            gathered({}, environ, tmp_path)
