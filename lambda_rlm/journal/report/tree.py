"""The calls of a run as a tree: by place in the program first, then as the data makes it, a branch for each element, argument
or field.

Owns the tree and its lines as text. Promises that each call is in it once and that the figures of a branch are the sums of
what is below it; that a long list is folded to its first, its failed and its slowest elements, and that what is folded is
counted. Draws no color.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from functools import cached_property
from typing import Final

from lambda_rlm.budget.price import dollars
from lambda_rlm.data_class import dataclass
from lambda_rlm.journal.records import CallRow, has_reply_to_keep

MOST_BESIDE: Final = 8
"""Branches of one node that are shown; the others are folded into one line."""

SHARED: Final = "shared"
RUNNING: Final = "running"
REPLIED: Final = "replied"

ASKED_AGAIN: Final = "asked again"
"""The state of a call of an earlier session that came to nothing and was asked again: what was paid for it is spent."""

Label = Callable[[CallRow], str]


@dataclass(frozen=True, slots=True)
class CallFigures:
    """What some calls came to: of `calls`, `cached` were answered from an earlier run, `failed` by no reply that could be used,
    `stopped` were ended before they had one, and of `running` no end is on record; `shared` are questions beside them that were
    the same as one of them. `usd` is None where a price was unknown; `seconds` are those of all calls, one after the
    other."""

    calls: int = 0
    shared: int = 0
    cached: int = 0
    failed: int = 0
    stopped: int = 0
    running: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = 0.0
    seconds: float = 0.0

    def __add__(self, other: CallFigures) -> CallFigures:
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return CallFigures(
            self.calls + other.calls,
            self.shared + other.shared,
            self.cached + other.cached,
            self.failed + other.failed,
            self.stopped + other.stopped,
            self.running + other.running,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            usd,
            self.seconds + other.seconds,
        )

    @property
    def is_odd(self) -> bool:
        """Some of them did not come to a reply."""
        return bool(self.failed or self.stopped or self.running)

    @property
    def shown(self) -> str:
        """`34 calls, 2 failed · 9,101 + 33 tokens · free · 1.2 s`."""
        counts = [f"{self.calls:,} {'call' if self.calls == 1 else 'calls'}"]
        counts += [
            f"{n:,} {what}"
            for n, what in (
                (self.shared, "shared"),
                (self.cached, "cached"),
                (self.failed, "failed"),
                (self.stopped, "stopped"),
                (self.running, "unfinished"),
            )
            if n
        ]
        tokens = f"{self.input_tokens:,} + {self.output_tokens:,} tokens"
        return " · ".join((", ".join(counts), tokens, dollars(self.usd), f"{self.seconds:.1f} s"))


def figures_of(call: CallRow) -> CallFigures:
    """The figures of one call."""
    if call.state == SHARED:
        return CallFigures(shared=1)
    usage = call.usage or {}
    if call.state == ASKED_AGAIN:
        return CallFigures(
            input_tokens=usage["input_tokens"],
            output_tokens=usage["output_tokens"],
            usd=usage["usd"],
            seconds=call.seconds or 0.0,
        )
    return CallFigures(
        calls=1,
        cached=is_cached(call),
        failed=call.state not in (REPLIED, RUNNING) and not has_reply_to_keep(call),
        stopped=call.state not in (REPLIED, RUNNING) and has_reply_to_keep(call),
        running=call.state == RUNNING,
        input_tokens=usage.get("input_tokens", 0),
        output_tokens=usage.get("output_tokens", 0),
        usd=usage.get("usd", 0.0),
        seconds=call.seconds or 0.0,
    )


def is_cached(call: CallRow) -> bool:
    """The call was answered from an earlier run: nothing of it was sent."""
    return call.state == REPLIED and call.usage is not None and call.usage.get("attempts") == 0


@dataclass
class CallBranch:
    """A place in the data, `path` from the root down, the calls that were made right there and the places inside it; or, with a
    `title`, a place of the program."""

    path: tuple[int, ...]
    title: str | None = None
    calls: list[CallRow] = field(default_factory=list)
    inside: dict[int, CallBranch] = field(default_factory=dict)

    @cached_property
    def figures(self) -> CallFigures:
        return sum((one.figures for one in self.inside.values()), sum(map(figures_of, self.calls), CallFigures()))

    @cached_property
    def slowest(self) -> float:
        """Seconds of the slowest call in it."""
        own = (call.seconds or 0.0 for call in self.calls)
        return max((*own, *(one.slowest for one in self.inside.values())), default=0.0)

    @property
    def name(self) -> str:
        return self.title or ".".join(map(str, self.path)) or "·"

    @property
    def places(self) -> list[CallBranch]:
        """The places inside, in the order of the data."""
        return [self.inside[key] for key in sorted(self.inside)]


def tree(calls: Iterable[CallRow], label: Label) -> CallBranch:
    """The tree of some calls; `label` says where a call is in its program."""
    root = CallBranch(())
    places: dict[str, CallBranch] = {}
    for call in sorted(calls, key=lambda call: call.place):
        title = label(call)
        node = places.get(title)
        if node is None:
            node = places[title] = root.inside[len(places)] = CallBranch((), title)
        for depth, key in enumerate(call.path, 1):
            node = node.inside.setdefault(key, CallBranch(call.path[:depth]))
        node.calls.append(call)
    return root


def lines(root: CallBranch, most: int = MOST_BESIDE) -> Iterator[str]:
    """The lines of a tree, from the root's figures down; at most that many branches of a node, beside those of the root."""
    yield root.figures.shown
    for number, place in enumerate(root.places, 1):
        stem, below = ("└ ", "  ") if number == len(root.inside) else ("├ ", "│ ")
        yield f"{stem}{place.title}"
        yield f"{below}{place.figures.shown}"
        if place.inside or len(place.calls) > 1:
            yield from _below(place, most, below)


