"""`config show` and `trust`: settings with their origins, and which files of projects count.

Owns how settings are shown. Promises that a file is trusted as it was shown, and that no key of a URL or a
header is printed.
"""

from __future__ import annotations

import json as json_text
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from shlex import quote
from typing import Any

from lambda_rlm.cli import exits
from lambda_rlm.cli.display import screen
from lambda_rlm.cli.display.yes_or_no import agrees
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.settings import told
from lambda_rlm.diagnostics.visible import visible
from lambda_rlm.inputs.reading import plain
from lambda_rlm.llm.providers.servers import plain as shown_url
from lambda_rlm.llm.wrappers.model_headers import without_values
from lambda_rlm.policy.gates import limits
from lambda_rlm.settings import trust as record
from lambda_rlm.settings.files import PROJECT, SettingsFile, settings_file, settings_files
from lambda_rlm.settings.keys import SETTINGS
from lambda_rlm.settings.sources import Sources, gathered


def show(options: Mapping[str, Any], json: bool) -> int:
    """The exit code of `config show`."""
    found, held = gathered(options), limits()
    if json:
        rows = [_row(key, found, held.get(key)) for key in SETTINGS]
        screen.answer(json_text.dumps({"ok": True, "settings": rows, "files": list(found.settings.files)}, ensure_ascii=False))
        return exits.ANSWERED
    for key in SETTINGS:
        origin = found.origins[key]
        value = _written(_shown(key, getattr(found.settings, key)))
        screen.answer(f"{key:<17} {value:<20} {plain(origin.place or origin.kind)}{_held(held.get(key))}")
    for one in found.ignored:
        screen.answer(told(one))
    return exits.ANSWERED


def _held(limit: tuple[Any, str] | None) -> str:
    return "" if limit is None else f"; at most {_written(limit[0])} by the policy {plain(limit[1])}"


def _row(key: str, found: Sources, limit: tuple[Any, str] | None) -> dict[str, Any]:
    origin = found.origins[key]
    ignored = [
        {"file": str(one.file), "value": _shown(key, one.values[key]), "why": one.why}
        for one in found.ignored
        if key in one.values
    ]
    return {
        "key": key,
        "value": _shown(key, getattr(found.settings, key)),
        "source": origin.kind,
        "place": origin.place,
        "counts": SETTINGS[key].counts.value,
        "ignored": ignored,
        "policy": None if limit is None else {"at_most": limit[0], "file": limit[1]},
    }


def _shown(key: str, value: Any) -> Any:
    return shown_url(value) if key == "base_url" and value is not None else without_values(key, value)


def _written(value: Any) -> str:
    """A value as a settings file has it; characters that a terminal might obey are escaped."""
    return "none" if value is None else visible(json_text.dumps(value, ensure_ascii=False))


def trust(path: str | None, is_sure: bool, json: bool) -> int:
    """The exit code of `trust`: 1 where the person says no."""
    folder = record.config_folder()
    files = _named(path)
    for file in files:
        if file.is_foreign:
            raise UsageProblem(f"{plain(str(file.path))} cannot be trusted: {file.distrust}")
    for file in files:
        if not json:
            _print(file)
        if not is_sure and not _agreed(file.path):
            screen.say("not trusted")
            return exits.REJECTED
        record.trust(file.path, file.data, folder)
        if not json:
            screen.say(f"trusted {plain(str(file.path))}")
    if json:
        rows = [
            {
                "path": str(file.path),
                "sha256": sha256(file.data).hexdigest(),
                "settings": {key: without_values(key, value) for key, value in file.values.items()},
            }
            for file in files
        ]
        screen.answer(json_text.dumps({"ok": True, "trusted": rows}, ensure_ascii=False))
    return exits.ANSWERED


def revoked(path: str | None, json: bool) -> int:
    """The exit code of `trust --revoke`."""
    paths = [Path(path).absolute()] if path is not None else [file.path for file in _named(None)]
    paths = [each / name for each in paths for name in PROJECT] if path is not None and paths[0].is_dir() else paths
    gone = [str(each) for each in paths if record.revoke(each, record.config_folder())]
    if json:
        screen.answer(json_text.dumps({"ok": True, "revoked": gone}, ensure_ascii=False))
        return exits.ANSWERED
    for each in gone:
        screen.say(f"{plain(each)} is not trusted any more")
    if not gone:
        screen.say("no trusted file there")
    return exits.ANSWERED


def trusted(json: bool) -> int:
    """The exit code of `trust --list`."""
    folder = record.config_folder()
    rows = [{"path": path, "state": _state(Path(path), folder)} for path in record.trusted_paths(folder)]
    if json:
        screen.answer(json_text.dumps({"ok": True, "trusted": rows}, ensure_ascii=False))
        return exits.ANSWERED
    for row in rows:
        screen.answer(f"{plain(row['path'])}: {row['state']}")
    if not rows:
        screen.say("no trusted files")
    return exits.ANSWERED


def _state(path: Path, folder: Path) -> str:
    if not path.is_file():
        return "missing"
    return "trusted" if record.is_trusted(path, record.contents(path)[0], folder) else "changed"


def _named(path: str | None) -> list[SettingsFile]:
    """The settings files that an argument means. Raises `UsageProblem` where there are none."""
    here = Path.cwd()
    if path is None:
        found = [file for file in settings_files(here) if not file.is_own]
    elif Path(path).is_dir():
        folder = Path(path).absolute()
        found = [file for file in settings_files(folder) if file.path.parent == folder and not file.is_own]
    elif Path(path).is_file():
        found = [settings_file(Path(path).absolute())]
    else:
        raise UsageProblem(f"no such settings file: {plain(path)}")
    if not found:
        raise UsageProblem("no settings file of a project here", f"its name is {' or '.join(PROJECT)}")
    return found


def _print(file: SettingsFile) -> None:
    rows = [f"  {key} = {_written(_shown(key, value))}  ({SETTINGS[key].counts.value})" for key, value in file.values.items()]
    for line in (f"{plain(str(file.path))}:", *rows):
        screen.say(line)


def _agreed(path: Path) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageProblem(
            "`trust` needs a terminal to show the file and to ask",
            f"to trust the file as it is: lambda-rlm trust {quote(plain(str(path)))} --yes",
        )
    return agrees("Trust this file?")
