"""Which way a prompt of a length goes, and what each way likely costs.

Owns the joining of the router's rule and the analysis of costs for lengths instead of texts. Promises to bound programs at a
few lengths only (powers of two), on text of the log cut or repeated to that length, with the costs between them, and beyond the
longest, on straight lines. The question is taken to be empty: a search then finds no words of it and reads all of the text.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final

from lambda_rlm.audit.tally import SAMPLE, LogTally
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import ModelProfile
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.events import Way
from lambda_rlm.execution.check import check
from lambda_rlm.execution.prospect import foresee
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.tokens import bytes_per_token
from lambda_rlm.plan.measure import Measure
from lambda_rlm.plan.plan import plan
from lambda_rlm.plan.router import Case, Preference
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.synth.reference import reference
from lambda_rlm.types.type import TEXT

_PROGRAM: Final = 600
"""Tokens of a program that is written at first try."""
_WHOLE: Final = Routing(strength="weak")
"""All of the window may be used."""
_ANY: Final = Budget(calls=10**9, tokens=10**15, memory=10**15, fuel=10**15)


class Ways:
    """The ways of one model, by the tokens of a prompt."""

    def __init__(
        self,
        profile: ModelProfile,
        root: ModelProfile,
        routing: Routing,
        task: str | None,
        characters_per_token: float,
        counted: LogTally,
    ) -> None:
        self.profile = profile
        self.root = root
        self.routing = routing
        self.task = task
        self.ratio = characters_per_token
        replies = counted.replies
        self.reply = round(replies.total / replies.count) if replies.count else None
        self.sample = counted.sample or "word "
        self._likely = cache(self._analysed)

    def way(self, tokens: int) -> Way:
        """The way that the router takes, before anything is known of costs."""
        return self._case(tokens).ways()[0].way

    def fits(self, tokens: int) -> bool:
        """It can be asked directly at all."""
        case = replace(self._case(tokens), task=None, routing=_WHOLE)
        return case.ways()[0].way == "direct"

    def usd(self, way: Way, tokens: int) -> float | None:
        """The likely cost; None where a price is unknown, or nobody can say."""
        if way == "direct":
            return self._between("direct", tokens) if self.reply is None else _paid(self.profile, tokens, self.reply)
        running = self._between("plan", tokens)
        if way == "plan" or running is None:
            return running
        read = round(len(reference()) / bytes_per_token(self.root.name, reference()))
        writing = _paid(self.root, read, _PROGRAM)
        return None if writing is None else writing + running

    def _between(self, way: Way, tokens: int) -> float | None:
        high = 2 << max(0, tokens.bit_length() - 1)
        while high > 2 and high * self.ratio > SAMPLE:
            high //= 2
        below, above = self._likely(way, high // 2), self._likely(way, high)
        if below is None or above is None:
            return None
        return max(0.0, above + (above - below) * (tokens - high) / (high // 2))

    def _analysed(self, way: Way, tokens: int) -> float | None:
        """The likely cost of a strategy for a prompt of N tokens."""
        case = self._case(tokens)
        route = case.route(Preference(way, ""))
        types = {"context": TEXT, "query": TEXT}
        checked = check(SourceFile(f"{route.strategy}.lam", plan(route, types)), types)
        assert checked.typed is not None
        length = case.measure.characters
        text = (self.sample * (1 + length // len(self.sample)))[:length]
        try:
            prospect = foresee(checked.typed, {"context": text, "query": ""}, ScriptedModel((), self.profile), _ANY)
        except Rejected:
            return None
        likely = prospect.estimate()
        return None if likely is None else likely.usd

    def _case(self, tokens: int) -> Case:
        measure = Measure(round(tokens * self.ratio), tokens, True, self.ratio)
        return Case(measure=measure, query_tokens=0, leaf=self.profile, root=self.root, task=self.task, routing=self.routing)


def _paid(profile: ModelProfile, sent: int, received: int) -> float | None:
    if profile.input_price is None or profile.output_price is None:
        return None
    return sent * profile.input_price + received * profile.output_price
