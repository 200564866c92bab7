"""Settings are declared once: kinds, defaults, choices, options and variables all follow from `Keys`."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_rlm.cli.commands import app, commands_with
from lambda_rlm.cli.commands.options import Command
from lambda_rlm.cli.settings import DEFAULTS, settings
from lambda_rlm.llm.providers.dialects import CONSTRAIN
from lambda_rlm.plan.router import CHOICES
from lambda_rlm.plan.routing_settings import STRENGTHS
from lambda_rlm.plan.tasks import TASKS
from lambda_rlm.settings.files import settings_file
from lambda_rlm.settings.keys import SETTINGS
from lambda_rlm.settings.problem import SettingProblem
from lambda_rlm.settings.trust import trust

WRITTEN = {str: "x", int: "7", float: "0.5", bool: "true", tuple: "a, b", dict: '{"m": {"window": 7}}'}
READ = {str: "x", int: 7, float: 0.5, bool: True, tuple: ("a", "b"), dict: {"m": {"window": 7}}}


def test_every_setting_is_read_in_its_kind_from_a_variable(tmp_path: Path) -> None:
    choosing = {key: setting.about.choices[0] for key, setting in SETTINGS.items() if setting.about.choices}
    environ = {f"LAMBDA_RLM_{key.upper()}": choosing.get(key, WRITTEN[each.kind]) for key, each in SETTINGS.items()}
    environ["LAMBDA_RLM_HEADERS"] = "X-Team: search, and more\nX-Org:acme"
    found = settings({}, environ, tmp_path)
    read = {key: choosing.get(key, READ[each.kind]) for key, each in SETTINGS.items()}
    read["headers"] = ("X-Team: search, and more", "X-Org: acme")
    assert {key: getattr(found, key) for key in SETTINGS} == read


def test_a_path_in_a_settings_file_starts_at_that_file(tmp_path: Path) -> None:
    environ = {"LAMBDA_RLM_HOME": str(tmp_path / "home")}
    file = tmp_path / "lambda-rlm.toml"
    file.write_text('task = "./mine.lam"\n', encoding="utf-8")
    trust(file, settings_file(file, environ).data, tmp_path / "home")
    below = tmp_path / "below"
    below.mkdir()
    assert settings({}, environ, below).task == str(tmp_path / "mine.lam")


def test_every_default_is_of_the_kind_of_its_setting(tmp_path: Path) -> None:
    assert settings({}, {}, tmp_path) == DEFAULTS
    values = {key: getattr(DEFAULTS, key) for key in SETTINGS}
    assert [key for key, value in values.items() if value is not None and type(value) is not SETTINGS[key].kind] == []


@pytest.mark.parametrize(
    ("key", "choices"), [("task", TASKS), ("strategy", CHOICES), ("strength", STRENGTHS), ("constrain", CONSTRAIN)]
)
def test_the_choices_are_those_of_the_room_they_are_for(key: str, choices: tuple[str, ...]) -> None:
    """The keys load nothing of the rooms, so that `--help` is quick, and say the choices again."""
    assert SETTINGS[key].about.choices == choices


@pytest.mark.parametrize("key", [key for key, setting in SETTINGS.items() if setting.about.is_positive])
def test_a_rate_of_nothing_is_refused(key: str, tmp_path: Path) -> None:
    with pytest.raises(SettingProblem, match=f"{key} must be more than 0"):
        settings({key: SETTINGS[key].kind(0)}, {}, tmp_path)


def test_what_a_command_takes_is_known_by_setting() -> None:
    """A page about settings is made of it."""
    assert commands_with("escalate") == ("ask",)
    assert commands_with("max_depth") == ("ask", "run", "check")
    assert commands_with("journal_days") == ()


def test_a_command_is_told_only_the_options_that_were_given() -> None:
    told = []

    def command(name: str, *, options: dict[str, object], json: bool = False) -> None:
        told.append((name, options, json))

    spread = Command(command, ("max_calls", "include", "raw"))
    assert list(spread.__signature__.parameters) == ["name", "max_calls", "include", "raw", "json"]
    spread(name="n", max_calls=3, include=[], raw=None, json=True)
    assert told == [("n", {"max_calls": 3}, True)]


def test_no_command_declares_an_option_of_a_setting_of_its_own() -> None:
    """`bench` does: its plan and its default are others; and the models of `audit` are no tables."""
    own = {
        (each.callback.name, name)
        for each in app.registered_commands
        if isinstance(each.callback, Command)
        for name in each.callback.__signature__.parameters
        if name in SETTINGS and name not in each.callback.keys
    }
    assert own == {("bench", "strategy"), ("bench", "task"), ("audit", "models")}
