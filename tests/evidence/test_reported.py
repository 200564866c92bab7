"""What users of other projects reported of their citations, each in several variants: here the evidence is right, or there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_rlm import RLM
from lambda_rlm.completion import ModelProfile
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.scripted import Rule, ScriptedModel
from tests.support.document_files import pdf

PROFILE = ModelProfile(name="said", window=100_000, max_output=4_000, input_price=0.0, output_price=0.0)
SPEECH = "The president said that the bridge of Arnstadt will be repaired by May.\nHe thanked the workers.\n"


def said(reply: str, query: str, context: object) -> Run:
    return RLM(ScriptedModel([Rule("(?s).*", reply)], PROFILE), strategy="direct").ask(query, context=context)


@pytest.mark.parametrize(
    ("query", "reply"),
    [
        ("How are you doing?", "I'm doing well, thank you."),
        ("Who is Elon Musk?", "I don't know."),
        ("Who is Elon Musk?", "Elon Musk is an entrepreneur born in Pretoria."),
        ("Wer ist das?", "Ich weiß es nicht."),
    ],
)
def test_an_answer_from_elsewhere_has_no_source(query: str, reply: str) -> None:
    """langchain-ai/langchain #12263: sources were returned for a greeting and for "I don't know"."""
    assert said(reply, query, SPEECH).evidence == ()


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("In the trial 87% of the patients recovered.", "In the trial 85% of the patients recovered."),
        ("The bridge of Arnstadt was opened in 2021.", "The bridge of Arnstadt was opened in 2022."),
        ("The fee for members is 1,250 dollars a year.", "The fee for members is 1,520 dollars a year."),
        ("The report was signed on 3 May 2024.", "The report was signed on 5 May 2024."),
    ],
)
def test_a_number_that_was_altered_has_no_source(text: str, reply: str) -> None:
    """gomate-community/TrustRAG #167: answers with "87%" turned to "85%" or 2021 to 2022 were cited all the same."""
    run = said(reply, "What does it say?", text)
    assert not any(one.match == "overlap" or ("%" in one.claim and "85" in one.words) for one in run.evidence)
    assert any("no passage with these words" in note for note in run.evidence_notes)


BLOCK = "def step(x):\n    return x\n\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n".join(f"entry {n} of the long list that goes on" for n in range(600)) + "\nThe lamp of Odell is amber.\n", 601),
        (BLOCK * 150 + "# The lamp of Odell is amber.\n" + BLOCK * 150, 451),
        ("\n\n\nThe lamp of Odell is amber.\n" + "tail\n" * 500, 4),
        ("head\r\n" * 400 + "The lamp of Odell is amber.\r\n" + "tail\r\n" * 300, 401),
    ],
)
def test_lines_are_right_where_pieces_overlap_or_repeat(text: str, line: int, tmp_path: Path) -> None:
    """langchain-ai/langchainjs #2131 and #1977: lines were wrong after pieces that overlap, repeat, or begin with line ends."""
    (tmp_path / "a.py").write_bytes(text.encode())
    source = """
    let found = values(map(windows(context, 900, 300), fn(part) =>
      llm_call[Option[Text]](f"Which color has the lamp of Odell?\\n{part}")));
    first(found) ?? "not found"
    """
    model = ScriptedModel([Rule("lamp of Odell is amber", '{"reply": "amber"}'), Rule("(?s).*", '{"reply": null}')], PROFILE)
    (one,) = RLM(model).run(source, context=tmp_path / "a.py").evidence
    assert (one.line, one.words.lstrip("# ")) == (line, "The lamp of Odell is amber.")


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"a.pdf": ["one", "two", "Nine is here"], "b.txt": "The lamp of Odell is amber."}, ("b.txt", None)),
        ({"a.pdf": ["one"] * 9, "b.pdf": ["x", "The lamp of Odell is amber."]}, ("b.pdf", 2)),
        ({"a.txt": "zero", "b.pdf": ["The lamp of Odell is amber.", "two"], "c.pdf": ["three"] * 4}, ("b.pdf", 1)),
        ({"a.pdf": ["one", "", "The lamp of Odell is amber."], "b.pdf": ["four"] * 4}, ("a.pdf", 3)),
    ],
)
def test_no_page_is_borrowed_from_another_document(
    files: dict[str, str | list[str]], found: tuple[str, int | None], tmp_path: Path
) -> None:
    """amd/gaia #3873: a text without pages was cited with the page of the document before it."""
    for name, pages in files.items():
        (tmp_path / name).write_bytes(pages.encode() if isinstance(pages, str) else pdf(pages))
    (one,) = said("amber", "Which color has the lamp of Odell?", tmp_path).evidence
    assert (one.file, one.page) == found
