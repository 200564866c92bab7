"""A prompt that the server cut is noticed by what it counted, and nothing else is taken for one."""

from __future__ import annotations

import random

import anyio
import pytest

from lambda_rlm.budget.budget import Budget
from lambda_rlm.completion import Completion, CompletionRequest, Message, ModelProfile, Usage
from lambda_rlm.eval.replies.cut_prompts import cut_prompt, least_tokens
from lambda_rlm.execution.check import check
from lambda_rlm.execution.execute import Options, execute
from lambda_rlm.execution.run import Run
from lambda_rlm.llm.vocabulary.byte_pair import vocabulary_named

PROSE = {
    "English": "The quick brown fox jumps over the lazy dog, and internationalization responsibilities follow. ",
    "German": "Die Donaudampfschifffahrtsgesellschaft beschließt Arbeitsunfähigkeitsbescheinigungen für alle Mitarbeiter. ",
    "Finnish": "Epäjärjestelmällistyttämättömyydellänsäkään ei ollut mitään merkitystä asian kannalta lainkaan. ",
    "Russian": "Достопримечательности здравоохранения и превысокомногорассмотрительствующий чиновник. ",
    "Arabic": "ذهب الرجل إلى المدينة الكبيرة ليشتري الكتب القديمة من السوق المركزي. ",
    "Hindi": "राष्ट्रपति ने अंतर्राष्ट्रीय सम्मेलन में महत्वपूर्ण भाषण दिया। ",
    "Chinese": "中华人民共和国国务院关于进一步加强互联网信息服务管理的通知已经发布。",
    "Japanese": "よろしくお願いいたします。ありがとうございました。国際連合教育科学文化機関。",
    "Korean": "대한민국 정부는 국민의 건강과 안전을 위하여 최선을 다하고 있습니다. ",
    "Thai": "กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทยและเป็นศูนย์กลางการปกครอง",
    "code": "public static void getElementByIdentifier(InternalRepresentation representation) {\n        return null;\n}\n",
    "table": "| name | value |\n|------|------|\n| a | 1 |\n| b | 2 |\n",
    "numbers": "3.14159 2.71828 1,000,000 0xdeadbeef 2024-05-01T12:00:00Z ",
    "web": "https://www.example.com/path/to/something?query=value&other=thing#fragment ",
}
RUNS = {
    "spaces": " " * 5_000,
    "lines": "\n" * 5_000,
    "tabs": "\t \t \t" * 1_000,
    "dashes": "-" * 5_000,
    "equals": "=====" * 1_000 + "\n",
    "boxes": "─" * 3_000 + "│" * 3_000,
    "dots": ". . . . . " * 800,
    "leaders": "Chapter ......................................................... 5\n" * 60,
    "stars": "*-*-*-*-" * 700,
    "ones": "1" * 5_000,
    "as": "a" * 5_000,
    "haha": "haha" * 1_500,
    "no words": "\u200b\u200b\u00a0" * 1_000,
    "superwords": "in the end of the day by the way as well as " * 100,
    "hangul parts": "\u1112\u1161\u11ab\u1100\u1173\u11af" * 400,
}
VOCABULARIES = ("o200k_base", "cl100k_base")


@pytest.mark.parametrize("name", [*PROSE, *RUNS])
@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_no_vocabulary_gives_fewer_tokens(vocabulary: str, name: str) -> None:
    text = PROSE[name] * 60 if name in PROSE else RUNS[name]
    assert least_tokens([text]) <= vocabulary_named(vocabulary).exact(text)


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_a_text_of_the_longest_tokens_gives_no_alarm(vocabulary: str) -> None:
    """Words that are one token each, the longest first; and those of scripts without spaces."""
    draw, known = random.Random(7), vocabulary_named(vocabulary)
    words = {word for text in PROSE.values() for word in text.split() if known.exact(f" {word}") == 1}
    longest = sorted(words, key=len)[-6:]
    text = " ".join(draw.choice(longest) for _ in range(3_000))
    assert least_tokens([text]) <= known.exact(text)


