"""The page of a run: claims lead to passages, passages to calls and back; whatever is in a run, the page stays a page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.completion import Completion, Message, StopReason, Usage
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.diagnostics.visible import HIDDEN_CHARACTER
from lambda_rlm.journal.records import CallRow, ReplyRow, RunRow
from lambda_rlm.journal.report.claims import around, claims, text_at
from lambda_rlm.journal.report.linked import MOST_CALLS, MOST_EACH, MOST_TOGETHER, linked
from lambda_rlm.journal.report.page import page
from lambda_rlm.journal.report.run_report import RunReport, report
from tests.support.shell import Shell, script, wrote

PROGRAM: Final = 'words(context) |> map(fn(w) => llm_call(f"note {w}")) |> join(" ")'
TEXT: Final = "Signed on 3 May 2024. Acme pays $4,200 a month.\nNotice: three months to the end of a quarter.\n"
ANSWER: Final = "Acme pays $4,200 each month. Notice is three months.\nNothing else is agreed."
VOID: Final = frozenset(("meta", "br", "img", "link"))


class Page(HTMLParser):
    """A page as a browser reads it: elements, links, ids, and texts. Anything not closed in order fails."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] != "style":
            self.text += data

    def values(self, name: str) -> list[str]:
        return [value or "" for key, value in self.attributes if key == name]


def passage(words: str, **more: Any) -> dict[str, Any]:
    start = TEXT.index(words)
    return {"input": "context", "file": "a.txt", "page": None, "line": 1, "heading": None, "start": start,
            "end": start + len(words), "words": words, "call": 0, **more}  # fmt: skip


def call(number: int, state: str = "replied", shown: tuple[tuple[str, int, int], ...] = ()) -> CallRow:
    usage = {"input_tokens": 3, "output_tokens": 1, "cached_tokens": 0, "usd": 0.5, "attempts": 1}
    digest = "" if state == "shared" else f"d{number}"
    return CallRow(
        0, number, (number,), digest, "m", (31, 52), None, 9, shown, 0.0, 0.1, state, None if state == "shared" else usage,
        program=SourceFile("program", PROGRAM).digest, last=digest,
    )  # fmt: skip


def reply(number: int, text: str) -> ReplyRow:
    return ReplyRow(
        (0, "p", number, f"[{number}]"), f"d{number}", Completion(text, Usage(3, 1, cost=0.5), StopReason.STOP, "m")
    )


def run_of(calls: Sequence[CallRow], replies: Sequence[ReplyRow], answer: str = ANSWER, **outcome: Any) -> RunReport:
    part = {"name": "context", "type": "Text", "characters": len(TEXT), "sha256": "0" * 64}
    what = {"kind": "ask", "query": "What is paid?", "inputs": [part], "settings": {}}
    whole = {"ok": True, "answer": answer, "program": PROGRAM, "route": "plan", **outcome}
    row = RunRow("01M", 0.0, 1.0, "answered", "me", 0, what, whole)
    return report(row, calls, [SourceFile("program", PROGRAM)], replies)


def page_of(details: RunReport, prompts: dict[str, str] | None = None) -> str:
    made = {digest: (Message("system", "rules"), Message("user", text)) for digest, text in (prompts or {}).items()}
    return page(details, linked(details, made, {"context": TEXT}))


def test_a_claim_leads_to_its_passage_and_call_and_back() -> None:
    evidence = [
        passage("Acme pays $4,200 a month.", page=4, heading="Fees", claim="Acme pays $4,200 each month."),
        passage("Notice: three months", call=1, line=2, claim="Notice is three months."),
    ]
    details = run_of([call(0), call(1)], [reply(0, "it pays"), reply(1, "it ends")], evidence=evidence)
    text = page_of(details, {"d0": "note the fees", "d1": "note the end"})
    found = Page(text)
    links, ids = found.values("href"), found.values("id")
    assert {link for link in links if not link.startswith("#")} == set()
    assert {link[1:] for link in links} <= set(ids) and len(ids) == len(set(ids))
    assert '<a class="claim" id="c1" href="#e1">Acme pays $4,200 each month.</a><sup><a href="#e1">1</a></sup>' in text
    assert (
        '<a class="claim" id="c2" href="#e2">Notice is three months.</a>' in text and "\nNothing else is agreed.</pre>" in text
    )
    first = text[text.index('id="e1"') : text.index('id="e2"')]
    assert "a.txt · page 4 · line 1 · Fees" in first and 'href="#k1">call 1</a>' in first and 'href="#c1">claim 1</a>' in first
    assert 'Signed on 3 May 2024. </span><mark>Acme pays $4,200 a month.</mark><span class="soft">\nNotice' in first
    block = text[text.index('id="k2"') :]
    assert 'href="#e2">passage 2</a>' in block and "note the end" in block and "it ends" in block


