"""What bounds are measured against: replies of realistic length, and factors that multiply to the whole."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from math import isclose, prod

import anyio
import pytest
import tiktoken

from lambda_rlm.completion import Completion, CompletionRequest, Message
from lambda_rlm.llm.vocabulary.byte_pair import PATTERNS, ranks
from tests.support.closeness import CAUSES, Closeness, before, closeness
from tests.support.realistic import Realistic, lengths, tokens
from tests.support.recorded_programs import FOLDER, Program, mini, written_here
from tests.support.series import LABELS, SENTENCES, series

pytestmark = pytest.mark.slow

PROGRAMS = [program for program in written_here() if program.name not in ("functions_explained", "questions_labelled")]


@cache
def measured(program: Program, is_old: bool = False) -> Closeness:
    return before(program.trial(), measured(program).run) if is_old else closeness(program.trial())


def asked(prompt: str, most: int = 400, **shape: object) -> str:
    request = CompletionRequest((Message("user", prompt),), most, digest=prompt, **shape)  # type: ignore[arg-type]
    return anyio.run(Realistic(mini()).complete, request).text


def data(text: str) -> str:
    return f"<data 0a1b2c>\n{text}\n</data 0a1b2c>"


@pytest.mark.parametrize(
    ("wanted", "kind"),
    [
        ("Summarise the part.", "summary"),
        ("What does it say? One sentence.", "sentence"),
        ("How many are there? Reply with the number.", "number"),
        ("Reply with a short answer and nothing else.", "short answer"),
        ("What do you make of it?", "paragraph"),
    ],
)
def test_a_reply_is_as_long_as_its_kind(wanted: str, kind: str) -> None:
    text = " ".join(f"The ferry number {n} leaves when the tide allows it." for n in range(200))
    found = [tokens(asked(f"{wanted} ({n})\n\n{data(text)}")) for n in range(12)]
    assert max(found) <= max(lengths()[kind])
    assert sum(found) / len(found) > 0.5 * min(lengths()[kind])


def test_a_reply_has_about_as_many_words_as_wanted() -> None:
    text = " ".join(f"The ferry number {n} leaves when the tide allows it." for n in range(200))
    words = len(asked(f"Summarise it in at most 80 words.\n\n{data(text)}").split())
    assert 40 <= words <= 120


def test_a_reply_is_in_the_script_of_its_data() -> None:
    assert not asked(f"Summarise it.\n\n{data('委员会经过简短讨论后一致通过了这项提案。' * 40)}").isascii()


def test_equal_questions_get_equal_replies() -> None:
    prompt = f"Summarise it.\n\n{data('One two three four five six seven. ' * 60)}"
    assert asked(prompt) == asked(prompt)


def test_a_list_of_numbered_items_gets_an_element_for_each() -> None:
    item = {"type": "object", "properties": {"id": {"type": "integer"}, "label": {"enum": ["a", "b"]}}}
    lines = data("7. one\n12. two\n15. three")
    reply = asked(
        f"Label each line.\n\n{lines}", schema={"type": "object", "properties": {"reply": {"type": "array", "items": item}}}
    )
    assert all(f'"id": {number}' in reply for number in (7, 12, 15))


def test_a_reply_of_a_type_has_no_more_tokens_than_it_may() -> None:
    item = {"type": "object", "properties": {"reason": {"type": "string"}}}
    schema = {"type": "object", "properties": {"reply": {"type": "array", "items": item}}}
    text = "A line that is rather long and says little.\n" * 50
    assert all(tokens(asked(f"List them ({n}).\n\n{data(text)}", 40, schema=schema)) <= 40 for n in range(20))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_no_realistic_run_exceeds_its_bound(program: Program) -> None:
    assert measured(program).violations == ()


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
@pytest.mark.parametrize("is_old", [False, True], ids=["now", "before"])
def test_the_factors_multiply_to_the_whole(program: Program, is_old: bool) -> None:
    found = measured(program, is_old)
    for chain in (found.input, found.output, found.usd):
        assert isclose(prod(chain.factors.values()), chain.whole)
        assert min(chain.factors[cause] for cause in CAUSES) >= 1 - 1e-9


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_what_was_before_is_what_the_analysis_gave_then(program: Program) -> None:
    """The bounds that it gave are on record; they are built again a little lower rather than higher."""
    then = json.loads((FOLDER / "bounds_before.json").read_text(encoding="utf-8"))["bounds"].get(program.name)
    found = measured(program, True)
    built = [found.input.steps[0], found.output.steps[0]]
    assert built == [0, 0] if then is None else all(0.9 <= a / b <= 1 for a, b in zip(built, then, strict=True))


def test_a_run_has_the_pool_of_its_bound() -> None:
    """Where every first reply is bad, it stops as a run does: two repairs for twenty calls, then no more."""
    trial = series(LABELS, 20, "prose").trial()

    class Bad(Realistic):
        async def complete(self, request: CompletionRequest) -> Completion:
            reply = await super().complete(request)
            is_again = any("An earlier reply was not valid" in said.content for said in request.messages)
            return reply if is_again else replace(reply, text="none of these")

    found = closeness(replace(trial, model=Bad(mini())))
    assert found.run.fault is not None and found.run.fault.code == "E0408"
    assert found.run.metered["pool"] == 2


def test_what_is_used_is_counted_as_a_provider_counts() -> None:
    """Each prompt that was sent and each reply, by tiktoken itself, with the template of the chat."""
    program = series(SENTENCES, 3, "thai")
    heard: list[tuple[CompletionRequest, str]] = []

    class Heard(Realistic):
        async def complete(self, request: CompletionRequest) -> Completion:
            reply = await super().complete(request)
            heard.append((request, reply.text))
            return reply

    run = closeness(replace(program.trial(), model=Heard(mini()))).run
    ranked = tiktoken.Encoding("o", pat_str=PATTERNS["o200k_base"], mergeable_ranks=ranks("o200k_base"), special_tokens={})
    sent = sum(len(ranked.encode_ordinary(message.content)) + 4 for request, _ in heard for message in request.messages)
    assert len(heard) == 3
    assert run.metered["input_tokens"] == sent + 3 * len(heard)
    assert run.metered["output_tokens"] == sum(len(ranked.encode_ordinary(text)) for _, text in heard)


def test_one_cause_alone_shows_as_that_cause() -> None:
    """By bytes, labels of short rows are mostly frame, which staging knows where it counts; of a second look that is not taken the
    branch is seen, and of neither the other."""
    labels, sentences = measured(series(LABELS, 10, "prose"), True), measured(series(SENTENCES, 10, "prose"), True)
    assert labels.input.factors["branches"] == sentences.input.factors["branches"] == 1
    assert labels.input.factors["frames"] > sentences.input.factors["frames"]
    assert measured(series(LABELS, 10, "prose")).input.factors["frames"] == 1
    second = measured(next(program for program in PROGRAMS if program.name == "second_opinion"))
    assert second.input.factors["branches"] > 1.5
    assert second.usd.untaken > 0.3


def test_the_pool_costs_less_than_six_attempts_of_every_call() -> None:
    ten = series(SENTENCES, 10, "prose")
    assert measured(ten, True).input.factors["attempts"] > 5.9
    assert measured(ten).input.factors["attempts"] < 1.3
