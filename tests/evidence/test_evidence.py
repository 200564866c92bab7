"""Where an answer comes from: files, lines, pages, headings, rows, calls; and nothing where nothing supports it."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from anyio.lowlevel import checkpoint

from lambda_rlm import RLM
from lambda_rlm.completion import Completion, CompletionRequest, ModelProfile, StopReason, Usage
from lambda_rlm.evidence.record import Evidence
from lambda_rlm.evidence.support import Support
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.scripted import Rule, ScriptedModel

PROFILE = ModelProfile(name="said", window=100_000, max_output=4_000, input_price=0.0, output_price=0.0)
REPORT = """# Report

Intro.

## Results

In 2023 net revenue was 3,012,000 dollars. In 2022 it was 2,912,000 dollars.

```python
# no heading
```

Staff
-----

Ann Miller leads a team of 42 people. 42 chairs were bought.
"""


def said(reply: str, query: str, *, task: str | None = None, **inputs: Any) -> Run:
    """The run of a question that a model answers so, asked directly."""
    model = ScriptedModel([Rule("(?s).*", reply.replace("\\", "\\\\"))], PROFILE)
    return RLM(model, strategy="direct").ask(query, **inputs)


def only(run: Run) -> Evidence:
    """The one place of its evidence."""
    (one,) = run.evidence
    return one


def test_a_value_has_file_line_heading_words_and_call(tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text(REPORT, encoding="utf-8")
    one = only(said("42 people", "How many people are in the team of Ann Miller?", context=tmp_path / "report.md"))
    assert one.words == "Ann Miller leads a team of 42 people. 42 chairs were bought."
    assert (Path(one.file or "").name, one.line, one.heading, one.call, one.match) == ("report.md", 16, "Staff", 0, "exact")
    assert REPORT[one.start : one.end] == one.words


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("about 3 million dollars", "net revenue was 3,012,000 dollars"),
        ("3012000", "net revenue was 3,012,000 dollars"),
        ("ann MILLER", "Ann Miller leads"),
        ("The team is led by “Ann Miller”.", "Ann Miller leads"),
    ],
)
def test_a_value_written_otherwise_is_found(reply: str, words: str) -> None:
    assert words in only(said(reply, "What was net revenue in 2023, who leads?", context=REPORT)).words


def test_of_equal_values_that_near_the_question_is_chosen() -> None:
    text = "\n".join(["The mill has 7 doors."] * 30 + ["The barn of Odell has 7 windows."] + ["A cart has 7 spokes."] * 30)
    assert only(said("7", "How many windows has the barn of Odell?", context=text)).line == 31


def test_each_value_of_a_record_has_its_place() -> None:
    rlm = RLM(ScriptedModel([Rule("(?s).*", '{"name": "Ann Miller", "team": 42}')], PROFILE), strategy="direct")
    run = rlm.ask("Who leads how many people?", context=REPORT, returns="{ name: Text, team: Int }")
    assert {one.words.partition(".")[0] for one in run.evidence} == {"Ann Miller leads a team of 42 people"}


def test_a_quote_is_its_own_evidence() -> None:
    model = ScriptedModel([Rule("(?s).*", '{"reply": "leads a team  of 42 people"}')], PROFILE)
    run = RLM(model).run('llm_call[Quote](f"Quote: {context}")', context=REPORT)
    one = only(run)
    assert (one.match, one.words, one.line) == ("exact", "leads a team of 42 people", 16)


def test_a_cell_has_its_row_and_column(tmp_path: Path) -> None:
    (tmp_path / "paid.csv").write_text("name,amount\nAnn,12\nBob,3450\nCid,7\n", encoding="utf-8")
    one = only(said("3450", "What did Bob pay?", context=tmp_path / "paid.csv"))
    assert (one.row, one.heading, one.words, one.input) == (2, "amount", "3450", "context[1].amount")


def test_documents_of_a_host_are_named() -> None:
    run = said(
        "Zanzibar", "Where?", docs=[{"name": "a", "text": "She went home."}, {"name": "b.txt", "text": "x\nTo Zanzibar."}]
    )
    assert (only(run).file, only(run).line) == ("b.txt", 2)


COUNT = """
let moods = llm_map["angry" | "happy" | "calm"](lines(context), "Label the mood");
count(values(moods), fn(mood) => mood == "angry")
"""


def test_a_count_cites_what_was_counted() -> None:
    text = "\n".join(f"line {n} is {'cross' if n % 3 == 0 else 'glad'}" for n in range(24))
    labels = {str(n + 1): "angry" if n % 3 == 0 else "happy" for n in range(24)}
    model = ScriptedModel([Rule("(?s).*", json.dumps(labels))], PROFILE)
    run = RLM(model).run(COUNT.replace('"Label the mood")', '"Label the mood", per_call=24)'), context=text)
    assert run.value == 8
    assert [one.words for one in run.evidence] == [f"line {n} is cross" for n in range(0, 15, 3)]
    assert {one.match for one in run.evidence} == {"counted"}
    assert run.evidence_notes == ("8 is made of 8 passages (“angry”); the first 5 are shown, and 3 more",)


def test_a_list_of_labels_cites_item_by_item() -> None:
    model = ScriptedModel([Rule("(?s).*", '{"1": "bad", "2": "good", "3": "bad"}')], PROFILE)
    run = RLM(model).run('values(llm_map["good" | "bad"](lines(context), "Label"))', context="it broke\nI love it\nnever again")
    assert [(one.claim, one.words) for one in run.evidence] == [
        ("bad", "it broke"),
        ("good", "I love it"),
        ("bad", "never again"),
    ]


@pytest.mark.parametrize(("program", "what"), [("sum", "added up"), ("mean", "averaged")])
def test_a_total_cites_its_column(program: str, what: str) -> None:
    rows = [{"name": name, "paid": paid} for name, paid in (("Ann", 12.5), ("Bob", 30.25), ("Cid", 8.5))]
    value = "sum(paid)" if program == "sum" else "sum(paid) / to_float(length(paid))"
    source = f"let paid = map(rows, fn(row) => row.paid); {value}"
    run = RLM(ScriptedModel([], PROFILE)).run(source, rows=rows)
    assert [one.words for one in run.evidence] == ["12.5", "30.25", "8.5"] and what in run.evidence_notes[0]


def test_a_column_has_the_name_that_the_data_gives_it() -> None:
    rows = [{"имя": "Ann", "сумма": 1200}, {"имя": "Bob", "сумма": 3450}]
    run = RLM(ScriptedModel([], PROFILE)).run("last(sort_by(map(rows, fn(row) => row.field_2), fn(n) => n)) ?? 0", rows=rows)
    assert (only(run).row, only(run).heading) == (2, "сумма")


def test_a_greatest_value_cites_its_row() -> None:
    rows = [{"name": name, "paid": paid} for name, paid in (("Ann", 1200), ("Bob", 3450), ("Cid", 810))]
    run = RLM(ScriptedModel([], PROFILE)).run("last(sort_by(map(rows, fn(row) => row.paid), fn(paid) => paid)) ?? 0", rows=rows)
    assert (only(run).row, only(run).words, only(run).match) == (2, "3450", "counted")


def test_a_computed_value_that_nothing_comes_to_has_a_note() -> None:
    """Where a model was asked; a program that asks none is its own evidence."""
    source = 'length(llm_call(f"Say hm to {context}")) * 1000 + 1'
    run = RLM(ScriptedModel([Rule("(?s).*", "hm")], PROFILE)).run(source, context="3 apples and 12001 pears")
    assert run.evidence == () and run.evidence_notes == ("2001 was computed by the program; no passage comes to it",)
    run = RLM(ScriptedModel([], PROFILE)).run("length(context) * 1000 + 1", context="3 apples and 12001 pears")
    assert (run.evidence, run.evidence_notes) == ((), ())


def test_evidence_is_the_same_in_a_copy() -> None:
    run = said("42 people", "How many people?", context=REPORT)
    assert pickle.loads(pickle.dumps(run)).evidence == run.evidence == copy.deepcopy(run).evidence != ()


def test_a_run_lets_its_inputs_go_once_its_evidence_is_found() -> None:
    run = said("42 people", "How many people?", context=REPORT)
    assert run.support is not None and run.support.basis is not None
    found, located = run.evidence, run.support.located({})
    assert located.basis is None and located.found.evidence == found != ()


def test_json_has_the_promised_keys() -> None:
    (one,) = said("42 people", "How many people?", context=REPORT).to_dict()["evidence"]
    assert {"input", "file", "page", "line", "heading", "start", "end", "words", "call"} <= one.keys()
    assert json.loads(json.dumps(one)) == one


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_heading_is_its_words_alone(tmp_path: Path, end: str) -> None:
    """Without the signs that close it and the line end."""
    (tmp_path / "a.md").write_bytes(f"# One{end}x{end}## The C# of Odell ##  {end}The lamp of Odell is amber.{end}".encode())
    assert only(said("amber", "What is the lamp of Odell?", context=tmp_path / "a.md")).heading == "The C# of Odell"


def test_hard_texts_are_read_in_one_pass(tmp_path: Path) -> None:
    """A heading full of spaces, and an answer full of signs of names: each once took longer than anybody waits."""
    heading = f"# Lamps{' ' * 20_000}of Odell"
    (tmp_path / "a.md").write_text(f"{heading}\n\nThe lamp is amber.\n", encoding="utf-8")
    run = said(f"amber\n{'a.' * 100_000}\n{'12:34 ' * 200_000}", "What is the lamp?", context=tmp_path / "a.md")
    assert [(one.words, (one.heading or "")[:5]) for one in run.evidence] == [("The lamp is amber.", "Lamps")]


@pytest.mark.parametrize(
    ("query", "reply", "text", "words"),
    [
        ("Which unit costs 1,250?", "1250", "Unit 17: rent 1,250\n" * 60 + "Unit 7: rent 1,250\n" + "Unit 71: rent 1,250\n" * 9, "Unit 17"),
        ("What is the rent of unit 7?", "1250", "Unit 17: rent 1,250\n" * 60 + "Unit 7: rent 1,250\n" + "Unit 71: rent 1,250\n" * 9, "Unit 7:"),
        ("When does the bar close?", "10:15 pm", "The bar opens at 10:15.\n" * 40 + "The bar closes at 22:15.", "closes at 22:15"),
        ("How many lambs?", "forty-two", "The barn has 24 lambs.\n" * 40 + "There are 42 lambs.", "42 lambs"),
        ("How many lambs?", "42", "The barn has 24 lambs.\n" * 40 + "There are forty-two lambs.", "forty-two lambs"),
    ],
)  # fmt: skip
def test_a_place_is_told_apart_from_its_like(query: str, reply: str, text: str, words: str) -> None:
    assert words in only(said(reply, query, context=text)).words


@pytest.mark.parametrize(
    "reply", ["No one came to the fair.", "It tells of one of the old ones.", "Il y a un homme et une femme.", "Es gibt dort ein Haus."]
)  # fmt: skip
def test_an_article_is_no_number_that_is_missing(reply: str) -> None:
    """Which a note would name beside evidence for the rest."""
    notes = said(f"{reply} Ann Miller leads 42 people.", "Who leads?", context=REPORT).evidence_notes
    assert not any("“one”" in note or "“un”" in note or "“ein”" in note for note in notes)


def test_each_line_of_a_joined_answer_has_its_own_passage() -> None:
    """However many calls there are; and no number that a model replied is told to be the program's."""
    text = "\n".join(f"Person {n} paid {n * 7} dollars for {n % 13} lamps." for n in range(130))
    model = ScriptedModel([Rule(r"(?s).*Person (\d+) paid (\d+).*", r"Person \1: \2 dollars, and 88 more")], PROFILE)
    run = RLM(model).run('lines(context) |> map(fn(one) => llm_call(f"Say {one}")) |> join("\\n")', context=text)
    assert [(one.call, one.line) for one in run.evidence] == [(n, n + 1) for n in range(100)]
    assert run.evidence_notes == (
        "evidence was looked for in the first 100 parts of the answer",
        "no passage with these words: “88”",
    )


