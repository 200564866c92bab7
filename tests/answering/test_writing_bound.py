"""What writing programs costs at most, against authors that make their conversations as long as they can."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import anyio
import pytest

from lambda_rlm.answering.root_model import grammar_tokens
from lambda_rlm.answering.synthesize import synthesize
from lambda_rlm.answering.writing_bound import likely_writing, writing_cost
from lambda_rlm.bounds.bound import Bound
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Usage
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.execution.execute import Options
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import from_values
from lambda_rlm.limits import reply_tokens
from lambda_rlm.llm.scripted import ScriptedModel
from lambda_rlm.llm.tokens import count
from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named
from lambda_rlm.synth.language import language
from lambda_rlm.synth.turn import Piece, Turn, said, shortened
from lambda_rlm.synth.writing import Writing
from tests.support.answering import posed

NAME: Final = "o200k_base"
READ: Final = vocabulary_named(NAME)
KNOWN: Final = ModelProfile("root", 200_000, 8_000, input_price=1e-6, output_price=1e-5, vocabulary=READ)
UNKNOWN: Final = replace(KNOWN, vocabulary=None)
SMALL: Final = replace(KNOWN, is_small=True)
SIGNS: Final = ("x", "=", " =", "🜨", "\u0e47ก", "漢", "\U000e0041", "\x07", "\n\n", "]}")
"""Signs that have few tokens by themselves and many behind others, or many for a character."""

Told = Callable[[int], str]


class Author:
    """Writes what `told` says of the number of the call, cut at the tokens that it may have where it `obeys`, and pays for all that it reads."""

    def __init__(self, profile: ModelProfile, told: Told, *, obeys: bool = True) -> None:
        self.profile, self.told, self.obeys = profile, told, obeys
        self.requests: list[CompletionRequest] = []

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return count(messages, self.profile, None if self.profile.vocabulary is None else NAME)

    async def complete(self, request: CompletionRequest) -> Completion:
        reply = self.told(len(self.requests))
        self.requests.append(request)
        end = bisect_right(range(len(reply)), request.max_tokens, key=lambda end: READ.exact(reply[:end]))
        reply = reply[: max(0, end - 1)] if self.obeys else reply
        sent = self.count_tokens(request.messages)
        return Completion(reply, Usage(sent, request.max_tokens, cost=sent * 1e-6 + request.max_tokens * 1e-5))

    async def aclose(self) -> None: ...


def met(author: Author, **writing: Any) -> tuple[Run, Bound]:
    """The run of a question, and what writing was told to cost at most."""
    peek = writing.get("peek", 0)
    context: Any = [{"Größe 🜨": "🜨" * 900, "b": n} for n in range(30)] if peek else "some text 🜨 " * 200
    question, setup = posed(
        inputs=from_values({"context": context}).with_query("What?"),
        leaf=ScriptedModel(()),
        root=author,
        budget=Budget(),
        writing=Writing(**writing),
        options=Options(key=b"another key"),
    )
    bound, why_not = writing_cost(question, setup)
    assert why_not is None
    run = anyio.run(lambda: synthesize(question, setup, lambda: SourceFile("plan.lam", '"plan"')))
    return run, bound


def wrong(sign: str) -> Told:
    """Programs with as many mistakes as are shown, each with the sign where it is shown, and a long comment."""
    mistakes = "".join(
        f"let x{n} = {json.dumps(sign * 12, ensure_ascii=False)} + unknown_{n}(1, {{ {'f' * 50}: 1 }});\n" for n in range(9)
    )
    return lambda number: f"# {number}\n{mistakes}1 # {sign * 20_000}"


def looking(sign: str) -> Told:
    """One that looks at as much as is shown, and then ones that are wrong."""
    shown = f'# look\nrange(0, 9) |> map(fn(n) => {{ {"f" * 60}: [context, "{"Ab9! " * 20}"], n: n }}) # {sign * 20_000}'
    return lambda number: shown if number == 3 else wrong(sign)(number)


def doubtful(sign: str) -> Told:
    """An empty answer of patterns that match nothing, each of which is told."""
    sought = ", ".join(f'search(context, "zebra{n}{"q" * 70}")' for n in range(20))
    program = f"concat([{sought}]) |> map(fn(m) => m.text)"
    return lambda number: f"{program} # {sign * 3_000}" if number == 3 else wrong(sign)(number)


def typed(sign: str) -> Told:
    """An empty answer of a type that is shown with the task of the next round, too."""
    inner = ", ".join(f"f{7**70 + n:x}: 1" for n in range(20))
    program = f"let a = {{ {inner} }}; let b = {{ p: a, q: a, r: a }}; [{{ p: b, q: b, r: b }}] |> take(0) # {sign * 3_000}"
    return lambda number: program if number == 3 else wrong(sign)(number)


@pytest.mark.slow
@pytest.mark.parametrize("told", [wrong, looking, doubtful, typed])
@pytest.mark.parametrize(("profile", "sign"), [*((KNOWN, sign) for sign in SIGNS), (UNKNOWN, "🜨"), (UNKNOWN, "漢")])
def test_no_author_makes_writing_dearer_than_its_bound(profile: ModelProfile, sign: str, told: Callable[[str], Told]) -> None:
    author = Author(profile, told(sign))
    run, bound = met(author)
    assert run.synthesis is not None and len(author.requests) > 1
    used = run.synthesis.usage
    assert used.input_tokens <= (bound.input_tokens or 0) and used.output_tokens <= (bound.output_tokens or 0)
    assert (used.cost or 0) <= (bound.usd or 0) and run.synthesis.calls <= (bound.calls or 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "writing",
    [
        {"rounds": 4},
        {"candidates": 3},
        {"candidates": 2, "rounds": 3, "repairs": 1},
        {"out": 64},
        {"out": 8_000, "repairs": 9},
        {"peek": 3_000, "rounds": 3},
    ],
    ids=str,
)
@pytest.mark.parametrize("traits", [{}, {"is_small": True}, {"takes_grammar": True, "thinks_first": True}], ids=str)
def test_the_bound_holds_with_every_way_of_writing(writing: dict[str, int], traits: dict[str, bool]) -> None:
    author = Author(replace(KNOWN, **traits), looking("🜨"))  # type: ignore[arg-type]
    run, bound = met(author, **writing)
    assert run.synthesis is not None
    assert run.synthesis.usage.input_tokens <= (bound.input_tokens or 0)
    assert run.synthesis.calls <= (bound.calls or 0)


def test_the_second_round_holds_what_the_first_one_left() -> None:
    """Both rounds are gone through to their ends: each prompt is longer than the one before by no more than is counted."""
    author = Author(KNOWN, doubtful("🜨"))
    run, bound = met(author)
    assert run.synthesis is not None and len(author.requests) == bound.calls == 8
    assert [attempt.round for attempt in run.synthesis.attempts] == [1] * 4 + [2] * 4
    assert [len(attempt.codes) > 8 for attempt in run.synthesis.attempts] == [number != 3 for number in range(8)]
    first, longest = (author.count_tokens(author.requests[at].messages) for at in (0, 6))
    assert first < longest <= first + 2 * (reply_tokens(2_048) + 1_536)


def test_an_answer_whose_type_is_too_long_to_go_on_with_stands() -> None:
    author = Author(KNOWN, typed("x"))
    run, _ = met(author)
    assert len(author.requests) == 4 and run.ok and run.value == []


def test_a_server_that_ignores_out_makes_no_prompt_longer() -> None:
    author = Author(KNOWN, wrong("🜨"), obeys=False)
    met(author)
    first, second = (author.count_tokens(author.requests[at].messages) for at in (0, 1))
    assert len(author.requests) == 4 and second <= first + reply_tokens(2_048) + 1_536
    assert author.requests[1].messages[-2].content.startswith("# 0\nlet x0")
    assert "Write the whole program again" in author.requests[1].messages[-1].content


def test_the_bound_is_close_to_what_a_conversation_comes_to() -> None:
    """A window for each later prompt would be two hundred thousand tokens for each of seven."""
    _, bound = met(Author(KNOWN, lambda _: "1"))
    assert bound.input_tokens is not None and bound.input_tokens < 120_000
    _, twice = met(Author(replace(KNOWN, window=2_000_000), lambda _: "1"))
    assert twice.input_tokens == bound.input_tokens


def test_a_grammar_is_counted_by_a_known_vocabulary() -> None:
    counting = replace(KNOWN, takes_grammar=True, counts_grammar=True)
    known, unknown = grammar_tokens(counting), grammar_tokens(replace(counting, vocabulary=None))
    assert READ.exact(language().lark) + READ.exact(language().description) <= known < 0.6 * unknown
    assert grammar_tokens(KNOWN) == 0


def test_no_prompt_is_longer_than_the_window() -> None:
    _, bound = met(Author(replace(KNOWN, window=9_000), lambda _: "1"))
    assert bound.input_tokens is not None and bound.input_tokens <= 9_000 * (8 + (bound.pool or 0))


def test_with_fewer_calls_fewer_prompts_are_counted() -> None:
    question, setup = posed(
        inputs=from_values({"context": "some text"}).with_query("What?"),
        leaf=ScriptedModel(()),
        root=Author(KNOWN, str),
        budget=Budget(),
    )
    all_, one = (writing_cost(question, setup.within(Budget(calls=calls)))[0] for calls in (100, 2))
    assert one.calls == 1 and (one.input_tokens or 0) < (all_.input_tokens or 0) // 4


def test_a_usual_conversation_is_sent_as_it_is() -> None:
    program = "let parts = words(context);\n" * 30 + "unknown(parts)"
    author = Author(KNOWN, lambda _: program)
    met(author)
    assert author.requests[1].messages[-2].content == program
    assert "…" not in author.requests[1].messages[-1].content


@pytest.mark.parametrize("rounds", [1, 2, 5])
def test_one_round_is_likely_however_many_are_allowed(rounds: int) -> None:
    question, setup = posed(
        inputs=from_values({"context": "some text"}).with_query("What?"),
        leaf=ScriptedModel(()),
        root=Author(KNOWN, str),
        budget=Budget(),
        writing=Writing(rounds=rounds),
    )
    bound, _ = writing_cost(question, setup)
    assert likely_writing(question, setup, bound).calls == 1 and bound.calls == 4 * rounds


def test_the_longest_piece_is_shortened_and_stays_what_it_is() -> None:
    turns = (
        said("user", "q" * 9_000),
        said("assistant", "p" * 500),
        Turn("user", (Piece("why\n"), Piece("d" * 800, is_data=True))),
    )
    shorter = shortened(turns, 1)
    assert shorter is not None and shorter[:2] == turns[:2]
    assert [(len(piece.text), piece.is_data) for piece in shorter[2].pieces] == [(4, False), (403, True)]
    assert shortened(turns[:1], 1) is None and shortened((*turns[:1], said("assistant", "p" * 200)), 1) is None
