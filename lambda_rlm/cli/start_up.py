"""The garbage collector while a command loads.

Owns `loading` and `loaded`. Nothing that a command loads is garbage, and looking it through takes a tenth of the start.
"""

from __future__ import annotations

import gc


def loading() -> None:
    """Collect nothing until `loaded`."""
    gc.disable()


def loaded() -> None:
    """A command has loaded what it needs: that is never looked through for garbage again, what comes now is."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