def test_numbers_that_were_computed_are_told_together() -> None:
    source = 'join(map([3, 5, 7, 9, 11], fn(n) => f"{n * length(llm_call(context)) + 1000}"), "\\n")'
    run = RLM(ScriptedModel([Rule("(?s).*", "hm")], PROFILE)).run(source, context="3 apples")
    assert run.evidence_notes == ("1006, 1010, 1014 and 2 more were computed by the program; no passage comes to them",)


def test_calls_that_are_left_out_are_told() -> None:
    run = said("42 people", "How many people?", context=REPORT)
    assert run.support is not None and run.support.basis is not None
    in_part = Support(replace(run.support.basis, is_whole=False))
    assert in_part.found.notes == (*run.evidence_notes, "evidence was looked for in a part of what was read")


def test_a_passage_beyond_what_is_searched_is_searched_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambda_rlm.evidence.scope.MOST_SEARCHED", 500)
    run = said("amber", "What is the lamp of Odell?", context="The lamp of Odell is amber.\n" + "The sky is blue.\n" * 90)
    assert only(run).words == "The lamp of Odell is amber."


def test_a_sum_cites_places_that_share_a_call_too() -> None:
    model = ScriptedModel([Rule("(?s).*Ann.*", "2"), Rule("(?s).*", "3")], PROFILE)
    source = 'sum(map(lines(context), fn(one) => llm_call[Int](f"How many lamps? {one}")))'
    run = RLM(model).run(source, context="Ann has 2 lamps.\nBob has 3 lamps.\nAnn has 2 lamps.")
    assert (run.value, run.usage.calls, run.usage.shared_calls) == (7, 2, 1)
    assert sorted((one.line, one.call) for one in run.evidence) == [(1, 0), (2, 1), (3, 0)]
    assert run.evidence_notes == ("7 is made of 3 passages (added up)",)


