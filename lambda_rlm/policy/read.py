"""The policy that holds here: the system's file, and the one that `LAMBDA_RLM_POLICY` names.

Owns where it is read from. Promises to read it each time, so that a change holds at once, and to open nothing where there is
none. Refuses, for all that a gate is asked, a file that cannot be read or was changed by somebody who may not.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

from lambda_rlm.policy.rules import PolicyViolation, Rules, rules_of
from lambda_rlm.private_file import open_regular

SYSTEM: Final = Path("/etc/lambda-rlm/policy.toml")
VARIABLE: Final = "LAMBDA_RLM_POLICY"
OWNER: Final = 0
"""The user that the system's file belongs to."""

_MOST_BYTES: Final = 1_000_000
_DIGEST: Final = "#sha256="


def policy(environ: Mapping[str, str] = os.environ) -> tuple[Rules, ...]:
    """The rules of each file, the system's first; what each of them allows is allowed. Raises `PolicyViolation` where a file
    cannot be used."""
    found = [_read(SYSTEM, is_system=True)] if _is_there(SYSTEM) else []
    named = environ.get(VARIABLE, "").strip()
    if named:
        path, _, digest = named.partition(_DIGEST)
        rules = _read(Path(path), is_system=False)
        if _DIGEST in named and rules.sha256 != digest.lower():
            raise PolicyViolation(path, None, f"its SHA-256 is {rules.sha256}, not the one that {VARIABLE} names")
        found.append(rules)
    return tuple(found)


def _is_there(path: Path) -> bool:
    """Whether anything has this name; what cannot be told is taken as there."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _read(path: Path, *, is_system: bool) -> Rules:
    import tomllib  # where there is no policy nothing is loaded for one

    name = str(path)
    if not path.is_absolute():
        raise PolicyViolation(name, None, f"{VARIABLE} must be an absolute path")
    try:
        with open_regular(path) as file:
            status = os.fstat(file.fileno())
            data = file.read(_MOST_BYTES + 1)
        if is_system and hasattr(os, "getuid") and (status.st_uid != OWNER or status.st_mode & 0o022):
            raise PolicyViolation(name, None, "users can change it: it must belong to root, and root alone may write to it")
        if len(data) > _MOST_BYTES:
            raise PolicyViolation(name, None, f"it is larger than {_MOST_BYTES:,} bytes")
        return rules_of(tomllib.loads(data.decode("utf-8")), name, sha256(data).hexdigest())
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise PolicyViolation(name, None, f"it cannot be read: {why}") from None
