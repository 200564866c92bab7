"""Audits of logs: every known form is read, nothing is fatal that can be passed over, memory has a limit, figures are right."""

from __future__ import annotations

import gzip
import io
import json
import random
import tracemalloc
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_rlm.audit import counting, lines
from lambda_rlm.audit import log as reading_of_logs
from lambda_rlm.audit.log import read
from lambda_rlm.audit.prompts import Unusable, prompts, reply_tokens
from lambda_rlm.audit.report import AuditReport, report
from lambda_rlm.audit.sketch import ERROR, Histogram
from lambda_rlm.audit.tally import SAMPLE, LogTally
from lambda_rlm.audit.ways import Ways
from lambda_rlm.completion import Message, ModelProfile
from lambda_rlm.inputs import InputProblem
from lambda_rlm.llm.tokens import count
from lambda_rlm.plan.measure import Measure
from lambda_rlm.plan.router import route
from lambda_rlm.plan.routing_settings import Routing
from tests.support.input_files import interrupted, written

VOCABULARY = "o200k_base"
WORDS = [
    "the",
    "whale",
    "sank",
    "beneath",
    "a",
    "calm",
    "sea",
    "while",
    "nobody",
    "on",
    "board",
    "of",
    "the",
    "ship",
    "could",
    "say",
    "why",
    "it",
    "had",
    "come",
    "so",
    "near",
]


def tallied(*arguments: str, name: str | None = None) -> LogTally:
    return read(arguments, [VOCABULARY], name=name)


def words(number: int, seed: int = 0) -> str:
    draw = random.Random(seed)
    return " ".join(draw.choice(WORDS) for _ in range(number))


def true_tokens(text: str) -> int:
    """Without what stands around a message."""
    profile = ModelProfile("gpt-5", 10**9, 1)
    empty = count((Message("user", ""),), profile, VOCABULARY)
    return count((Message("user", text),), profile, VOCABULARY) - empty


# ── the histogram ──


