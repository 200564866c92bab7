"""API keys from a file of `NAME=VALUE` lines (`.env`), where a person names the file: none is looked for.

Owns the form of the file, and what of it counts: variables whose names say that they are keys, where the environment has none
of that name. Servers, proxies, settings and search paths in it count nothing: they say where data goes. Promises that no value
of the file is in a message, and that all are left out of texts as keys are. Refuses a line that it cannot read, and a file that
somebody else may write.
"""

from __future__ import annotations

import os
import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.blot import hide
from lambda_rlm.inputs.reading import plain
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.settings.keys import PREFIX
from lambda_rlm.settings.settings import Settings

_KEYS: Final = frozenset(("KEY", "APIKEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIALS"))
"""The words in names of variables that are keys."""

_LINE: Final = late_pattern(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*(.*)")
_QUOTED: Final = late_pattern(r"""(?:'([^'\\]*)'|"((?:[^"\\]|\\.)*)")[ \t]*(?:#.*)?""")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "$": "$", "'": "'"}


@dataclass(frozen=True, slots=True)
class KeysRead:
    """What came of a file, by names alone: keys that were `loaded`, keys that the environment has already, and `other`
    variables, which count nothing."""

    loaded: tuple[str, ...] = ()
    already_set: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


def load_keys(path: str | os.PathLike[str], environ: MutableMapping[str, str] = os.environ) -> KeysRead:
    """Set the variables of the keys in a file that are not set. Raises `SettingProblem`."""
    from lambda_rlm.settings.problem import SettingProblem
    from lambda_rlm.settings.trust import contents

    file = Path(os.path.expanduser(path))
    data, foreign = contents(file, "keys from")
    if foreign is not None:
        raise SettingProblem(f"cannot read keys from {plain(str(file))}: {foreign}", f"chmod 600 {plain(str(file))}")
    found = _variables(data, plain(str(file)))
    keys = {name: value for name, value in found.items() if value and is_key(name)}
    for value in keys.values():
        hide(value)
    new = {name: value for name, value in keys.items() if not environ.get(name)}
    environ.update(new)
    return KeysRead(tuple(new), tuple(keys.keys() - new.keys()), tuple(name for name in found if not is_key(name)))


def load_named(path: str | os.PathLike[str] | None, unsaid: Settings) -> None:
    """The same for a host program, which names a file or leaves it to the variable."""
    if path is not None:
        load_keys(path)
    elif unsaid.env_file is not None:
        load_keys(named_file(unsaid.env_file, is_here=False))


def named_file(path: str, is_here: bool) -> str:
    """The path of a file of keys. Raises `SettingProblem` for a relative one, unless it is named here and now (`is_here`): it
    would be another file in each folder, a stranger's too."""
    from lambda_rlm.settings.problem import SettingProblem

    if not is_here and not os.path.isabs(os.path.expanduser(path)):
        raise SettingProblem(
            f"env_file must be an absolute path in a file or variable, not {path!r:.80}", "or name it: --env-file FILE"
        )
    return path


def is_key(name: str) -> bool:
    """Whether the name of a variable says that it is a key."""
    words = name.upper().split("_")
    return not name.upper().startswith(PREFIX) and (
        not _KEYS.isdisjoint(words) or words[-1].endswith(("KEY", "TOKEN", "SECRET"))
    )


def _variables(data: bytes, file: str) -> dict[str, str]:
    """All variables of a file; the last of one name counts."""
    from lambda_rlm.settings.problem import SettingProblem

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingProblem(f"cannot read keys from {file}: it is not UTF-8") from None
    found: dict[str, str] = {}
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        written = line.strip()
        if not written or written.startswith("#"):
            continue
        match = _LINE.fullmatch(written)
        value = None if match is None else _value(match[2])
        if match is None or value is None or "\0" in value:
            raise SettingProblem(
                f"cannot read keys from {file}: line {number} is not NAME=VALUE",
                "quotes close on their line, and ${…} is not expanded outside single quotes",
            )
        found[match[1]] = value
    return found


def _value(written: str) -> str | None:
    """What is written behind `=`; None for what cannot be read."""
    if written[:1] in ("'", '"'):
        quoted = _QUOTED.fullmatch(written)
        if quoted is None:
            return None
        if quoted[1] is not None:
            return quoted[1]
        return None if "${" in quoted[2].replace("\\$", "") else re.sub(r"\\(.)", _escape, quoted[2])
    value = re.split(r"(?:^|[ \t])#", written, maxsplit=1)[0].rstrip()
    return None if "${" in value or '"' in value or "'" in value else value


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[1], found[0])
