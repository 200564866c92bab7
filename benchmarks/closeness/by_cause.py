"""Bound / used by cause: for numbers of calls, for scripts, and for the programs on record."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Final

from benchmarks.closeness.targets import missed
from tests.support.closeness import CAUSES, Chain, Closeness, before, closeness, thought
from tests.support.recorded_programs import Program, everything
from tests.support.series import LABELS, NUMBERS, SCRIPTS, SENTENCES, series

Both = tuple[Closeness, Closeness]
"""A program held against its bound as it is, and as it was."""


def both(program: Program) -> Both:
    """Both computed on the same run."""
    trial = program.trial()
    now = closeness(trial)
    return now, before(trial, now.run)


def _ratio(number: float) -> str:
    return f"{number:.2f}" if number < 10 else f"{number:.1f}" if number < 100 else f"{number:,.0f}"


def _causes(chain: Chain) -> str:
    return " | ".join(_ratio(chain.factors[cause]) for cause in CAUSES)


_HEAD: Final = f"| {' | '.join(CAUSES)} |"
_COLUMNS: Final = "---:|" * len(CAUSES)


def _small(title: str, rows: Iterable[tuple[str, Both]]) -> list[str]:
    """Two rows for input tokens and two for dollars, before and now, each with its causes."""
    failures = []
    print(f"\n| {title} | of | | bound / used {_HEAD} untaken | output tokens |")
    print(f"|---|---|---|---:|{_COLUMNS}---:|---:|")
    for name, (now, then) in rows:
        failures += [f"{name}: {line}" for line in now.violations]
        for what, when, one in (("input tokens", "before", then.input), ("", "now", now.input)):
            print(f"| {name if what else ''} | {what} | {when} | {_ratio(one.whole)} | {_causes(one)} | {one.untaken:.0%} | |")
        for what, when, side in (("dollars", "before", then), ("", "now", now)):
            shown = f"{_ratio(side.usd.whole)} | {_causes(side.usd)} | {side.usd.untaken:.0%} | {_ratio(side.output.whole)}"
            print(f"| | {what} | {when} | {shown} |")
    return failures


def numbers() -> list[str]:
    """By the number of calls: short questions with a label as reply, and pieces of text with a sentence."""
    failures = _small("calls, a label for each row", [(str(n), both(series(LABELS, n, "prose"))) for n in NUMBERS])
    return failures + _small(
        "calls, a sentence for each piece", [(str(n), both(series(SENTENCES, n, "prose"))) for n in NUMBERS]
    )


def scripts() -> list[str]:
    """Ten pieces of a text per script, with a sentence each."""
    return _small("script, ten calls", [(name, both(series(SENTENCES, 10, kind))) for name, kind in SCRIPTS.items()])


def programs() -> list[str]:
    """The programs on record."""
    made = [(program, *both(program)) for program in everything()]
    asking = [row for row in made if row[1].calls[0]]
    _print_programs(asking)
    then, today = (statistics.median(side) for side in zip(*(thought(program) for program, _, _ in asking), strict=True))
    print(
        "\nReasoning apart: where the model thinks, the bound in dollars is this many times as high, in the median: before "
        f"{then:.1f}, now {today:.1f}."
    )
    silent = [program.name for program, now, _ in made if not now.calls[0]]
    print(f"\nWithout a call: {', '.join(silent)}.")
    wrong = [f"{program.name}: {line}" for program, now, _ in made for line in now.violations]
    return wrong + missed([(program.name, now) for program, now, _ in asking], [then for _, _, then in asking])


def _print_programs(rows: Sequence[tuple[Program, Closeness, Closeness]]) -> None:
    print(
        f"\n| program | calls | bound | input, before | now {_HEAD} output | dollars, before | now | untaken | likely / paid |"
    )
    print(f"|---|---:|---:|---:|---:|{_COLUMNS}---:|---:|---:|---:|---:|")
    for program, now, then in rows:
        print(
            f"| {program.name} | {now.calls[0]} | {now.calls[1]} | {_ratio(then.input.whole)} | {_ratio(now.input.whole)} | "
            f"{_causes(now.input)} | {_ratio(now.output.whole)} | {_ratio(then.usd.whole)} | {_ratio(now.usd.whole)} | "
            f"{now.usd.untaken:.0%} | {now.likely_ratio:.2f} |"
        )
