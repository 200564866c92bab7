"""The scaling laws of the λ-RLM paper (arXiv 2603.20105, section 4), measured with a simulated model and drawn beside what they predict.

`python examples/scaling-laws/laws.py` prints the tables; `--plot FILE` draws them too, which needs matplotlib. The model is right with
probability A₀·ρ^(n/K) on a prompt with n tokens of data, so a plan that cuts a text in parts is right with that of its leaf, times A₀ for
every level that puts parts together: smaller leaves are read better, and every level costs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio

import lambda_rlm
from lambda_rlm.bench.needles import s_niah
from lambda_rlm.completion import Message
from lambda_rlm.llm.simulated import Parameters, SimulatedModel

PROGRAM: Final = (Path(__file__).parent / "solve.lam").read_text(encoding="utf-8")
TOKENS: Final = 4_096
A0: Final = 0.97
RHO: Final = 0.8
K: Final = 2_000
TRIALS: Final = 100
WHOLE: Final = 1_000_000
"""A leaf that no text here is longer than."""


@dataclass(frozen=True, slots=True)
class Point:
    """One setting: where it stands on the axis, how likely the law says an answer is right, how often it was, and its calls."""

    at: int
    predicted: float
    measured: float
    calls: float


@dataclass(frozen=True, slots=True)
class Law:
    """One table and one plot."""

    title: str
    axis: str
    points: dict[str, list[Point]]


class Lab:
    """A text with one needle, and how often programs over it are right."""

    def __init__(self, trials: int) -> None:
        self.trials = trials
        self.task = s_niah(TOKENS, 1, seed=3)[0]
        self.text = str(self.task.inputs()["context"])
        self.tokens = SimulatedModel(Parameters()).count_tokens((Message("user", self.text),))

    def point(self, at: int, *, leaf: int, parts: int, levels: int, k: int = K) -> Point:
        """Ask with so many seeds, and compare with the law: leaves of a text cut `levels` times in `parts`."""
        tokens = self.tokens / parts**levels
        predicted = A0 * RHO ** (tokens / k) * A0**levels
        right, calls = anyio.run(self._asked, leaf, parts, k)
        return Point(at, predicted, right / self.trials, calls / self.trials)

    async def _asked(self, leaf: int, parts: int, k: int) -> tuple[int, int]:
        program = PROGRAM.replace("let leaf = 4500;", f"let leaf = {leaf};").replace("let parts = 4;", f"let parts = {parts};")
        budget = lambda_rlm.Budget(calls=10_000)
        admitted = lambda_rlm.check(program, {"context": self.text}).admit(budget, SimulatedModel(Parameters()).profile)
        right = calls = 0
        for seed in range(self.trials):
            model = SimulatedModel(Parameters(a0=A0, rho=RHO, k=k, seed=seed))
            run = await lambda_rlm.run(admitted, {"context": self.text}, model, query=self.task.question)
            right += str(self.task.gold["answer"]) in run.answer
            calls += run.usage.calls
        return right, calls

    def leaf(self, parts: int, levels: int) -> int:
        """Characters of a leaf for which a text is cut so many times: the cut may fall an eighth below the even share."""
        return WHOLE if levels == 0 else len(self.text) // parts**levels + 2 * levels


def laws(trials: int) -> list[Law]:
    """Accuracy against depth, against the number of parts, and against the window."""
    lab = Lab(trials)
    by_depth = [lab.point(depth, leaf=lab.leaf(4, depth), parts=4, levels=depth) for depth in range(4)]
    by_parts = [lab.point(parts, leaf=lab.leaf(parts, 1), parts=parts, levels=1) for parts in (2, 4, 8, 16, 32)]
    windows = (500, 1_000, 2_000, 4_000, 8_000)
    return [
        Law("depth", "levels of 4 parts each", {"plan": by_depth}),
        Law("parts", "parts, at one level", {"plan": by_parts}),
        Law(
            "window",
            "K, tokens over which accuracy falls by ρ",
            {
                "direct": [lab.point(k, leaf=WHOLE, parts=1, levels=0, k=k) for k in windows],
                "plan": [lab.point(k, leaf=lab.leaf(8, 1), parts=8, levels=1, k=k) for k in windows],
            },
        ),
    ]


def shown(found: Sequence[Law]) -> str:
    """The tables."""
    lines = [f"A₀ = {A0}, ρ = {RHO}, K = {K:,}, a text of about {TOKENS:,} tokens"]
    for law in found:
        lines += ["", f"{law.axis:<42}{'way':<8}{'law':>7}{'measured':>10}{'calls':>8}"]
        for way, points in law.points.items():
            lines += [f"{p.at:<42,}{way:<8}{p.predicted:>7.3f}{p.measured:>10.3f}{p.calls:>8.1f}" for p in points]
    return "\n".join(lines)


def draw(found: Sequence[Law], path: str) -> None:
    """One plot for each law: the prediction as a line, what was measured as points."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "scaling laws"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(found), figsize=(12, 3.6), layout="constrained")
    for axis, law in zip(axes, found, strict=True):
        for way, points in law.points.items():
            places = [point.at for point in points]
            (line,) = axis.plot(places, [point.predicted for point in points], label=f"{way}: law")
            axis.plot(places, [point.measured for point in points], "o", color=line.get_color(), label=f"{way}: measured")
        if law.title != "depth":
            axis.set_xscale("log", base=2)
        axis.set_xticks([point.at for point in next(iter(law.points.values()))])
        axis.get_xaxis().set_major_formatter("{x:.0f}")
        axis.set_xlabel(law.axis)
        axis.set_ylim(0, 1)
        axis.grid(alpha=0.3)
        axis.legend(loc="lower right")
    axes[0].set_ylabel("answers that are right")
    figure.savefig(path, metadata={"Date": None})


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description="The scaling laws of the λ-RLM paper, measured.")
    parser.add_argument("--trials", type=int, default=TRIALS, help="runs for each point")
    parser.add_argument("--plot", metavar="FILE", help="draw the plots too")
    given = parser.parse_args(arguments)
    found = laws(given.trials)
    print(shown(found))
    if given.plot:
        draw(found, given.plot)


if __name__ == "__main__":
    main(sys.argv[1:])