@pytest.mark.slow
@given(st.lists(st.integers(0, 10**10), min_size=1, max_size=300), st.sampled_from([0.01, 0.5, 0.9, 0.95, 0.99, 1.0]))
def test_a_quantile_is_as_near_to_the_true_one_as_is_said(numbers: list[int], share: float) -> None:
    histogram = Histogram()
    for number in numbers:
        histogram.add(number)
    truth = sorted(numbers)[max(1, -(-round(share * 100) * len(numbers) // 100)) - 1]
    assert abs(histogram.quantile(share) - truth) <= ERROR * truth + 1
    assert (histogram.count, histogram.total, histogram.most) == (len(numbers), sum(numbers), max(numbers))
    assert truth > 200 or histogram.quantile(share) == truth


def test_a_histogram_has_a_limit() -> None:
    histogram = Histogram()
    for power in range(400):
        for step in range(10):
            histogram.add(round(1.06**power * (1 + step / 150)))
    assert histogram.most > 10**10
    assert len(histogram.counts) < 2_600


# ── lines ──


@given(st.lists(st.binary(max_size=40).map(lambda data: data.replace(b"\n", b" ")), max_size=12), st.booleans())
def test_lines_are_those_of_the_file(parts: list[bytes], ends: bool) -> None:
    data = b"\n".join(parts) + (b"\n" if ends else b"")
    found = {line.number: line.data for line in lines.lines(io.BytesIO(data))}
    assert found == {number: part.strip() for number, part in enumerate(data.split(b"\n"), start=1) if part.strip()}


def test_a_line_that_is_too_long_is_measured_and_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST", 40_000)
    monkeypatch.setattr(lines, "PIECE", 10_000)
    data = b"first\n" + words(60_000).encode() + b"\nlast\n"
    first, long, last = lines.lines(io.BytesIO(data))
    assert (first.data, last.data, last.number) == (b"first", b"last", 3)
    assert not long.is_whole
    assert long.size == len(data) - len(b"first\nlast\n")
    assert sum(map(len, long.stretches)) < 100_000


# ── forms of rows ──

MESSAGES = [{"role": "system", "content": "You help."}, {"role": "user", "content": "Hello there"}]

FORMS = {
    "chat": ({"model": "m", "messages": MESSAGES}, [["You help.", "Hello there"]]),
    "parts": (
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "See"}, {"type": "image_url", "image_url": {}}]}]},
        [["See"]],
    ),
    "responses": ({"input": "Hello", "instructions": "Be brief."}, [["Be brief.", "Hello"]]),
    "responses items": ({"input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]}, [["Hi"]]),
    "completion": ({"prompt": "Once upon"}, [["Once upon"]]),
    "several prompts": ({"prompt": ["one", "two"]}, [["one"], ["two"]]),
    "tokens": ({"prompt": [1, 2, 3]}, [[]]),
    "batch": ({"custom_id": "1", "method": "POST", "url": "/v1/chat/completions", "body": {"messages": MESSAGES}}, [["You help.", "Hello there"]]),
    "anthropic batch": ({"custom_id": "1", "params": {"system": "S", "messages": MESSAGES[1:]}}, [["S", "Hello there"]]),
    "a request as text": ({"request": json.dumps({"messages": MESSAGES})}, [["You help.", "Hello there"]]),
    "text": ({"text": "plain", "label": 3}, [["plain"]]),
    "question and context": ({"question": "Q?", "context": "C"}, [["C", "Q?"]]),
    "tools": ({"messages": MESSAGES[1:], "tools": [{"name": "f"}]}, [["Hello there", '[{"name":"f"}]']]),
    "calls that are none": ({"messages": [{"content": "Hi", "tool_calls": 5}]}, [["Hi"]]),
    "list of messages": (MESSAGES, [["You help.", "Hello there"]]),
    "list of requests": ([{"prompt": "a"}, {"input": "b"}], [["a"], ["b"]]),
    "string": ("just a text", [["just a text"]]),
}  # fmt: skip


@pytest.mark.parametrize(("row", "expected"), FORMS.values(), ids=FORMS)
def test_the_prompts_of_a_known_form_are_found(row: object, expected: list[list[str]]) -> None:
    assert [prompt.texts for prompt in prompts(row)] == expected


@pytest.mark.parametrize(
    ("row", "words_"),
    [
        (17, "a number"),
        ({}, "empty"),
        ({"id": 1, "score": 2}, "'id', 'score'"),
        ({"messages": ["x"]}, "a message is a string"),
        ({"messages": [{"role": "user", "content": 3}]}, "the content is a number"),
        ({"request": "{not json"}, "not JSON"),
    ],
)
def test_of_a_row_in_another_form_the_reason_is_told(row: object, words_: str) -> None:
    with pytest.raises(Unusable, match=words_):
        prompts(row)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["messages", "input", "prompt", "body", "role", "content", "text", "usage", "tool_calls", "x"]), inner, max_size=4)))  # fmt: skip
def test_any_row_gives_prompts_or_a_reason(row: object) -> None:
    reply_tokens(row)
    try:
        found = prompts(row)
    except Unusable as unusable:
        assert str(unusable)
    else:
        assert all(isinstance(text, str) for prompt in found for text in prompt.texts)


def test_the_place_of_the_prompt_may_be_named() -> None:
    assert prompts({"data": {"ask": "Hello"}, "text": "no"}, "data.ask")[0].texts == ["Hello"]
    with pytest.raises(Unusable, match=r"data\.x"):
        prompts({"data": {}}, "data.x")


@pytest.mark.parametrize(
    "row",
    [
        {"usage": {"completion_tokens": 7}},
        {"response": {"body": {"usage": {"completion_tokens": 7}}}},
        {"response": {"usage": {"output_tokens": 7}}},
    ],
)
def test_the_length_of_replies_is_taken_from_the_log(row: object) -> None:
    assert reply_tokens(row) == 7


# ── tokens ──


def test_long_texts_are_estimated_with_a_known_error() -> None:
    counter = counting.Counter([VOCABULARY])
    short = words(500)
    assert counter.tokens(short) == [true_tokens(short)]
    assert counter.estimated == 0
    for seed in range(60):
        text = words(9_000, seed) + " 0x3f9a;" * 500
        (estimate,) = counter.tokens(text)
        assert abs(estimate - true_tokens(text)) < 0.25 * true_tokens(text)
    assert counter.estimated == 60
    assert counter.errors.count == 2, "one in fifty is counted too"
    assert 0 < counter.error(0.95) < 0.25


# ── logs ──


def rows_of(folder: Path, name: str, rows: list[object]) -> str:
    return written(folder, name, "".join(json.dumps(row) + "\n" for row in rows))


