"""Inputs of a host, read in a thread, so that the event loop goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import anyio.to_thread

from lambda_rlm.deadline import Deadline
from lambda_rlm.inputs import Inputs

Read = Callable[[Mapping[str, Any], Callable[[], object] | None], Inputs]
"""Reads inputs, and looks now and then whether anybody waits for them."""


class _Left(Exception):
    """Nobody waits for the inputs any more."""


async def read_in_thread(read: Read, inputs: Mapping[str, Any], deadline: Deadline) -> Inputs:
    """The inputs; what cancels the waiting ends the reading. Texts alone need no thread."""
    if all(isinstance(value, str) for value in inputs.values()):
        return read(inputs, None)
    is_waited_for = True

    def watch() -> None:
        deadline.look()
        if not is_waited_for:
            raise _Left

    try:
        return await anyio.to_thread.run_sync(read, inputs, watch, abandon_on_cancel=True)
    finally:
        is_waited_for = False
