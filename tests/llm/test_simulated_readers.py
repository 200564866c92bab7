"""What the readers make of small data, against answers worked out by hand."""

from __future__ import annotations

from random import Random

import pytest

from lambda_rlm.llm.simulated_reader.aggregate import Kind, tally_of
from lambda_rlm.llm.simulated_reader.chain import chain_reader
from lambda_rlm.llm.simulated_reader.code import code_reader
from lambda_rlm.llm.simulated_reader.dates import dates_in
from lambda_rlm.llm.simulated_reader.diary import diary_reader
from lambda_rlm.llm.simulated_reader.evidence import EvidenceReader
from lambda_rlm.llm.simulated_reader.instances import instances
from lambda_rlm.llm.simulated_reader.key import AnswerKey, plain
from lambda_rlm.llm.simulated_reader.pairwise import pairing_of
from lambda_rlm.llm.simulated_reader.plans import plan_for

LABEL_OF = {"n": "numeric value", "h": "human being", "l": "location", "e": "entity"}
LINES = (
    ("Jan 05, 2023", 11, "n1"),
    ("Jan 09, 2023", 11, "h1"),
    ("Jan 09, 2023", 22, "h2"),
    ("Feb 02, 2023", 22, "n2"),
    ("Feb 03, 2023", 33, "n3"),
    ("Feb 03, 2023", 11, "l1"),
    ("Jan 10, 2024", 33, "h3"),
    ("Mar 01, 2024", 33, "h4"),
)
DATA = "\n".join(f"Date: {day} || User: {user} || Instance: {text}" for day, user, text in LINES)
KEY = AnswerKey({plain(text): LABEL_OF[text[0]] for _, _, text in LINES})
ONLY = "For the following question, only consider the subset of instances that "
GIVE = " Give your final answer in the form 'Answer: number'."


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("how many data points should be classified as label 'human being'?", "Answer: 4"),
        (
            f"{ONLY}are associated with user IDs 11, 22. how many data points should be classified as label 'human being'?",
            "Answer: 2",
        ),
        (f"{ONLY}occur in January of any year. how many data points should be classified as label 'human being'?", "Answer: 3"),
        (
            f"{ONLY}occur between Jan 09, 2023 and Feb 02, 2023, inclusive. how many data points should be classified as label "
            "'numeric value'?",
            "Answer: 1",
        ),
        (
            "is label 'numeric value' more common, less common, or the same frequency as label 'human being'?",
            "Answer: numeric value is less common than human being",
        ),
        ("which of the labels is the most common?", "Label: human being"),
        ("which of the labels is the least common?", None),
        ("which user is represented most often?", None),
        (f"{ONLY}are associated with user IDs 22, 33. which user is represented the second most often?", "User: 22"),
        ("which user has the most instances with the label human being?", "User: 33"),
        ("which user has more instances with the label location: User 11 or User 33?", "User: 11"),
        ("which user has more instances with the label entity: User 11 or User 33?", None),
        ("how many dates are represented exactly 2 times?", "Answer: 2"),
        (
            "In which month did the label 'numeric value' first occur more often than the label 'human being'?",
            "Answer: February 2023",
        ),
        ("For how many months does the label 'human being' occur more frequently than the label 'numeric value'?", "Answer: 3"),
        ("For how many months is the label 'human being' the single most frequently occuring label?", "Answer: 3"),
        (
            "was label 'human being' more common, less common, or the same frequency before 2023-02-03, as compared to after 2023-02-03?",
            "Answer: human being is less common before 2023-02-03",
        ),
    ],
)
def test_a_question_about_lines_is_answered_by_counting(question: str, answer: str | None) -> None:
    """None is a tie."""
    tally = tally_of(question + GIVE)
    assert tally is not None
    found = tally.answer(instances(DATA, KEY))
    assert (found and found[0]) == answer
    assert found is None or found[0] not in found[1]


def test_every_kind_of_question_has_a_plan() -> None:
    fields = ["labels", "meaning", "where", "first", "second", "ask", "by", "test", "number", "form", "words", "dates"]
    schema = {"properties": dict.fromkeys(fields)}
    for kind in Kind:
        text = f"{kind.value} 'entity' label 'location' exactly 3 times before 2023-01-01, as compared to after"
        plan = plan_for(text, schema, None)
        wrong = plan_for(text, schema, Random(0))
        assert plan is not None
        assert plan.keys() == schema["properties"].keys()
        assert wrong != plan


END = ". Each of the questions can be labelled"


