"""What a run holds in memory, and the refusal to hold more.

Owns `Storage`: the account of the large texts and lists of a run that are alive. Each books its size when it is made and gives
it back when it dies, so that what is thrown away does not count. The account adds sizes up exactly; `eval/holding`, which
measures them, promises each within a factor of two. Accounts form a tree, as meters do: what a sub-run holds, its caller's
run holds too.

Python frees a value when its last reference goes, at a place that the program alone decides, so the figures of a run whose
calls do not overlap are the same every time. Where calls overlap, the schedule decides what is alive at once: a refusal is
therefore a limit of the run, which nothing in the program can catch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NoReturn

from lambda_rlm.diagnostics.faults import LimitExceeded

OUT_OF_MEMORY: Final = "E0402"
"""The code of more than may be held, as `diagnostics.codes.evaluation` explains it."""

MOST_BYTES: Final = 1 << 62
"""Sizes and charges stay below this: more than any machine has."""


class Storage:
    """Bytes alive in one run: `live` now, `peak` at most so far, `limit` allowed, `inputs` those of the inputs. `is_full` once
    something was refused."""

    __slots__ = ("inputs", "is_full", "limit", "live", "parent", "peak")

    def __init__(self, limit: int, parent: Storage | None = None) -> None:
        self.limit = limit
        self.parent = parent
        self.inputs = 0
        self.live = 0
        self.peak = 0
        self.is_full = False

    def hold(self, size: int) -> None:
        """Book bytes that were made. Raises `LimitExceeded`, also where an account above has not enough; they are booked all
        the same, until they are given back."""
        self.live = live = self.live + size
        if live > self.peak:
            self.peak = live
        refused = self if live > self.limit else None
        account = self.parent
        while account is not None:
            account.live += size
            if account.live > account.peak:
                account.peak = account.live
            if account.live > account.limit:
                refused = account
            account = account.parent
        if refused is not None:
            refused.refuse()

    def give_back(self, size: int) -> None:
        """What was booked is no longer alive."""
        self.live -= size
        account = self.parent
        while account is not None:
            account.live -= size
            account = account.parent

    def has_room(self, size: int) -> bool:
        """Whether bytes would fit beside what is alive."""
        account: Storage | None = self
        while account is not None:
            if account.live + size > account.limit:
                return False
            account = account.parent
        return True

    def make_room(self, size: int) -> None:
        """Refuse, before they are made, bytes that would not fit beside what is alive. Raises `LimitExceeded`."""
        account: Storage | None = self
        while account is not None:
            if account.live + size > account.limit:
                account.refuse()
            account = account.parent

    def refuse(self) -> NoReturn:
        """Raises `LimitExceeded`, which tells the limit beside the inputs."""
        self.is_full = True
        limit = self.limit - self.inputs
        raise LimitExceeded(OUT_OF_MEMORY, f"the program exceeded its limit of {limit:,} bytes held in memory")

    def admit(self, inputs: int, allowance: int) -> None:
        """Book the inputs of the run, which are its own and not its caller's: the limit grows by as much, and by what they
        allow."""
        self.live += inputs - self.inputs
        self.inputs = inputs
        self.peak = max(self.peak, self.live)
        self.limit += inputs + allowance

    def follow(self, other: Storage) -> None:
        """Take the place of an account that nothing was booked on: with its limit, below its parent."""
        made = self.live - self.inputs
        if self.parent is not None:
            self.parent.give_back(made)
        self.limit, self.parent = other.limit, other.parent
        if self.parent is not None:
            self.parent.hold(made)


class Holding(list[Any]):
    """A list that books its memory, and what its elements hold beside, while it lives. It grows only while it is made."""

    __slots__ = ("size", "storage")

    def __init__(self, items: Iterable[Any], storage: Storage, size: int) -> None:
        super().__init__(items)
        self.storage = storage
        self.size = size
        storage.hold(size)

    def __del__(self) -> None:
        self.storage.give_back(self.size)

    def grow(self, items: Iterable[Any], size: int) -> None:
        """More elements."""
        self += items
        self.size += size
        self.storage.hold(size)
