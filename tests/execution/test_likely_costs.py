"""Likely figures against what is paid: for the programs of the suite, the strategies and the examples, with drawn replies."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import CompletionRequest, Message, ModelProfile
from lambda_rlm.eval.asking.asker import AskSettings
from lambda_rlm.eval.asking.schema import shape_of
from lambda_rlm.execution.likely.typical import TypicalModel, text_tokens
from lambda_rlm.execution.prospect import foresee
from lambda_rlm.types.parse_type import parse_type
from tests.support.bounding import Trial
from tests.support.sample_inputs import OTHERS, PROGRAMS, sample, title

PROFILE = ModelProfile("gpt-5-mini", window=200_000, max_output=8_192, input_price=0.25e-6, output_price=2e-6)
ALL = [path for path in (*PROGRAMS, *OTHERS) if title(path) != "compare"]
"""`compare` finds nothing to ask about in the sample."""


class Drawn(TypicalModel):
    """Replies whose lengths, labels, lists and missing values are drawn: half as long as typical ones, or twice."""

    def __init__(self, seed: int) -> None:
        super().__init__(PROFILE, 4.3)
        self.draws = random.Random(seed)

    def reply(self, request: CompletionRequest) -> str:
        usual = super().reply(request)
        if request.choices:
            return self.draws.choice(request.choices)
        if request.schema is None:
            words = usual.split()
            return " ".join(words[: max(1, round(len(words) * self.draws.uniform(0.4, 1)))] * self.draws.choice((1, 1, 2)))
        return json.dumps(self._shaken(json.loads(usual)))

    def _shaken(self, value: Any) -> Any:
        match value:
            case list():
                return [self._shaken(item) for item in value * 2][: self.draws.randint(-(-len(value) // 3), 2 * len(value))]
            case dict():
                return {key: self._shaken(item) for key, item in value.items()}
            case bool():
                return self.draws.random() < 0.5
        return value


def paid(path: Path, seed: int) -> tuple[float, float]:
    """The likely cost in US dollars, and what a run costs."""
    trial = sample(path, "longest")
    budget, model = Budget(calls=10**6), Drawn(seed)
    likely = foresee(trial.typed, trial.given, model, budget).likely
    run = Trial(trial.typed, trial.given, model, AskSettings(key=b""), budget).run()
    assert likely is not None and likely.usd is not None, title(path)
    return likely.usd, run.metered["usd"] or 0.0


@pytest.mark.slow
def test_nine_of_ten_cost_half_to_twice_what_is_likely() -> None:
    ratios = [likely / cost for path in ALL for seed in range(2) for likely, cost in [paid(path, seed)] if cost]
    assert len(ratios) >= 40
    assert sum(0.5 <= ratio <= 2 for ratio in ratios) / len(ratios) >= 0.9, sorted(ratios)


def test_equal_questions_are_likely_to_be_asked_once() -> None:
    from lambda_rlm.execution.check import check

    text = "\n".join(["same line"] * 30 + ["another"])
    checked = check('lines(context) |> map(fn(l) => llm_call(f"What is {l}?", out=9)) |> join(" ")', {"context": text})
    assert checked.typed is not None
    prospect = foresee(checked.typed, {"context": text, "query": ""}, Drawn(1), Budget())
    assert prospect.likely is not None and prospect.likely.calls == 2
    assert prospect.bound.calls is not None and prospect.bound.calls >= 2


def test_numbered_lines_get_an_element_each() -> None:
    tags = "List[{ id: Int, label: Text }]"
    shape = shape_of(parse_type(tags))
    lines = "\n".join(f"{n}: What is a ferry?" for n in range(40))

    def elements(prompt: str, most: int) -> int:
        request = CompletionRequest((Message("user", prompt),), most, schema=shape.schema)
        (made,) = json.loads(TypicalModel(PROFILE, 4.3).reply(request)).values()
        return len(made)

    assert elements(f"Label each line.\n\n{lines}", 2_000) == 40
    assert elements(f"Label each line.\n\n{lines}", 80) == 10
    assert elements("Label what there is.", 2_000) < 10
    assert elements(f"Which lines ask the same?\n\n{lines}", 2_000) < 10


def test_a_second_look_is_not_likely() -> None:
    """Where a first answer is found, which is usual."""
    from lambda_rlm.execution.check import check

    program = """
      let answer = llm_call(f"Who keeps bees? If the text does not say, reply: not found.\\n{take(context, 400)}", out=30);
      if lower(trim(answer)) != "not found" then answer
      else chunk(context, 500) |> map(fn(p) => llm_call(f"Who keeps bees?\\n{p}", out=30)) |> join(" ") |> take(300)
    """
    text = "Ann keeps bees in the garden behind the mill. " * 200
    checked = check(program, {"context": text})
    assert checked.typed is not None
    prospect = foresee(checked.typed, {"context": text, "query": ""}, Drawn(1), Budget())
    assert prospect.likely is not None and prospect.likely.calls == 1
    assert prospect.bound.calls is not None and prospect.bound.calls > 10
    from lambda_rlm.bounds.declared import Size

    declared = check(program, {"context": Size(len(text))}).prospect(Budget(), PROFILE)
    assert declared is not None and declared.likely is not None and declared.likely.calls == 1, "from sizes alone too"


@pytest.mark.parametrize(
    ("prompt", "most", "least", "greatest"),
    [
        ("Summarise the part below in at most 80 words.", 300, 90, 100),
        ("Reply with a short answer and nothing else.", 300, 3, 10),
        ("What does it do? One sentence.", 300, 12, 25),
        ("Translate the part.\n" + "word " * 400, 1_000, 350, 500),
        ("Tell me about it.", 1_024, 100, 200),
        ("In 5000 words.", 64, 64, 64),
        ("", 1, 1, 1),
    ],
)
def test_a_text_is_as_long_as_the_prompt_asks_for(prompt: str, most: int, least: int, greatest: int) -> None:
    assert least <= text_tokens(prompt, most, len(prompt) / 4.3) <= greatest


def test_what_cannot_be_tried_out_has_figures_of_the_analysis() -> None:
    """With typical replies it would stop at a fault."""
    from lambda_rlm.execution.check import check

    program = 'let n = llm_call[Int]("How many?"); let share = 12 / (n - n); llm_call(f"Is {share} much?")'
    checked = check(program, {"context": "a"})
    assert checked.typed is not None
    prospect = foresee(checked.typed, {"context": "a", "query": ""}, Drawn(1), Budget())
    assert prospect.likely is not None and prospect.likely.calls == 2


def test_functions_of_a_host_are_called_by_runs_alone() -> None:
    """They may take long, or do more than they should: trying a program out must not."""
    from lambda_rlm.execution.check import check
    from lambda_rlm.execution.host_functions import primitive

    sent: list[str] = []

    @primitive("send", "(Text) -> Text")
    def send(letter: str) -> str:
        sent.append(letter)
        return "sent"

    program = 'let letter = llm_call("Write a letter.", out=50); llm_call(f"Was it sent? {send(letter)}", out=9)'
    checked = check(program, {"context": "a"}, primitives=[send])
    assert checked.typed is not None
    prospect = foresee(checked.typed, {"context": "a", "query": ""}, Drawn(1), Budget())
    assert prospect.likely is not None and prospect.likely.calls == 2 and sent == []