@pytest.mark.parametrize(
    ("condition", "pairs"),
    [
        ("where both users have at least one instance with a location or human being", [(11, 22), (11, 33), (22, 33)]),
        (
            "where both users have at least one instance with a numeric value or location, and all instances that are a human being for "
            "both users must be before January 1, 2024",
            [(11, 22)],
        ),
        (
            "such that one user has at least one instance with numeric value and one with location, and the other user has exactly one "
            "instance with human being",
            [(11, 22)],
        ),
        (
            "such that one user has at least two instances with human being, and the other user has at least one instance with location "
            "and at least one instance with numeric value",
            [(11, 33)],
        ),
        ("where both users have at least one instance with an entity or abbreviation", []),
    ],
)
def test_a_question_about_pairs_has_the_pairs_of_its_condition(condition: str, pairs: list[tuple[int, int]]) -> None:
    pairing = pairing_of(f"list all pairs of user IDs {condition}{END}")
    assert pairing is not None
    assert pairing.pairs(instances(DATA, KEY)) == pairs


def test_dates_are_found_in_the_forms_of_the_benchmarks() -> None:
    text = "2024-01-15, Jan 15, 2024; January 15, 2024 and 15 January 2024 or 01/15/2024, never 13/45/2024 or Feb 30, 2024"
    assert [day.isoformat() for _, _, day in dates_in(text)] == ["2024-01-15"] * 5


def test_diary_entries_are_read_in_all_wordings_and_sorted() -> None:
    reader = diary_reader("The text contains 3 dated diary entries of Ada Lee, scattered.")
    assert reader is not None
    data = (
        "Diary of Ada Lee, May 2, 1990: Ada Lee sold pears. Bob slept. On April 1, 1990, according to the diary, Ada Lee ate a hat. "
        "The diary of Bob Lee notes for May 1, 1990: Bob Lee fell. 1990-03-01: lost a glove"
    )
    assert reader.read(data).answer == "1990-03-01: lost a glove\n1990-04-01: ate a hat\n1990-05-02: sold pears"


def test_evidence_answers_only_when_all_of_it_was_seen() -> None:
    reader = EvidenceReader(("He rested at Valdivia.", "The peak has 6,893 m"))
    first = reader.read("We heard: he rested\nat  Valdivia. And left.")
    assert first.answer is None
    assert first.findings[0].fields["next"] == "The peak has"
    assert reader.read("the peak has 6,893 m").answer is None
    assert reader.read("He rested at Valdivia. x The peak has 6,893 m").answer == "The peak has 6,893 m"


def test_a_chain_is_followed_from_one_document_to_the_other() -> None:
    reader = chain_reader("In which year was the person born who built the mill of Alford?")
    assert reader is not None
    first = reader.read("The mill of Alford was built by Ann Lee. Ann Loe was born in 1600.")
    assert (first.answer, first.findings[0].fields["next"]) == (None, "Ann Lee")
    assert reader.read("Ann Lee was born in 1650. The mill of Alford was built by\nAnn Lee.").answer == "1650"


CODE = """===== FILE: pack/a.py =====
from .base import Node
from pack.errors import Bad
class Left(Node, Other):
    def go(self):
        if self.x:
            raise Bad(1)
class Right(Generic[Node]):
    def stop(self):
        return expand(1)
===== FILE: pack/sub/b.py =====
from ..base import Node
def one(): pass
def _two(): pass
class Deep(pack.base.Node): ...
"""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which classes inherit directly from Node? List their names.", "Left\nDeep"),
        ("How many classes in the package inherit directly from Node?", "2"),
        ("Which files of the package import something from pack/base.py? Give their paths.", "pack/a.py\npack/sub/b.py"),
        ("Which functions or methods of the package contain a statement that raises Bad?", "go"),
        ("Which method of Right calls expand?", "stop"),
        (
            "How many top-level functions whose name does not start with an underscore are defined in pack/sub/b.py?",
            "1",
        ),
    ],
)
def test_code_is_read_by_its_lines(question: str, answer: str) -> None:
    reader = code_reader(question)
    assert reader is not None
    assert reader.read(CODE).answer == answer


def test_noted_names_are_merged_and_prose_is_no_name() -> None:
    reader = code_reader("How many classes in the package inherit directly from Node?")
    assert reader is not None
    assert reader.read("Left\nDeep\n\n- Left").answer == "2"
    assert reader.read("Left\nthe rest is missing").answer is None


def test_a_name_that_was_misread_is_noted_like_the_right_ones() -> None:
    """Notes of which some are lines of code and some are names would be read again as the lines alone."""
    reader = code_reader("Which classes inherit directly from Node? List their names.")
    assert reader is not None
    finding = reader.read(CODE).findings[0]
    wrong = [reader.altered(finding, CODE, Random(seed)) for seed in range(20)]
    assert (
        {None} < {one and one.fields["note"] for one in wrong} <= {None, "Left", "Right", "Deep", "go", "stop", "one", "_two"}
    )