def test_a_run_without_evidence_links_its_citations() -> None:
    start = TEXT.index("Notice")
    details = run_of(
        [call(0, shown=(("context", 0, 20),)), call(1, shown=(("context", start, len(TEXT)),))], [],
        citations=[{"input": "context", "start": start, "end": start + 20}],
    )  # fmt: skip
    text = page_of(details)
    assert "<mark>Notice: three months</mark>" in text and 'read by <a href="#k2">call 2</a>' in text


def test_a_claim_that_evidence_names_is_the_one_marked() -> None:
    text = page_of(run_of([call(0)], [], evidence=[passage("Signed on 3 May 2024.", claim="Nothing else is agreed.")]))
    assert 'href="#e1">Nothing else is agreed.</a>' in text


def test_an_answer_that_nothing_supports_has_no_link(shell: Shell) -> None:
    """Whatever words it shares with what was read: the page and the screen say that no passage has it."""
    wrote("a.txt", "The ship left at noon. The dividend was 12.5 dollars.")
    model = script({"match": "", "reply": "The dividend was 77.31 dollars."})
    assert shell("ask", "What was the dividend?", "a.txt", "--model", model, "--strategy", "direct") == 0
    assert shell("show", "last", "--html", "a.html") == 0
    text = Path("a.html").read_text(encoding="utf-8")
    assert 'class="claim"' not in text and "<mark>" not in text
    assert shell("show", "last") == 0
    for told in (Page(text).text, shell.out):
        assert "no passage with these words: “The dividend was 77.31 dollars.”" in told


@pytest.mark.parametrize(
    ("answer", "named", "claim"),
    [
        ("Rent: 1,200. Deposit: 2,400.", "Deposit: 2,400.", "Deposit: 2,400."),
        ('{\n  "id": 1420,\n  "team": 42\n}', "42", "42\n}"),
        ("Between 2.5 and 5 days", "5", "5 days"),
        ('{\n  "said": "no \\"x\\" here"\n}', 'no "x" here', 'no \\"x\\" here'),
        ('{\n  "n": 4,\n  "is_due": true\n}', "yes", "true"),
        ("合同已签署。月费为四千二百元。", "月费为四千二百元。", "月费为四千二百元。"),
        ("A tale " + "long " * 90 + "end.", "A tale " + "long " * 38 + "lo…", "A tale " + "long " * 38 + "lo"),
        ("Something else.", "not there", "Something else."),
    ],
)
def test_the_part_that_a_passage_names_is_its_claim(answer: str, named: str, claim: str) -> None:
    """As words of its own, no number within another, and as JSON writes it."""
    (found,) = claims(answer, [{"input": "c", "claim": named}])
    assert answer.index(claim, found.start) == found.start and claim.startswith(answer[found.start : found.end])


def test_of_equal_claims_each_has_its_own_passage() -> None:
    """As many as there are; else all are at the first."""
    answer = '[\n  "bad",\n  "good",\n  "bad"\n]'
    each = [{"input": "c", "claim": claim} for claim in ("bad", "good", "bad")]
    assert [one.passages for one in claims(answer, each)] == [(0,), (1,), (2,)]
    assert [one.passages for one in claims(answer, each[:2])] == [(0,), (1,)]


