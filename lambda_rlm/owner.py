"""Which process a run belongs to, and whether it still goes on.

Owns the name of a process that no later one gets: machine, start of the machine, number, start of the process, as far as the
system tells them. Promises that a run whose process has ended is free; refuses to call one free whose process may be alive.
"""

from __future__ import annotations

import getpass
import os
import socket
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def owner() -> str:
    """The name of this process."""
    return _name(os.getpid())


def person() -> dict[str, str]:
    """Who runs this process, and where: the name that the system gives, or else the number."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # a number without a name, as in containers
        user = str(os.getuid()) if hasattr(os, "getuid") else "?"
    return {"user": user, "host": socket.gethostname()}


def is_alive(name: str) -> bool:
    """The process of that name goes on, on this machine."""
    parts = name.split(" ")
    if len(parts) != 4 or not parts[2].isdigit() or os.name != "posix" or parts[0] != socket.gethostname():
        return False
    number = int(parts[2])
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return _name(number) == name
    return _name(number) == name


def _name(number: int) -> str:
    return " ".join((socket.gethostname().replace(" ", "-"), _boot(), str(number), _start(number)))


def _boot() -> str:
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return "-"


def _start(number: int) -> str:
    """When a process began, in ticks since the machine did; the 22nd field of proc(5)."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return "-"
