"""What a run holds of prompts that were answered: nothing but where they came from."""

from __future__ import annotations

import pytest

from lambda_rlm.types.type import TEXT
from tests.support.running import run

MAPPED = 'chunk(context, 5000) |> map(fn(c) => llm_call(f"Read this:\\n{c}", out=9)) |> join(",")'
ANSWER = [("(?s).*", "yes")]
TEXTS = {"context": "".join(f"{number:06d} ä\n" for number in range(20_000))}


def test_a_map_over_a_text_does_not_hold_it_again() -> None:
    done = run(MAPPED, {"context": TEXT}, TEXTS, rules=ANSWER, concurrency=2)
    assert done.fault is None
    assert done.usage.calls > 30
    assert done.usage.bytes > len(TEXTS["context"])
    assert done.usage.live < 2.5 * len(TEXTS["context"])  # two bytes a character, once


@pytest.mark.parametrize("again", ['matches(p, "ä")', "length(lower(p)) > 5", 'starts_with(p, "Read") and matches(p, "ä")'])
def test_a_prompt_read_again_is_the_same_and_charged_once(again: str) -> None:
    prompt = 'let p = f"Read this:\\n{context}";\n'
    after = run(f'{prompt}let a = llm_call(p, out=9);\n({again}) and a == "yes"', {"context": TEXT}, SHORT, rules=ANSWER)
    before = run(f'{prompt}let b = {again};\nb and llm_call(p, out=9) == "yes"', {"context": TEXT}, SHORT, rules=ANSWER)
    assert (after.value, before.value) == (True, True)
    assert after.usage.bytes == before.usage.bytes
    assert after.usage.live == pytest.approx(before.usage.live, abs=500)


def test_the_same_prompt_under_way_twice_is_let_go_twice() -> None:
    text = 'let p = f"Read this:\\n{context}";\nllm_samples(p, 3, out=9) |> map(fn(s) => f"{s}{length(lower(p))}") |> join(",")'
    done = run(text, {"context": TEXT}, SHORT, rules=ANSWER, concurrency=3)
    size = len("Read this:\n" + SHORT["context"])
    assert done.value == ",".join([f"yes{size}"] * 3)


SHORT = {"context": "".join(f"{number:04d} ä\n" for number in range(300))}
