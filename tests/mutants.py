"""Seeded bugs in the analysis of costs and in the meter: each must be noticed by a test.

`python tests/mutants.py` copies the package, changes one text in one file, and runs a few fast tests on the copy; `NAME …` runs only
these. A mutant that no test notices, or whose text is not found any more, fails the run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOUNDS = ("tests/test_bounds.py", "tests/test_bounds_are_close.py")
METER = ("tests/test_budget.py", "tests/test_ask.py", "tests/test_evaluation.py", "tests/test_runtime.py")
TYPES = ("tests/test_types.py", "tests/test_type_attacks.py", "tests/test_conformance.py")
LEFT_OUT = "not suite and not moment"


@dataclass(frozen=True)
class Mutant:
    """A bug: `before` becomes `after` in one file, and one of the tests must fail."""

    name: str
    path: str
    before: str
    after: str
    tests: tuple[str, ...] = BOUNDS


MUTANTS = (
    Mutant("the sum over a list is that of its largest element", "cost/size.py", "return sum_\n", "return atom.peak\n"),
    Mutant("pieces of a chunk are as long as may be", "cost/transfer_text.py", "return ceil_div(chars, max_low - max_low // 8)", "return ceil_div(chars, max_low)"),
    Mutant("retries are forgotten", "cost/rates.py", "return (1 + self.repairs) * (1 + self.retries)", "return 1"),
    Mutant("of two texts the shorter", "cost/abstract.py", "largest((a.chars, b.chars)), largest((a.bytes, b.bytes))", "smallest(a.chars, b.chars), smallest(a.bytes, b.bytes)"),
    Mutant("a total forgets the count", "cost/size.py", "    summed = times(count, Size(size.constant))\n", "    summed = Size(size.constant)\n"),
    Mutant("a level of a fix is its length alone", "cost/recursion.py", "key = (signature(given), depth)", "key = (size, depth)"),
    Mutant("a recursion inside a recursion starts anew", "cost/recursion.py", "replace(cost, depth=cost.depth + ONE)", "replace(cost, depth=ONE)"),
    Mutant("a fact outlives its name", "cost/guards.py", "return any(place[0] in names for place in self.places)", "return False"),
    Mutant("a fact follows into a function", "cost/analyse.py", "        saved, self.facts = self.facts, facts\n", "        saved = self.facts\n"),
    Mutant("two elements of a list are one", "cost/analyse.py", "if list_.owner not in self.open or list_.element is None:", "if True:"),
    Mutant("a function leaves its list as it is", "cost/abstract.py", "case AbstractFunction(changed=changed) if changed is not None:", "case AbstractFunction(changed=changed) if False and changed is not None:"),
    Mutant("an accumulator keeps its first shape", "cost/loops.py", "if covers(shape, solved.after):", "if True:"),
    Mutant("fractions are cut off", "cost/size.py", "Size(max(0, math.ceil(number)))", "Size(max(0, int(number)))"),
    Mutant("a name bound twice waits for the second", "cost/analyse.py", "return Outcome(value, largest(spans) + own)", "return Outcome(value, largest(ready.values()) + own)"),
    Mutant("the last binding is all the result waits for", "cost/analyse.py", "return Outcome(value, largest(spans) + own)", "return Outcome(value, largest(spans[-1:]) + own)"),
    Mutant("llm_map takes every item it is allowed", "cost/asking.py", "most = max(1, min(_at_least_one(per_call, rates.per_call), int(rates.max_output // max(1, tokens.value))))", "most = _at_least_one(per_call, rates.per_call)"),
    Mutant("texts of a reply may grow", "eval/shape.py", "        if self.room < 0:\n", "        if False:\n"),
    Mutant("options are no part of a prompt", "cost/asking.py", "prompt.chars + listed + size_of(len(_OPTIONS))", "prompt.chars"),
    Mutant("what is reserved stays reserved", "cost/meter.py", "self._reserved_tokens -= tokens", "self._reserved_tokens -= 0", METER),
    Mutant("nothing is reserved", "cost/meter.py", "self._reserved_tokens += tokens", "self._reserved_tokens += 0", METER),
    Mutant("no call is counted", "cost/meter.py", "self.calls += 1", "self.calls += 0", METER),
)  # fmt: skip


def survives(mutant: Mutant) -> str | None:
    """What is wrong when no test notices a mutant; None when one does."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("lambda_rlm", "tests", "stdlib", "grammar", "examples", "pyproject.toml"):
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy / part)
        path = copy / "lambda_rlm" / mutant.path
        text = path.read_text(encoding="utf-8")
        if text.count(mutant.before) != 1:
            return f"its text stands {text.count(mutant.before)} times in {mutant.path}"
        path.write_text(text.replace(mutant.before, mutant.after), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-k", LEFT_OUT, *mutant.tests]
        environment = {**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False, text=True)
        return None if done.returncode == 1 else f"no test noticed it (pytest ended with {done.returncode})"


def main(names: list[str]) -> int:
    failures = 0
    for mutant in MUTANTS:
        if names and not any(name in mutant.name for name in names):
            continue
        wrong = survives(mutant)
        failures += wrong is not None
        print(f"{'noticed ' if wrong is None else 'SURVIVED'}  {mutant.name}" + (f": {wrong}" if wrong else ""), flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
