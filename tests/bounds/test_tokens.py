"""Tokens in the analysis: how texts are counted by a vocabulary, what replies are held to, and when a vocabulary is asked at all."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import anyio
import pytest

from lambda_rlm.bounds.domain.abstract import AbstractText, seen
from lambda_rlm.bounds.domain.makeup import instruction_size, literal_text, part_of, put_together
from lambda_rlm.bounds.domain.size import UNLIMITED, peak, size_of
from lambda_rlm.bounds.domain.totals import total
from lambda_rlm.bounds.transfer.texts import parts
from lambda_rlm.budget.budget import Budget
from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, TokenSize, Usage
from lambda_rlm.diagnostics.diagnostic import Rejected
from lambda_rlm.eval.asking.prompt import prompt_of
from lambda_rlm.eval.plain import to_value
from lambda_rlm.eval.staging.measure import measured
from lambda_rlm.eval.value import Reply, Rope, Text
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.prospect import foresee
from lambda_rlm.execution.run import Run
from lambda_rlm.execution.scripts import reply_ends
from lambda_rlm.limits import BLOCK_OVERHEAD, reply_tokens
from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named
from lambda_rlm.types.type import TEXT, list_of
from tests.support.word_vocabulary import WORDS, Words

PROFILE = ModelProfile("m", window=60_000, max_output=2_000, input_price=1e-6, output_price=4e-6, vocabulary=WORDS)
ENOUGH = Budget(calls=500, tokens=10**9)
BOOK = "".join(f"Line {n} tells of a whale, a ship and {n * 7919 % 1000} men who sail on her.\n" for n in range(600))


@dataclass
class Model:
    """Counts by its vocabulary, and says what `say` makes of a request."""

    profile: ModelProfile
    say: Callable[[CompletionRequest], str] = lambda request: "fine"
    prompts: list[int] = field(default_factory=list)

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        assert self.profile.vocabulary is not None
        if isinstance(self.profile.vocabulary, Unloaded):
            return sum(len(m.content) for m in messages)
        return sum(self.profile.vocabulary.exact(m.content) for m in messages) + 4 * len(messages) + 3

    async def complete(self, request: CompletionRequest) -> Completion:
        self.prompts.append(self.count_tokens(request.messages))
        return Completion(self.say(request), Usage(self.prompts[-1], request.max_tokens))

    async def aclose(self) -> None:
        """Nothing to close."""


class Unloaded(Words):
    """A vocabulary that nobody may ask for a number."""

    def exact(self, text: str) -> int:
        raise AssertionError("the vocabulary was loaded")

    def size(self, text: str) -> TokenSize:
        raise AssertionError("the vocabulary was loaded")


def ran(program: str, model: Model, budget: Budget = ENOUGH, key: bytes = b"tests", **inputs: Any) -> Run:
    checked = check(program, inputs)
    assert checked.typed is not None, checked.diagnostics
    admitted = checked.admit(budget, model.profile)
    given = {"query": "why?", **inputs}
    return anyio.run(lambda: execute(admitted, given, model, options=Options(key=key)))


def bound_of(program: str, model: Model, budget: Budget = ENOUGH, **inputs: Any) -> Any:
    return foreseen(program, model, budget, **inputs).bound


def foreseen(program: str, model: Model, budget: Budget = ENOUGH, **inputs: Any) -> Any:
    checked = check(program, inputs)
    assert checked.typed is not None, checked.diagnostics
    return foresee(checked.typed, {"query": "why?", **inputs}, model, budget)


# ── the measure ──


def test_what_is_put_together_adds_up_and_a_part_is_cut_twice() -> None:
    a, b = literal_text("one two three four", WORDS), literal_text(" five", WORDS)
    both = put_together((a, b))
    assert both.counted == size_of(WORDS.size("one two three four").tokens + 5)
    assert both.piece == len(" three")
    whole = AbstractText(size_of(23), size_of(23), 1, 0, size_of(0), both)
    assert part_of(whole, UNLIMITED).counted == size_of(whole.tokens.value + 2 * len(" three"))


def test_what_begins_a_line_without_letters_is_a_text_of_its_own() -> None:
    """Where data follows it, a prompt makes it data, with marks before it."""
    text = "Items are:\n1. and so on"
    split = WORDS.size("Items are:\n").tokens + WORDS.size("1. and so on").tokens
    assert instruction_size(WORDS, text).tokens == split
    assert instruction_size(WORDS, "Say it:\n\nNow then").tokens == WORDS.size("Say it:\n\nNow then").tokens


def test_a_text_is_measured_where_marks_may_cut_it() -> None:
    rope = Rope([Text("Say what"), Text("ever fits", Reply(0, None)), Text(" here")], 22)
    abstract = measured(rope, TEXT, "", WORDS)
    assert isinstance(abstract, AbstractText)
    assert abstract.tokens.value == sum(WORDS.size(part).tokens for part in ("Say what", "ever fits", " here"))
    assert (abstract.made.blocks, abstract.made.is_worded) == (1, True)


def test_a_rope_of_too_many_pieces_is_counted_by_bytes() -> None:
    rope = Rope([Text("a ", Reply(0, None)) for _ in range(5_000)], 10_000)
    abstract = measured(rope, TEXT, "", WORDS)
    assert isinstance(abstract, AbstractText) and abstract.tokens.value == 10_000


def test_lists_have_the_largest_and_the_sum_of_their_tokens() -> None:
    values = to_value(["one two three", "a b c d e f", "x"], list_of(TEXT), "xs", Meter(Budget()), [])
    abstract: Any = seen(measured(values, list_of(TEXT), "", WORDS))
    sizes = [WORDS.size(text).tokens for text in ("one two three", "a b c d e f", "x")]
    assert abstract.element.tokens.value == max(sizes)


def drawn_texts() -> list[str]:
    picked = random.Random(3)
    words = ["whale", "a", "ship", "men", "Nantucket", "𝄞", "€uro", "x" * 14, "on"]
    return [" ".join(picked.choice(words) for _ in range(picked.randint(1, 40))) for _ in range(60)]


@pytest.mark.parametrize("length", [1, 2, 3, 5, 8, 13])
def test_stretches_have_the_tokens_of_the_text_and_two_cuts_each(length: int) -> None:
    for text in drawn_texts():
        whole = literal_text(text, WORDS)
        stretches = [text[at : at + length] for at in range(0, len(text), length)]
        sizes = [WORDS.size(stretch).tokens for stretch in stretches]
        one = part_of(whole, size_of(length)).counted
        assert one is not None and max(sizes) <= one.value
        for ends, kept in ((1, sizes), (2, sizes[::2])):
            list_ = parts(whole, size_of(len(kept)), size_of(length), ends=ends)
            element = list_.element
            assert isinstance(element, AbstractText)
            assert max(kept) <= peak(element.tokens, list_.owner).value
            assert sum(kept) <= total(element.tokens, list_.length, list_.owner).value


@pytest.mark.parametrize("length", [1, 4, 9, 20])
def test_the_densest_stretch_of_an_input_limits_all(length: int) -> None:
    for text in drawn_texts()[:20]:
        value = to_value(text, TEXT, "t", Meter(Budget()), [])
        abstract: Any = measured(value, TEXT, "", WORDS)
        most = part_of(abstract, size_of(length)).counted
        sizes = [WORDS.size(text[i:j]).tokens for i in range(len(text)) for j in range(i, min(len(text), i + length) + 1)]
        assert most is not None and max(sizes) <= most.value


def test_what_changes_characters_is_counted_by_bytes() -> None:
    """One token read backwards may be many."""
    program = 'let n = llm_call[Int]("n", out=1); llm_call({}(take(context, n)), out=1)'
    text = "ship " * 40
    straight = bound_of(program.replace("{}", "trim"), Model(PROFILE), context=text).input_tokens
    for function in ("reverse", "upper", "escape_regex"):
        assert bound_of(program.replace("{}", function), Model(PROFILE), context=text).input_tokens > straight


def test_a_bound_is_the_same_with_any_key() -> None:
    program = 'llm_call(f"Say it: {context}")'
    budget = replace(ENOUGH, tokens=bound_of(program, Model(PROFILE), context=BOOK[:4_000]).tokens)
    for key in (b"a", b"b", b"c"):
        run = ran(program, Model(PROFILE), budget, key, context=BOOK[:4_000])
        assert run.bound is not None and run.bound.tokens == budget.tokens


def test_a_slice_that_a_reply_chooses_is_as_dense_as_the_densest() -> None:
    text = "calm and plain words " * 100 + "x" * 11 + " " + "y" * 11
    bound = bound_of(
        'let at = llm_call[Int]("n", out=4); llm_call(slice(context, at, at + 20), out=4)', Model(PROFILE), context=text
    )
    whole = bound_of('let n = llm_call[Int]("n", out=4); llm_call(drop(context, n), out=4)', Model(PROFILE), context=text)
    assert bound.input_tokens < whole.input_tokens / 2


@pytest.mark.parametrize("program", [
    'chunk(context, 900) |> map(fn(c) => llm_call(f"{query}\n\n{c}", out=60)) |> join("\n\n") |> llm_call',
    'let n = llm_call[Int]("n", out=4); chunk(drop(context, n), 800) |> map(fn(c) => llm_call[Bool](f"Is it here?\n\n{c}"))',
    'llm_map[Bool](take(lines(context), 90), "Is it so?") |> values |> length',
    'let n = llm_call[Int]("n", out=4); llm_map[Bool](take(lines(context), min(n, 90)), "Is it so?") |> values |> length',
    'llm_choose("Which?", take(lines(context), 9)) ?? ""',
    'llm_call(reverse(take(context, 900)) ++ upper(take(context, llm_call[Int]("n", out=4))))',
    'take(lines(llm_call(take(context, 400), out=90)), 12) |> map(fn(l) => llm_call(trim(l), out=9)) |> join(" ")',
])  # fmt: skip
@pytest.mark.parametrize("vocabulary", [WORDS, vocabulary_named("o200k_base"), vocabulary_named("cl100k_base")], ids=str)
def test_no_prompt_has_more_tokens_than_the_bound(program: str, vocabulary: Any) -> None:
    """Within a budget of exactly the bound, no request is refused, and what was sent is within it."""

    def say(request: CompletionRequest) -> str:
        keys = list((request.schema or {}).get("properties", {}))
        if request.choices:
            return request.choices[0]
        if keys and all(key.isdigit() for key in keys):
            return json.dumps(dict.fromkeys(keys, "yes"))
        return '{"reply": 7}' if request.schema else "Ahab sails on, and on.\nSo he does.\n " * 4

    model = Model(replace(PROFILE, vocabulary=vocabulary), say)
    bound = bound_of(program, model, context=BOOK)
    run = ran(program, model, replace(ENOUGH, tokens=bound.tokens), context=BOOK)
    assert run.fault is None
    assert bound.counted_by == vocabulary.name
    assert sum(model.prompts) <= bound.input_tokens


def test_known_prompts_of_a_map_are_counted_as_they_are() -> None:
    program = 'chunk(context, 900) |> map(fn(c) => llm_call(f"{query}\n\n{c}", out=9)) |> join("")'
    model = Model(PROFILE)
    bound = bound_of(program, model, context=BOOK)
    ran(program, model, context=BOOK)
    largest = bound.pool * (max(model.prompts) + 600) + 12 * bound.calls
    assert sum(model.prompts) <= bound.input_tokens <= sum(model.prompts) + largest


def test_known_items_are_counted_as_they_are_packed() -> None:
    program = 'llm_map[Bool](take(lines(context), 90), "Is it so?", per_call=9) |> values |> length'
    model = Model(PROFILE, lambda request: json.dumps(dict.fromkeys((request.schema or {})["properties"], "yes")))
    bound = bound_of(program, model, context=BOOK)
    run = ran(program, model, context=BOOK)
    assert run.usage.calls == len(model.prompts) == 10
    assert bound.calls == 10 + bound.pool


# ── frames ──


@pytest.mark.parametrize("holes", [1, 2, 8, 15, 16, 20])
@pytest.mark.parametrize("vocabulary", [WORDS, vocabulary_named("o200k_base")], ids=str)
def test_marks_are_within_the_bound_however_many(holes: int, vocabulary: Any) -> None:
    parts = " is ".join(["{take(context, n)}"] * holes)
    model = Model(replace(PROFILE, vocabulary=vocabulary), lambda request: '{"reply": 1}' if request.schema else "fine")
    program = f'let n = llm_call[Int]("n", out=4); llm_call(f"{parts}", out=4)'
    prospect = foreseen(program, model, context="€")
    ran(program, model, context="€")
    assert sum(model.prompts) <= prospect.bounded.cost.input_tokens.value


def test_a_prompt_pays_for_the_marks_that_it_can_have() -> None:
    words = 'let n = llm_call[Int]("n", out=4); '
    plain = bound_of(words + 'llm_call(f"Say {n} words", out=4)', Model(PROFILE), context=BOOK)
    one = bound_of(words + 'llm_call(f"Say {n} words: {take(context, n)}", out=4)', Model(PROFILE), context="")
    two = bound_of(
        words + 'llm_call(f"Say {n} words: {take(context, n)} and {take(context, n)}", out=4)', Model(PROFILE), context=""
    )
    assert plain.input_tokens < one.input_tokens < two.input_tokens
    assert two.input_tokens - one.input_tokens <= 2 * (BLOCK_OVERHEAD + len(" and "))


@pytest.mark.parametrize(("texts", "blocks"), [
    ((("Say", 0), ("a", 1), ("\n", 0), ("b", 1)), 1),
    ((("Say", 0), ("a", 1), (" and ", 0), ("b", 1)), 2),
    ((("a", 1), ("b", 1), (" - 1. ", 0), ("c", 1), ("x", 0)), 1),
])  # fmt: skip
def test_stretches_of_data_are_counted_as_a_prompt_shows_them(texts: tuple[tuple[str, int], ...], blocks: int) -> None:
    pieces = [Text(s, Reply(0, None) if is_data else None) for s, is_data in texts]
    rope = Rope(pieces, sum(piece.n for piece in pieces))
    shown = sum(part.is_data for part in prompt_of(rope, Meter(Budget())).parts)
    abstract: Any = measured(rope, TEXT)
    parts = [measured(piece, TEXT) for piece in pieces]
    assert abstract.made.blocks == blocks == shown
    assert put_together([part for part in parts if isinstance(part, AbstractText)]).blocks == blocks


# ── replies ──


def test_a_reply_is_cut_where_it_has_more_than_its_tokens() -> None:
    model = Model(PROFILE, lambda request: "x" * 150)
    run = ran('llm_call("say", out=20)', model, context="")
    assert run.value == "x" * reply_tokens(20)
    assert run.dropped.replies_cut == 1


def test_a_typed_reply_of_too_many_tokens_is_a_bad_one() -> None:
    many = json.dumps(["漢" * 25] * 5, ensure_ascii=False)
    for reply, limit in (('["' + "x" * 90 + '"]', "84"), (many, "224")):
        answer = f'{{"reply": {reply}}}'
        model = Model(PROFILE, lambda request, answer=answer: answer)  # type: ignore[misc]
        run = ran('llm_call[List[Text]]("say", out=20)', model, context="")
        assert run.fault is not None and run.fault.code == "E0513" and f"more than {limit} tokens" in str(run.fault)
        assert len(model.prompts) == 2


def test_labels_and_numbers_take_no_tokens_of_texts() -> None:
    rows = [{"kind": "a rather long label, that is", "n": 7, "ok": True, "note": "x"}] * 3
    model = Model(PROFILE, lambda request: json.dumps({"reply": rows}))
    program = 'llm_call[List[{kind: "a rather long label, that is" | "b", n: Int, ok: Bool, note: Text}]]("say", out=40)'
    assert ran(program, model, context="").fault is None


def test_texts_of_a_reply_within_their_bytes_ask_no_vocabulary() -> None:
    profile = replace(PROFILE, vocabulary=Unloaded())
    run = ran('llm_call("say", out=20)', Model(profile, lambda request: "a short reply"), context="")
    assert run.value == "a short reply"


THAI = "กรุงเทพมหานครเป็นเมืองหลวงและนครที่มีประชากรมากที่สุดของประเทศไทยเป็นศูนย์กลางการปกครองการศึกษาการคมนาคมขนส่งการเงินการธนาคาร " * 9
CHINESE = (
    "根据提供的文本，船长名叫亚哈，他驾驶着捕鲸船裴廓德号在海上追逐一头名叫莫比·迪克的白色抹香鲸。最终，这头白鲸撞沉了船只。"
    * 12
)
CODE = "def total(values: list[int]) -> int:\n    return sum(v for v in values if v > 0)  # only these\n\n" * 20
BASE64 = base64.b64encode(random.Random(1).randbytes(3_000)).decode()


@pytest.mark.parametrize("name", ["o200k_base", "cl100k_base"])
@pytest.mark.parametrize("text", [BOOK, THAI, CHINESE, CODE, BASE64], ids=["english", "thai", "chinese", "code", "base64"])
@pytest.mark.parametrize("out", [5, 20, 100, 400])
def test_a_reply_that_keeps_to_its_tokens_is_never_cut(name: str, text: str, out: int) -> None:
    vocabulary = vocabulary_named(name)
    for start in range(0, 200, 37):
        end = start
        while vocabulary.exact(text[start : end + 8].strip()) <= out and end < len(text):
            end += 8
        reply = text[start:end].strip()
        assert vocabulary.size(reply).tokens <= reply_tokens(out, reply_ends([text]))


def test_a_run_in_another_script_reckons_with_longer_ends() -> None:
    assert reply_ends(["plain words", "naïve words, here and there 漢"]) == reply_ends([])
    assert reply_ends(["plain", CHINESE]) > reply_ends([])
    assert reply_ends([CHINESE, THAI]) > reply_ends([CHINESE])


# ── when a vocabulary is asked ──


@pytest.mark.parametrize("program", [
    'chunk(context, 900) |> map(fn(c) => llm_call(c, out=9)) |> join("")',
    'llm_map[Bool](chunk(context, 90), "Is it so?") |> values |> length',
])  # fmt: skip
def test_a_run_whose_bytes_fit_loads_no_vocabulary(program: str) -> None:
    def say(request: CompletionRequest) -> str:
        return json.dumps(dict.fromkeys(request.schema["properties"], "yes")) if request.schema else "fine"

    profile = replace(PROFILE, vocabulary=Unloaded())
    run = ran(program, Model(profile, say), context="plain " * 900)
    assert run.fault is None and run.bound is not None
    assert run.bound.counted_by == "bytes"


def test_where_bytes_do_not_fit_the_vocabulary_decides() -> None:
    program = 'chunk(context, 900) |> map(fn(c) => llm_call(c, out=9)) |> join("")'
    counted = bound_of(program, Model(PROFILE), context=BOOK)
    budget = replace(ENOUGH, tokens=counted.tokens)
    run = ran(program, Model(PROFILE), budget, context=BOOK)
    assert run.fault is None and run.bound == counted
    with pytest.raises(Rejected):
        ran(program, Model(PROFILE), replace(budget, tokens=counted.tokens - 1), context=BOOK)


def test_a_prompt_may_fit_the_window_by_its_vocabulary_alone() -> None:
    profile = replace(PROFILE, window=4_000, max_output=200, vocabulary=vocabulary_named("o200k_base"))
    program = 'let n = llm_call[Int]("n", out=4); llm_call(f"Sum up: {slice(context, n, n + 9000)}", out=100)'
    model = Model(profile, lambda request: '{"reply": 9}' if request.schema else "fine")
    assert ran(program, model, context=BOOK).fault is None
    with pytest.raises(Rejected):
        ran(program, model, context="7 " * 9_000)


def test_items_are_packed_alike_whatever_a_run_was_bounded_by() -> None:
    def say(request: CompletionRequest) -> str:
        return json.dumps(dict.fromkeys((request.schema or {})["properties"], "yes"))

    program = 'llm_map[Bool](chunk(context, 700), "Is it so?") |> values |> length'
    profile = replace(PROFILE, window=8_000, max_output=2_000)
    tokens = bound_of(program, Model(profile), context=BOOK).tokens
    free, tight = Model(profile, say), Model(profile, say)
    first, second = ran(program, free, context=BOOK), ran(program, tight, replace(ENOUGH, tokens=tokens), context=BOOK)
    assert first.bound is not None and second.bound is not None
    assert (first.bound.counted_by, second.bound.counted_by) == ("bytes", "words")
    assert len(free.prompts) == len(tight.prompts) > 1
    assert first.usage.steps == second.usage.steps


def test_steps_are_the_same_whether_a_run_was_counted_or_not() -> None:
    program = 'chunk(context, 900) |> filter(fn(c) => contains(c, "whale")) |> map(fn(c) => llm_call(c, out=9)) |> join("")'
    free = ran(program, Model(PROFILE), context=BOOK)
    tight = ran(
        program, Model(PROFILE), replace(ENOUGH, tokens=bound_of(program, Model(PROFILE), context=BOOK).tokens), context=BOOK
    )
    assert free.bound is not None and tight.bound is not None
    assert (free.bound.counted_by, tight.bound.counted_by) == ("bytes", "words")
    assert (free.usage.steps, free.usage.calls) == (tight.usage.steps, tight.usage.calls)