@given(
    st.text("ab1., ", max_size=60),
    st.lists(st.fixed_dictionaries({"input": st.just("c"), "claim": st.text("ab1., ", max_size=9)}), max_size=5),
)
def test_claims_have_passages_and_do_not_overlap(answer: str, passages: list[dict[str, Any]]) -> None:
    found = claims(answer, passages)
    assert bool(found) == bool(passages) and all(claim.passages for claim in found)
    assert all(0 <= claim.start <= claim.end <= len(answer) for claim in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


def test_what_is_around_a_passage_is_shown_only_where_it_fits() -> None:
    given = passage("Acme pays $4,200 a month.")
    assert around(given, {"context": TEXT})[0].endswith("2024. ") and around(given, {}) == ("", given["words"], "")
    assert around({**given, "end": 10**9}, {"context": TEXT}) == ("", given["words"], "")
    rows = {"c": [{"text": "a"}, {"text": "b"}]}
    assert text_at(rows, f"c[{'9' * 5_000}].text") is None
    assert (text_at(rows, "c[1].text"), text_at(rows, "c[9].text"), text_at(rows, "c[1].other"), text_at(rows, "d")) == (
        "b", None, None, None,
    )  # fmt: skip


HOSTILE: Final = (
    "</pre><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<style>*{display:none}</style><!-- ",
    "&lt;b&gt; &amp; ]]> \x00\x1b[2J\x07",
    "\u202egnp.exe \u200b\u2066\u2028",
    "javascript:alert(1)//' onmouseover='alert(1)",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_run_is_read_as_markup(text: str) -> None:
    """A reply, a prompt, a file name, a heading, the answer, the question and a fault, each from somebody who means harm."""
    evidence = [{**passage("Notice: three months"), "file": text, "heading": text, "words": text, "claim": text}]
    calm = Page(
        page_of(run_of([call(0)], [reply(0, "r")], "a", evidence=[passage("Notice: three months", claim="a")]), {"d0": "p"})
    )
    details = run_of([call(0)], [reply(0, text)], text, evidence=evidence)
    details.run.what["query"] = text  # type: ignore[index]
    written = page_of(details, {"d0": text})
    found = Page(written)
    assert sorted(set(found.tags)) == sorted(set(calm.tags)) and "script" not in found.tags
    assert not [name for name, _ in found.attributes if name.startswith("on") or name == "src"]
    assert all(link.startswith("#") for link in found.values("href"))
    assert HIDDEN_CHARACTER.search(written) is None
    assert "default-src 'none'" in written and "script-src" not in written


# UKGovernmentBEIS/inspect_ai #49: a viewer took the tags that a model had written out of its replies.
@pytest.mark.parametrize(
    "text", ["<scratchpad>first 1 < 2</scratchpad> so yes", "a &lt;b&gt; c", "<svg/onload=x> & </details>"]
)
def test_tags_in_replies_are_shown_as_they_were_written(text: str) -> None:
    assert text in Page(page_of(run_of([call(0)], [reply(0, text)]))).text


# UKGovernmentBEIS/inspect_ai #2249, PostHog/posthog #52912: thousands of events, or whole long messages, brought a viewer down.
@pytest.mark.parametrize(
    ("calls", "length", "passages"), [(5_000, 3_000, 10), (3, 10_000_000, 10), (200, 10, 6_700), (5_000, 0, 0)]
)
def test_the_size_of_a_page_is_bounded(calls: int, length: int, passages: int) -> None:
    rows = [call(n, "E0510" if n % 2 else "replied", (("context", 0, 20),)) for n in range(calls)]
    text = "r<" * (length // 2)
    evidence = [passage("Notice: three months", call=calls - 1, claim="Nothing") for _ in range(passages)]
    details = run_of(rows, [reply(n, text) for n in range(calls)], evidence=evidence)
    written = page_of(details, {f"d{n}": text for n in range(calls)})
    assert len(written) < 6 * MOST_TOGETHER
    assert written.count('<details class="call">') == min(calls, MOST_CALLS)
    if length > MOST_EACH:
        assert "more characters" in written
    if calls > MOST_CALLS:
        assert f"{calls - MOST_CALLS:,} more calls" in written
    if passages:
        assert f'id="k{calls}"' in written
    found = Page(written)
    assert {link[1:] for link in found.values("href")} <= set(found.values("id"))


def test_a_reply_that_steers_a_terminal_is_shown_in_pictures(shell: Shell, alone: Path) -> None:
    wrote("p.lam", "llm_call(context)")
    wrote("a.txt", "text")
    attack = "\x1b]0;title\x07\x1b[2J\x1b[H\u202egnp\nhead of its records: 00\r\n  call 9 · fake"
    assert shell("run", "p.lam", "a.txt", "--model", script({"match": "", "reply": attack})) == 0
    assert shell("show", "last", "--all", "--full") == 0
    told = shell.out.partition("\nprompts and replies")[2]
    assert HIDDEN_CHARACTER.search(told) is None and "␛]0;title␇␛[2J" in told
    assert re.findall(r"^head of its records", told, re.MULTILINE) == ["head of its records"]
    assert "\n      head of its records: 00\n        call 9" in told