def test_a_log_is_counted_exactly(tmp_path: Path) -> None:
    texts = [words(n, n) for n in (1, 10, 100, 1_000)]
    found = tallied(rows_of(tmp_path, "log.jsonl", [{"prompt": text} for text in texts]))
    truth = [true_tokens(text) for text in texts]
    histogram = found.tokens[VOCABULARY]
    assert (histogram.count, histogram.total, histogram.most) == (4, sum(truth), max(truth))
    assert found.characters == sum(map(len, texts))


def test_bad_lines_are_counted_and_told_with_their_numbers(tmp_path: Path) -> None:
    deep = "[" * 100_000
    path = written(
        tmp_path,
        "log.jsonl",
        f'{{"prompt": "a"}}\n\n{{broken\n17\n{{"prompt": "b"}}\n{deep}\n{{"prompt": ' + "9" * 5_000 + "}\n",
    )
    found = tallied(path)
    assert found.prompts == 2
    assert found.bad == 4
    assert [bad.line for bad in found.bad_shown] == [3, 4, 6, 7]
    assert "not JSON" in found.bad_shown[0].reason


def test_of_bad_lines_the_first_are_kept(tmp_path: Path) -> None:
    found = tallied(written(tmp_path, "log.jsonl", "17\n" * 500 + '"a prompt"\n'))
    assert (found.bad, len(found.bad_shown), found.prompts) == (500, 20, 1)


def test_a_file_of_lines_and_a_packed_file_are_read(tmp_path: Path) -> None:
    lines_ = written(tmp_path, "log.txt", "one prompt\nanother\n\n[not a row] but a prompt\n")
    assert tallied(lines_).prompts == 3
    assert tallied(written(tmp_path, "said.txt", '"So," she said, "ask."\nanother\n')).prompts == 2
    assert tallied(written(tmp_path, "texts.txt", '"a text"\n"another"\n17\n')).bad == 1
    packed = tmp_path / "log.jsonl.gz"
    packed.write_bytes(gzip.compress(b'{"prompt": "a"}\n') + gzip.compress(b'{"prompt": "b"}\n'))
    assert tallied(str(packed)).prompts == 2


def test_a_packed_file_that_is_cut_short_gives_what_is_there(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"prompt": str(random.Random(i).random())}) + "\n" for i in range(20_000))
    path = written(tmp_path, "log.jsonl.gz", gzip.compress(rows.encode())[:100_000])
    found = tallied(path)
    assert 0 < found.prompts < 20_000
    assert any("cannot read the rest" in note for note in found.notes)


def test_logs_of_a_folder_are_logs_and_other_files_prompts(tmp_path: Path) -> None:
    rows_of(tmp_path, "a.jsonl", [{"prompt": "a"}, {"prompt": "b"}])
    written(tmp_path, "deep/b.txt", "one prompt\nof two lines")
    written(tmp_path, "c.bin", b"\0" * 100)
    written(tmp_path, ".hidden.jsonl", '{"prompt": "a"}')
    found = tallied(str(tmp_path))
    assert found.prompts == 3
    notes = "\n".join(found.notes)
    assert "skipped 1 (hidden)" in notes
    assert "skipped 1 (binary data)" in notes


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.BufferedReader(io.BytesIO(b'\xef\xbb\xbf{"prompt": "a"}\n{"prompt": "b"}\n'))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=data))
    assert tallied("-").prompts == 2


@pytest.mark.parametrize(
    ("name", "content", "words_"),
    [
        ("a.json", '[\n  {"prompt": "a"}\n]\n', "several lines"),
        ("a.jsonl", '{"prompt": "a"}\n'.encode("utf-16"), "UTF-16"),
        ("a.log", b"\0\1\2" * 10_000, "binary"),
    ],
)
def test_what_is_no_log_is_refused_with_a_way_out(tmp_path: Path, name: str, content: str | bytes, words_: str) -> None:
    with pytest.raises(InputProblem, match=words_) as caught:
        tallied(written(tmp_path, name, content))
    assert caught.value.hint


def test_an_interruption_gives_what_was_read_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", interrupted([b'{"prompt": "a"}\n'] * 4))
    found = tallied("-")
    assert (found.prompts, found.is_whole) == (4, False)


# ── memory ──


