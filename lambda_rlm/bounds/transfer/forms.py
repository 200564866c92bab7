"""The forms in which a row of a table of transfers is written, and what makes a transfer of each.

A function without callbacks that asks no model changes sizes and costs nothing (`SizeTransfer`); one with callbacks applies
them through the analysis, which charges what they cost (`CallbackTransfer`).
"""

from __future__ import annotations

from collections.abc import Callable

from lambda_rlm.bounds.analysis import Analysis, Application, Transfer
from lambda_rlm.bounds.domain.abstract import Abstract, AbstractResult

SizeTransfer = Callable[..., Abstract]
"""From the arguments as sizes, in the order of the parameters (None for an optional one left out), to the result as sizes."""

CallbackTransfer = Callable[..., AbstractResult]
"""The same with the analysis as its first argument; lists have symbols of their own."""


def of_sizes(change: SizeTransfer) -> Transfer:
    def transfer(analysis: Analysis, application: Application) -> AbstractResult:
        return AbstractResult(change(*application.sized()))

    return transfer


def with_callbacks(apply: CallbackTransfer) -> Transfer:
    def transfer(analysis: Analysis, application: Application) -> AbstractResult:
        return apply(analysis, *map(analysis.own, application.sized()))

    return transfer