def test_the_quick_look_is_never_below_the_slow_one() -> None:
    for text in (*PROSE.values(), *RUNS.values()):
        slow = least_tokens([text * 3])
        for enough in range(0, 2 * slow + 2, max(1, slow // 5)):
            assert (least_tokens([text * 3], enough) > enough) == (slow > enough)


def prompt(text: str) -> tuple[Message, ...]:
    return (Message("system", "Reply in one word."), Message("user", text))


@pytest.mark.parametrize("language", ["English", "German", "Russian", "Arabic", "Hindi", "Korean", "code", "Chinese", "Thai"])
def test_a_prompt_of_which_little_was_counted_was_cut(language: str) -> None:
    text = PROSE[language] * (90_000 // len(PROSE[language]))
    cut = cut_prompt(prompt(text), Usage(2_050, 5))
    assert cut is not None
    assert (cut.counted, cut.least > 2_050) == (2_050, True)
    assert "num_ctx" in cut.note("openai/qwen3:8b") and "openai/qwen3:8b" in cut.note("openai/qwen3:8b")
    whole = vocabulary_named("o200k_base").exact(text)
    assert cut_prompt(prompt(text), Usage(whole, 5)) is None


def test_where_the_vocabulary_is_known_the_count_is_exact() -> None:
    known = vocabulary_named("o200k_base")
    text = PROSE["English"] * 200
    whole = known.exact(text) + known.exact("Reply in one word.")
    assert cut_prompt(prompt(text), Usage(whole, 5), known) is None
    assert cut_prompt(prompt(text), Usage(whole // 2, 5), known) is not None


@pytest.mark.parametrize(
    "usage",
    [
        Usage(3, 1),
        Usage(0, 0),
        Usage(2_050, 5, attempts=2),
        Usage(2_050, 5, attempts=0),
        Usage(2_050, 5, is_estimated=True),
    ],
    ids=str,
)
def test_a_count_that_tells_nothing_is_no_alarm(usage: Usage) -> None:
    """Of several attempts together, of none, or of what was not in a cache."""
    assert cut_prompt(prompt(PROSE["English"] * 1_000), usage) is None


class Cutting:
    """A model whose server reads N tokens of a prompt at most."""

    def __init__(self, window: int) -> None:
        self.window = window
        self.profile = ModelProfile("openai/qwen3:8b", 131_072, 1_024)

    async def complete(self, request: CompletionRequest) -> Completion:
        tokens = sum(len(message.content.split()) * 4 // 3 for message in request.messages)
        return Completion("Paris", Usage(min(tokens, self.window), 3, cost=0.0))

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return sum(len(message.content) for message in messages)

    async def aclose(self) -> None:
        pass


def ran(window: int, *, is_strict: bool = False) -> Run:
    program = 'lines(context) |> map(fn(part) => llm_call(f"What is it about? {part}", out=20)) |> join(" ")'
    inputs = {"context": "\n".join(PROSE["English"] * n for n in (300, 10, 400)), "query": ""}

    async def job() -> Run:
        model = Cutting(window)
        admitted = check(program, {"context": "Text"}).admit(Budget(), model.profile)
        return await execute(admitted, inputs, model, options=Options(key=b"tests", is_strict=is_strict))

    return anyio.run(job)


def test_a_cut_prompt_degrades_the_run_and_is_noted_once() -> None:
    cut, whole = ran(1_026), ran(100_000)
    assert (whole.degraded, whole.notes, whole.dropped.prompts_cut) == (False, (), 0)
    assert (cut.value, cut.degraded, cut.dropped.prompts_cut) == ("Paris Paris Paris", True, 2)
    assert cut.to_dict()["dropped"]["prompts_cut"] == 2
    (note,) = cut.notes
    assert note.startswith("openai/qwen3:8b counted 1,026 tokens of a prompt that has at least 3,")


def test_in_a_strict_run_a_cut_prompt_is_a_fault() -> None:
    run = ran(1_026, is_strict=True)
    assert run.fault is not None
    assert (run.fault.code, "cut by the server" in run.fault.message) == ("E0516", True)