@pytest.mark.parametrize(
    "source",
    [
        'values(llm_map["good" | "bad"](lines(context), "Label", per_call=2))',
        'map(lines(context), fn(one) => llm_call["good" | "bad"](f"Label {one}"))',
    ],
)
def test_labels_lead_to_their_items_whatever_reply_comes_first(source: str) -> None:
    """Also where equal items share a call."""

    class Turned(ScriptedModel):
        """Replies to the first calls last."""

        waiting = 3

        async def complete(self, request: CompletionRequest) -> Completion:
            prompt = request.messages[-1].content
            Turned.waiting -= 1
            for _ in range(50 * Turned.waiting):
                await checkpoint()
            labels = ["bad" if "broke" in line else "good" for line in prompt.splitlines() if "lamp" in line]
            text = labels[0] if "Items" not in prompt else json.dumps({str(n): one for n, one in enumerate(labels, 1)})
            return Completion(text, Usage(9, 9, cost=0.0), StopReason.STOP, "said")

    lines = ["lamp 1 broke", "lamp 2 works", "lamp 3 works", "lamp 4 broke", "lamp 5 broke", "lamp 5 broke"]
    run = RLM(Turned([], PROFILE)).run(source, context="\n".join(lines))
    assert run.value == ["bad", "good", "good", "bad", "bad", "bad"]
    assert [one.line for one in run.evidence] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("query", "row"), [("What did Cid pay in March?", 3), ("What did Bob pay?", 2), ("What did Dora pay?", 4)]
)
def test_of_equal_cells_that_of_the_row_asked_for_is_cited(tmp_path: Path, query: str, row: int) -> None:
    rows = "name,paid,month\nAnn,12,May\nBob,345,May\nCid,345,March\nDora,345,June\n"
    (tmp_path / "pays.csv").write_text(rows, encoding="utf-8")
    assert only(said("345", query, context=tmp_path / "pays.csv")).row == row
