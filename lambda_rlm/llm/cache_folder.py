"""Where files that can be fetched again are kept on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """`LAMBDA_RLM_HOME`, or the platform's cache folder for this user (XDG on Linux); not made here."""
    home = environ.get("LAMBDA_RLM_HOME")
    if home:
        return Path(os.path.expanduser(home))  # `~nobody` is itself, as for a shell
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "lambda-rlm"
    fallback = Path.home() / ("AppData/Local" if sys.platform == "win32" else ".cache")
    variable = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
    chosen = Path(environ.get(variable) or "")  # a relative one counts as none: it would be in the current folder
    return (chosen if chosen.is_absolute() else fallback) / "lambda-rlm"
