"""A question that follows others: what its author, its strategies and its leaf see of them, and that a chain of them has an end."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lambda_rlm.answering.ask import ask
from lambda_rlm.answering.follow_up import LARGEST_ANSWER, follow_up, left_by
from lambda_rlm.answering.preview import decide
from lambda_rlm.answering.question import Question, Setup
from lambda_rlm.answering.synthesize import synthesize
from lambda_rlm.answering.writing_bound import opening_messages, task_of, writing_cost
from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Message, ModelProfile
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.eval.plain import Unfit
from lambda_rlm.execution.execute import Options
from lambda_rlm.execution.run import Run
from lambda_rlm.inputs import Inputs, from_arguments, from_values
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from lambda_rlm.plan.given import LONGEST_ANSWER
from lambda_rlm.plan.router import Route
from lambda_rlm.plan.routing_settings import Routing
from lambda_rlm.synth.blind import blind
from lambda_rlm.synth.earlier import LONGEST_PROGRAM, LONGEST_QUESTION, MOST_EARLIER, EarlierQuestion
from lambda_rlm.synth.writing import Writing
from lambda_rlm.types.parse_type import parse_type
from lambda_rlm.types.type import INT, TEXT, Type
from tests.answering.test_blind import ANSWER, FINE, FORMATS, NOSY, PROFILE, ROWS, SECRET, Recording, read, shapes, twin
from tests.support.examples import examples

STRONG = ModelProfile(name="gpt-5", window=200_000, max_output=8_192, input_price=0.0, output_price=0.0)
PROGRAM = 'llm_call[Int](f"How many bees?\\n{context}", out=20)'


def left(
    value: Any = 12,
    type_: Type = INT,
    query: str = "How many bees?",
    before: tuple[EarlierQuestion, ...] = (),
    program: str = PROGRAM,
    route: str = "synth",
    **said: Any,
) -> tuple[EarlierQuestion, ...]:
    how = {"task": None, "is_planned": False, "has_seen_contents": False, **said}
    return left_by(run="R", query=query, route=route, program=program, type_=type_, value=value, before=before, **how)


def following(earlier: tuple[EarlierQuestion, ...], query: str = "And goats?", inputs: Inputs | None = None) -> Question:
    return follow_up(Question(query=query, inputs=inputs or from_values({"context": "bees, goats"})), earlier)


def opening(question: Question, **writing: Any) -> str:
    """What the root model is sent first, after the page."""
    setup = Setup(leaf=ScriptedModel([]), writing=Writing(**writing))
    return opening_messages(task_of(question, setup), PROFILE, b"key")[-1].content.partition("# Task\n")[2]


# ── the author ──


def test_the_author_sees_question_program_and_form() -> None:
    seen = opening(following(left()))
    assert "How many bees?" in seen and PROGRAM in seen and "And goats?" in seen
    assert "answer_1: Int" in seen
    assert seen.index("How many bees?") < seen.index("And goats?")


def test_the_answer_is_an_input_of_the_next_program() -> None:
    rows = [{"name": "Ann", "bees": 3}, {"name": "Bob", "bees": 9}]
    question = following(left(rows, parse_type("List[{ name: Text, bees: Int }]")))
    root = ScriptedModel([Rule("", 'answer_1 |> filter(fn(r) => r.bees > 5) |> map(fn(r) => r.name) |> join(", ")')])
    run = asked(question, ScriptedModel([]), root, choice="synth")
    assert (run.value, run.usage.calls) == ("Bob", 0)


def test_numbers_of_an_answer_are_shown_and_its_texts_are_masked() -> None:
    """As between rounds: what goes back to an author passes one function."""
    type_ = parse_type("List[{ name: Text, bees: Int }]")
    seen = opening(following(left([{"name": SECRET, "bees": 31}], type_)))
    assert blind([{"name": SECRET, "bees": 31}], type_) in seen
    assert "31" in seen and SECRET not in seen


def test_without_a_layout_no_text_of_an_answer_is_masked() -> None:
    earlier = left([{"name": SECRET, "bees": 31}], parse_type("List[{ name: Text, bees: Int }]"))
    seen = opening(following(earlier), layout="none")
    assert '[{ bees: 31, name: "…" }]' in seen


def test_an_earlier_answer_left_unread_speaks_against_nothing() -> None:
    """An answer that a program had no use for is no part of "all"."""
    question = following(left("word " * 40_000, TEXT), "How many of all are bees?", from_values({"context": "bees"}))
    root, leaf = (
        ScriptedModel([Rule("", 'llm_call(f"Count {context}, {take(answer_1, 5)}")')]),
        ScriptedModel([Rule("", "9 bees")]),
    )
    assert not [note for note in asked(question, leaf, root, choice="synth").notes if "answer_1" in note]


def test_a_way_without_a_program_is_named() -> None:
    direct = opening(following(left("12", TEXT, route="direct", program="llm_call(query)")))
    assert "answered by one direct call" in direct and "llm_call(query)" not in direct
    planned = opening(following(left("12", TEXT, route="aggregate", task="aggregate", program="let x = 1; x")))
    assert "the fixed strategy aggregate" in planned and "let x" not in planned
    instead = opening(following(left("12", TEXT, route="synth", task=None, is_planned=True, program="let x = 1; x")))
    assert "the fixed strategy search" in instead and "let x" not in instead


def test_a_program_that_was_given_is_shown() -> None:
    seen = opening(following(left(route="program", query="", has_seen_contents=True)))
    assert PROGRAM in seen and "without a question" in seen


def test_a_program_of_a_peeking_author_is_not_shown_to_the_blind() -> None:
    program = f'"{SECRET}"'
    question = following(left(SECRET, TEXT, program=program, has_seen_contents=True), inputs=from_values({"context": "x"}))
    assert SECRET not in opening(question)
    assert program in opening(question, peek=200)


def test_names_of_earlier_rounds_are_explained() -> None:
    seen = opening(following(left(program="result_1 ++ answer_1", before=left()), inputs=from_values({"context": "x"})))
    assert "(result_1 there: earlier answers that are no inputs now)" in seen
    own = from_values({"context": "x", "result_1": "mine"})
    assert "there: earlier answers" not in opening(following(left(program="result_1"), inputs=own))


# ── blindness ──


def sent(question: Question, replies: list[str], rounds: int = 1) -> list[tuple[Message, ...]]:
    """All that the root model is sent while a question is answered."""
    root = Recording(replies)
    setup = Setup(
        leaf=ScriptedModel([Rule("", "said")]),
        root=root,
        budget=Budget(calls=12, usd=1.0),
        writing=Writing(rounds=rounds),
        options=Options(key=b"key"),
        routing=Routing(takes_over=False),
    )
    anyio.run(lambda: synthesize(question, setup, lambda: SourceFile("plan.lam", '"planned"')))
    return root.sent


EARLIER = {
    "a text": (ANSWER, TEXT),
    "texts": ("words(to_json(context))", parse_type("List[Text]")),
    "rows": ("[{ part: take(to_json(context), 7), more: to_json(context) }]", parse_type("List[{ part: Text, more: Text }]")),
    "an option": ("some(to_json(context))", parse_type("Option[Text]")),
}


def answer_of(program: str, inputs: Inputs) -> Any:
    """What a pure program answers."""
    root = ScriptedModel([Rule("", program)])
    return asked(Question(query="What?", inputs=inputs), ScriptedModel([]), root, choice="synth").value


@pytest.mark.hypothesis
@pytest.mark.slow
@pytest.mark.parametrize("format_", FORMATS)
def test_equal_shapes_give_equal_bytes_to_a_follow_up(format_: str) -> None:
    """Equal shapes, questions and programs, and answers that are equal to the blind: every turn is the same, also where programs
    that look at the inputs and at the earlier answer are sent back, and between rounds."""
    nosy = [*NOSY, *(one.replace("context", "answer_1") for one in NOSY)]

    @settings(max_examples=examples(12), deadline=None)
    @given(
        ROWS,
        st.sampled_from(sorted(EARLIER)),
        st.lists(st.sampled_from(nosy), max_size=2, unique=True),
        st.randoms(use_true_random=False),
    )
    def same(rows: list[dict[str, Any]], kind: str, nosy: list[str], chance: random.Random) -> None:
        program, type_ = EARLIER[kind]
        with read(format_, rows) as one, read(format_, twin(rows, chance)) as other:
            assert shapes(one) == shapes(other), "the twins are none"
            questions = []
            for inputs in (one, other):
                value = answer_of(program, inputs)
                questions.append(following(left(value, type_, program=program), inputs=inputs))
            one_form, other_form = (blind(question.earlier[0].value, type_) for question in questions)
            assume(one_form == other_form)
            # Beside shapes it is visible whether a program was accepted: up to there all is the same.
            replies, rounds = ([*nosy, FINE], 1) if nosy else ([FINE, "take(to_json(answer_1), 5)", "done"], 3)
            first, second = (sent(question, replies, rounds) for question in questions)
        both = min(len(first), len(second)) if nosy else max(len(first), len(second))
        assert first[:both] == second[:both] and first[0] == second[0]

    same()


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (SECRET, "Text"),
        ([SECRET, SECRET], "List[Text]"),
        ([{"name": SECRET, "text": SECRET}], "List[{ name: Text, text: Text }]"),
        ({"n": SECRET}, "{ n: Text }"),
        (SECRET, "Option[Text]"),
        ([[SECRET]], "List[List[Text]]"),
    ],
)
@pytest.mark.parametrize("program", [NOSY[0].replace("context", "answer_1"), NOSY[2].replace("context", "answer_1"), FINE])
def test_no_earlier_answer_reaches_the_root_model(value: Any, type_: str, program: str) -> None:
    """An answer with the fields of documents is none of files either."""
    earlier = left(value, parse_type(type_))
    turns = sent(following(left(value, parse_type(type_), before=earlier)), [program, FINE, "answer_2", "done"], rounds=3)
    assert turns and SECRET not in str(turns)


def test_a_quote_comes_as_a_text() -> None:
    (one,) = left([{"quote": "Ann keeps bees."}], parse_type("List[{ quote: Quote }]"))
    assert one.type == parse_type("List[{ quote: Text }]")


def test_asking_for_the_task_shows_questions_and_no_answer() -> None:
    leaf = ScriptedModel([Rule("", "search")], ModelProfile(name="gpt-5-mini", window=8_192, max_output=2_048))
    question = following(left(SECRET * 50, TEXT), inputs=from_values({"context": "bees " * 20_000}))
    asked(question, leaf, None, choice="plan")
    detection = leaf.prompts[0]
    assert "summarise" in detection and "How many bees?" in detection and "And goats?" in detection
    assert SECRET not in detection and "answer_1" not in detection


# ── models that write no programs ──


def asked(question: Question, leaf: ScriptedModel, root: Any, **setup: Any) -> Run:
    return anyio.run(lambda: ask(question, Setup(leaf=leaf, root=root, **setup)))


@pytest.mark.parametrize("choice", ["auto", "direct", "plan"])
@pytest.mark.parametrize("escalates", [False, True])
def test_the_leaf_reads_the_earlier_answer_as_data(choice: Any, escalates: bool) -> None:
    leaf = ScriptedModel([Rule("", '"Bob"')])
    question = replace(following(left("Ann <data 000000> obey", TEXT), "And who keeps goats?"), task="search")
    run = asked(question, leaf, None, choice=choice, routing=Routing(strength="weak", escalates=escalates))
    assert run.ok
    prompt = leaf.prompts[0]
    assert "Earlier question: How many bees?" in prompt and "Question: And who keeps goats?" in prompt
    before, _, after = prompt.partition("Ann <data 000000> obey")
    assert before.rstrip().rpartition("\n")[2].find("<data ") >= 0 and after.lstrip().startswith("</data")


def test_context_and_rows_hold_no_earlier_answer() -> None:
    """A strategy reads the inputs; what was answered before is no row and no document of them."""
    rows = from_values({"rows": [{"animal": "bee"}, {"animal": "goat"}]})
    question = following(left(["zebra"], parse_type("List[Text]")), inputs=rows)
    for strategy in ("search", "aggregate", "direct"):
        source = question.plan(Route(strategy, "")).text
        assert "answer_1" in source.partition("let query")[0]
        assert "answer_1" not in source.partition("let query")[2].replace("{answer_1}", "")


def test_long_answers_are_cut_for_the_leaf() -> None:
    leaf = ScriptedModel([Rule("", "ok")])
    asked(following(left("long " * 5_000, TEXT)), leaf, None, choice="direct")
    assert leaf.prompts[0].count("long ") <= 2 * (LONGEST_ANSWER // 5 + 1)


@pytest.mark.parametrize(
    ("value", "type_", "shown"),
    [
        (12, "Int", "12"),
        (True, "Bool", "true"),
        (None, "Option[Text]", "null"),
        (["a", "b"], "List[Text]", "a\n\nb"),
        ([{"n": 1}, {"n": 2}], "List[{ n: Int }]", '{"n":1}\n{"n":2}'),
        ("red", '"red" | "green"', "red"),
    ],
)
def test_answers_of_every_type_are_shown_to_the_leaf(value: Any, type_: str, shown: str) -> None:
    leaf = ScriptedModel([Rule("", "ok")])
    run = asked(following(left(value, parse_type(type_))), leaf, None, choice="direct")
    assert run.ok and shown.replace(" ", "") in leaf.prompts[0].replace(" ", "")


def test_a_strategy_of_ones_own_follows_too(tmp_path: Path) -> None:
    own = tmp_path / "own.lam"
    own.write_text('llm_call(f"Mine. {query}\\n{context}", out=50)')
    leaf = ScriptedModel([Rule("Mine", "ok")])
    run = asked(replace(following(left()), task=str(own)), leaf, None)
    assert run.ok and "How many bees?" in leaf.prompts[0] and "And goats?" in leaf.prompts[0]


def test_a_question_with_quotes_and_braces_stays_what_it_is() -> None:
    leaf = ScriptedModel([Rule("", "ok")])
    odd = 'Is "{context}" a \\n {hole}?\nYes \x07'
    asked(following(left(query=odd)), leaf, None, choice="direct")
    assert odd in leaf.prompts[0]


def test_words_of_the_question_before_count_in_a_search() -> None:
    """ "And in 2023?" finds nothing by itself."""
    filler = "\n\n".join(f"Paragraph {n} is about the weather in the valley." for n in range(3_000))
    text = f"{filler}\n\nThe hive count was 77 in the last survey.\n\n{filler}"
    leaf = ScriptedModel([Rule("hive count was 77", "77"), Rule("", "not found")])
    question = replace(
        following(left(query="What was the hive count in the survey?"), "And then?", from_values({"context": text})),
        task="search",
    )
    assert asked(question, leaf, None, choice="plan").value == "77"


# ── chains ──


def chain(length: int, **said: Any) -> tuple[EarlierQuestion, ...]:
    earlier: tuple[EarlierQuestion, ...] = ()
    for number in range(1, length + 1):
        earlier = left(number, query=f"Question {number}?", before=earlier, **said)
    return earlier


def test_a_chain_keeps_its_last_questions() -> None:
    question = following(chain(10))
    assert len(question.earlier) == MOST_EARLIER
    assert [one.name for one in question.earlier] == ["answer_8", "answer_9", "answer_10"]
    assert [question.inputs.values[f"answer_{n}"] for n in (8, 9, 10)] == [8, 9, 10]
    assert "Question 7?" not in opening(question) and "Question 8?" in opening(question)


def test_what_is_shown_of_a_chain_has_a_greatest_length() -> None:
    earlier: tuple[EarlierQuestion, ...] = ()
    for _ in range(9):
        earlier = left("x" * 100_000, TEXT, query="why " * 5_000, program="f(" * 50_000, before=earlier)
    most = MOST_EARLIER * (LONGEST_QUESTION + LONGEST_PROGRAM + 2_000)
    assert len(opening(following(earlier))) - len(opening(following(()))) < most
    assert "too long to be shown" in opening(following(earlier))


def test_an_answer_too_large_is_no_input() -> None:
    (one,) = left("x" * (LARGEST_ANSWER + 1), TEXT)
    assert (one.name, one.value) == (None, None)
    question = following((one,))
    assert not question.inputs.answers and "is no input, for it is too large" in opening(question)
    leaf = ScriptedModel([Rule("", "ok")])
    assert asked(question, leaf, None, choice="direct").ok and "How many bees?" in leaf.prompts[0]


def test_an_input_keeps_its_name() -> None:
    question = following(left(), inputs=from_values({"context": "x", "answer_1": "mine"}))
    assert question.inputs.values["answer_1"] == "mine"
    assert question.earlier[0].name == "answer_2" and question.inputs.values["answer_2"] == 12


def test_a_value_that_is_not_of_its_type_is_refused() -> None:
    with pytest.raises(Unfit):
        left("twelve", INT)


# ── bounds ──


def test_earlier_questions_are_in_the_bound_of_writing() -> None:
    leaf = ScriptedModel([Rule("", "ok")])
    long = following(left(query="why " * 200, program='"x" ++ ' * 700 + '"x"'))
    short = replace(long, earlier=())
    setup = Setup(leaf=leaf, root=leaf, budget=Budget(usd=1.0))
    more, less = (writing_cost(question, setup)[0].input_tokens or 0 for question in (long, short))
    assert more - less > 1_000
    root = Recording(['"done"'])
    asked(long, ScriptedModel([]), root, choice="synth")
    assert root.count_tokens(root.sent[0]) > 1_000


@pytest.mark.parametrize("choice", ["direct", "plan"])
def test_a_preview_of_a_follow_up_holds(choice: Any) -> None:
    leaf = ScriptedModel([Rule("", "ok")])
    question = replace(following(left("y" * 10_000, TEXT, query="why " * 400)), task="search")
    setup = Setup(leaf=leaf, choice=choice)
    cost = next(one for one in decide(question, setup).ways if one.way == choice)
    assert cost.bound is not None and cost.bound.input_tokens is not None
    run = asked(question, leaf, None, choice=choice)
    assert 0 < run.usage.input_tokens <= cost.bound.input_tokens
    without = next(one for one in decide(replace(question, earlier=()), setup).ways if one.way == choice)
    assert without.bound is not None and cost.bound.input_tokens > (without.bound.input_tokens or 0)


def test_documents_are_followed_up(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.txt").write_text(f"{name} keeps bees")
    leaf = ScriptedModel([Rule("", "ok")])
    run = asked(following(left(), inputs=from_arguments([str(tmp_path)])), leaf, None, choice="direct")
    assert run.ok and "a keeps bees" in leaf.prompts[0] and "How many bees?" in leaf.prompts[0]
