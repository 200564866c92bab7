"""The question of a long prompt is found where people put it, and no text of the prompt is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.api.rlms_compat import question_in

PARTS = [f"Part {n}. Ann keeps bees and Bob keeps goats in the valley, year after year." for n in range(80)]
PROSE = "\n\n".join(PARTS)
LINES = "\n".join(f"row {n:04d} | amber | 17" for n in range(400))


@pytest.mark.parametrize("data", [PROSE, LINES], ids=["prose", "lines"])
@pytest.mark.parametrize(
    "asked",
    [
        "Who keeps bees?",
        "Q: who keeps bees",
        "<question>Who keeps bees</question>",
        "User question: who keeps bees",
        "Questions:\n1. Who keeps bees\n2. Who keeps goats",
        "Question: Who keeps bees",
        "**Question:** who keeps bees",
        "### Task\n\nName the keeper of bees.\nUse one word.",
        "Final question: who keeps bees",
        "Frage: Wer hält Bienen",
        "Pregunta: ¿Quién tiene abejas",
        "Вопрос: кто держит пчёл",
        "問題：誰が蜂を飼っていますか",
        "谁养蜜蜂？",
        "السؤال: من يربي النحل",
        "質問: 誰ですか",
        "Ποιος έχει μέλισσες\u037e",
    ],
)
def test_a_question_is_found_at_either_end(asked: str, data: str) -> None:
    for prompt in (f"{data}\n\n{asked}", f"{data}\n\n{asked}\n", f"{data}\n\n{asked}\nAnswer:", f"{asked}\n\n{data}"):
        posed = question_in(prompt, None)
        assert posed == (asked, data, None)


def test_an_instruction_without_a_mark_is_found_by_its_size() -> None:
    haystack = "\n".join(["kqz wv" * 20] * 300)
    asked = "The text has one line NUMBER=<digits>. Return the digits and nothing else."
    assert question_in(f"{asked}\n\n{haystack}", None) == (asked, haystack, None)
    assert question_in(f"{haystack}\n\n{asked}", None) == (asked, haystack, None)


def test_a_question_on_the_line_below_the_text_is_found() -> None:
    assert question_in(f"{LINES}\nHow many rows are amber?", None) == ("How many rows are amber?", LINES, None)
    assert question_in(f"Query: count the rows\n{LINES}", None) == ("Query: count the rows", LINES, None)
    assert question_in(f"Add up the last column:\n{LINES}", None) == ("Add up the last column:", LINES, None)
    assert question_in(f"How many rows are amber?\n{LINES}", None) == ("How many rows are amber?", LINES, None)


def test_what_the_end_says_of_the_answer_is_part_of_the_question() -> None:
    posed = question_in(f"Task: name the keeper\n\n{LINES}\n\nAnswer in one word.", None)
    assert posed.question == "Task: name the keeper\n\nAnswer in one word."


def test_two_questions_are_both_asked() -> None:
    posed = question_in(f"Who keeps bees?\n\n{LINES}\n\nQuestion: and who keeps goats", None)
    assert posed == ("Who keeps bees?\n\nQuestion: and who keeps goats", LINES, None)


def test_a_worked_example_is_no_question() -> None:
    shots = "\n\n".join(f"Question: what is {n} + {n}?\nAnswer: {2 * n}" for n in range(100))
    assert question_in(f"{shots}\n\nQuestion: what is 200 + 200?\nAnswer:", None).question == "Question: what is 200 + 200?"


def test_where_neither_end_asks_both_are_shown_and_kept() -> None:
    """Which of the two paragraphs is the question is not known: none is taken away from the text."""
    posed = question_in(PROSE, None)
    assert PARTS[0] in posed.question and PARTS[-1] in posed.question and posed.context == PROSE


def test_a_prompt_without_a_question_is_for_a_program() -> None:
    posed = question_in(LINES, None)
    assert posed.strategy == "synth" and posed.context == LINES
    assert LINES[:1_000] in posed.question and LINES[-1_000:] in posed.question


def test_a_short_prompt_is_asked_as_it_is() -> None:
    assert question_in("Ann keeps bees.\n\nWho keeps bees?", None) == ("Ann keeps bees.\n\nWho keeps bees?", None, "direct")
    assert question_in([{"role": "user", "content": "Who?"}], None) == ("Who?", None, "direct")
    messages = [{"role": "user", "content": "Ann keeps bees."}, {"role": "user", "content": "Who?"}]
    assert question_in(messages, None) == ("Who?", "user: Ann keeps bees.", None)


def test_a_column_that_is_named_question_is_data() -> None:
    table = "question\n" + "\n".join(f"what is {n} times {n}" for n in range(300))
    assert question_in(table, "How many?") == ("How many?", table, None)
    assert question_in(table, None).context == table


@pytest.mark.parametrize("content", [f"{LINES}\n\nWho?", [{"type": "text", "text": LINES}, {"type": "text", "text": "Who?"}]])
def test_a_long_message_has_its_question_in_it(content: Any) -> None:
    posed = question_in([{"role": "system", "content": "Be brief."}, {"role": "user", "content": content}], None)
    assert posed == ("Who?", f"system: Be brief.\n\nuser: {LINES}", None)


def test_data_may_name_its_question() -> None:
    assert question_in({"query": "Who?", "rows": [1, 2]}, None) == ("Who?", {"rows": [1, 2]}, None)
    assert question_in({"query": "Who?", "rows": [1, 2]}, "What?") == ("What?", {"query": "Who?", "rows": [1, 2]}, None)


@given(
    st.lists(st.sampled_from(["Question:", "Who?", "", "Answer:", "x" * 700, "# Task", "Task: y", " \t", "end."]), max_size=30)
)
def test_no_word_of_a_prompt_is_lost(lines: list[str]) -> None:
    prompt = "\n".join(lines)
    posed = question_in(prompt, None)
    found = f"{posed.question}\n{posed.context or ''}".split()
    lost = [word for word in set(prompt.split()) if found.count(word) < prompt.split().count(word)]
    assert set(lost) <= {"Answer:"}