def peak(path: str) -> int:
    tallied(path)  # what is loaded once
    tracemalloc.start()
    try:
        tallied(path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_memory_does_not_grow_with_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_of_logs, "BUFFER", 8_192)

    def log(times: int) -> str:
        rows = ({"prompt": words(5 + i * 37 % 300, i), "id": f"{times}-{i}"} for i in range(300 * times))
        return rows_of(tmp_path, f"{times}.jsonl", [*rows, *[3] * (10 * times)])

    assert peak(log(10)) < 1.2 * peak(log(1))


def test_memory_does_not_grow_with_the_longest_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_of_logs, "BUFFER", 8_192)
    monkeypatch.setattr(lines, "LONGEST", 100_000)
    monkeypatch.setattr(lines, "PIECE", 20_000)
    text = words(2_000) + " "
    small, large = (written(tmp_path, f"{n}.jsonl", f'{{"prompt": "{text * n}"}}\n') for n in (200, 2_000))
    assert peak(large) < 1.2 * peak(small)
    found = tallied(large)
    assert found.cut == 1
    assert abs(found.tokens[VOCABULARY].most - 2_000 * true_tokens(text)) < 0.05 * found.tokens[VOCABULARY].most


# ── what it means for a model ──

SMALL = ModelProfile("openai/gpt-5-small", window=8_192, max_output=1_024, input_price=1e-6, output_price=4e-6)


def reported(folder: Path, sizes: list[int], profile: ModelProfile = SMALL, routing: Routing | None = None) -> AuditReport:
    path = rows_of(folder, "log.jsonl", [{"prompt": words(n, n), "usage": {"completion_tokens": 100}} for n in sizes])
    return report(tallied(path), profile, profile, routing or Routing())


def test_the_shares_and_the_threshold_are_those_of_the_router(tmp_path: Path) -> None:
    found = reported(tmp_path, [100] * 7 + [30_000] * 3)
    assert dict(found.ways) == {"direct": 0.7, "plan": 0.3, "synth": 0.0}
    assert (found.unfit, found.over_window) == (3, 0.3)
    for tokens, expected in ((found.threshold, "direct"), (found.threshold + 1, "search")):
        assert route(Measure(4 * tokens, tokens, True, 4.0), 0, SMALL).strategy == expected


def test_the_advised_share_makes_the_router_send_what_is_advised(tmp_path: Path) -> None:
    found = reported(tmp_path, [100], routing=Routing(direct_share=0.5))
    again = reported(tmp_path, [100], routing=Routing(direct_share=found.share))
    assert abs(again.threshold - found.threshold) <= 10
    assert found.threshold < found.limit


def test_the_direct_cost_follows_prices_tokens_and_replies(tmp_path: Path) -> None:
    found = reported(tmp_path, [100, 200])
    tokens = true_tokens(words(100, 100)) + true_tokens(words(200, 200))
    expected = tokens * 1e-6 + 2 * 100 * 4e-6
    assert found.usd["direct"] == pytest.approx(expected, rel=0.01)
    assert found.usd["routed"] == found.usd["direct"]
    assert (found.usd["synth"] or 0) > (found.usd["plan"] or 0) > 0


def test_an_unknown_price_is_no_cost_of_zero(tmp_path: Path) -> None:
    found = reported(tmp_path, [100], ModelProfile("some/model", window=8_192, max_output=1_024))
    assert set(found.usd.values()) == {None}
    assert not found.is_counted
    assert reported(tmp_path, [30_000], ModelProfile("some/model", window=8_192, max_output=1_024)).usd["direct"] is None


def test_the_likely_cost_of_a_plan_grows_beyond_the_kept_text(tmp_path: Path) -> None:
    """Of the log only a sample is kept; lengths beyond it lie on a line, which must not bend down to nothing."""
    found = tallied(rows_of(tmp_path, "log.jsonl", [{"prompt": words(2_000, n)} for n in range(20)]))
    ways = Ways(SMALL, SMALL, Routing(), None, found.characters / found.tokens[VOCABULARY].total, found)
    costs = [ways.usd("plan", tokens) or 0.0 for tokens in (4_096, 16_384, 65_536, 262_144)]
    assert all(3 < after / before < 5 for before, after in pairwise(costs)), costs
    assert len(found.sample) <= SAMPLE + 2