def _below(branch: CallBranch, most: int, indent: str) -> Iterator[str]:
    kept, folded = folding(branch.places, most)
    rows: list[CallRow | CallBranch] = [*branch.calls, *map(without_chain, kept)]
    for number, row in enumerate(rows, 1):
        stem, below = ("└ ", "  ") if number == len(rows) and not folded else ("├ ", "│ ")
        if isinstance(row, CallRow):
            yield f"{indent}{stem}{leaf(row)}"
        elif not row.inside and len(row.calls) == 1:
            yield f"{indent}{stem}{row.name}  {leaf(row.calls[0])}"
        else:
            yield f"{indent}{stem}{row.name}  {row.figures.shown}"
            yield from _below(row, most, indent + below)
    if folded:
        yield f"{indent}└ … {len(folded):,} more: {sum((one.figures for one in folded), CallFigures()).shown}"


def folding(branches: Sequence[CallBranch], most: int) -> tuple[list[CallBranch], list[CallBranch]]:
    """The branches that are shown and those that are folded: failed and unfinished ones come first, then the slowest, then the
    first."""
    if len(branches) <= most:
        return list(branches), []
    slowest = max(branches, key=lambda one: one.slowest)
    ranked = sorted(branches, key=lambda one: (not one.figures.is_odd, one is not slowest, one.path))
    shown = {id(one) for one in ranked[: most - 1]}
    return [one for one in branches if id(one) in shown], [one for one in branches if id(one) not in shown]


def leaf(call: CallRow) -> str:
    """One call in one line."""
    if call.state == SHARED:
        return "shared with an identical call"
    usage = call.usage or {}
    tokens = f"{usage.get('input_tokens', 0):,} + {usage.get('output_tokens', 0):,} tokens"
    seconds = "no end" if call.seconds is None else f"{call.seconds:.2f} s"
    state = {REPLIED: "", RUNNING: "unfinished  "}.get(call.state, f"{call.state}  ")
    again = "from an earlier session  " if "remembered" in usage else "cached  " if is_cached(call) else ""
    return f"{state}{again}{seconds}  {tokens}"


def without_chain(branch: CallBranch) -> CallBranch:
    """The first place on the way down where there is a choice, or a call."""
    while not branch.calls and len(branch.inside) == 1:
        branch = next(iter(branch.inside.values()))
    return branch
