"""A model's thoughts are never its answer, in whatever marks it writes them; a quote of such a mark is no thought."""

from __future__ import annotations

import pytest

from lambda_rlm.eval.asking.bad_reply import BadReply
from lambda_rlm.eval.replies.thoughts import answer_in

TAGS = ["think", "thinking", "thought", "thoughts", "reasoning", "seed:think", "THINK", "Thinking"]
PAIRS = [
    *((f"<{tag}>", f"</{tag}>") for tag in TAGS),
    ("[THINK]", "[/THINK]"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<unused94>thought", "<unused95>"),
    ("<|channel>thought", "<channel|>"),
    ("◁think▷", "◁/think▷"),
]
THOUGHTS = [
    "Maybe Rome? No.",
    "Vielleicht Köln?\n\nNein, größer.",
    "是北京吗？不是。",
    "ربما القاهرة؟",
    "Может быть, Киев?\n",
    "तो क्या?",
]
ANSWERS = ["Paris", "Die Antwort ist „Köln“.", "答案是上海。", "الجواب: دمشق", "Ответ: Минск.", '{"reply": 3}']


def answer(reply: str, prompt: str = "What is the capital?", *, is_complete: bool = True) -> str:
    return answer_in(reply, prompt, is_complete=is_complete).text.strip()


def complaint(reply: str, prompt: str = "What is the capital?", *, is_complete: bool = True) -> str:
    with pytest.raises(BadReply) as raised:
        answer_in(reply, prompt, is_complete=is_complete)
    return raised.value.message


@pytest.mark.parametrize(("opening", "closing"), PAIRS)
def test_thoughts_that_end_are_no_part_of_the_answer(opening: str, closing: str) -> None:
    for thought, said in zip(THOUGHTS, ANSWERS, strict=True):
        assert answer(f"{opening}\n{thought}\n{closing}\n\n{said}") == said
        assert answer(f"\n {opening}{thought}{closing}{said}", is_complete=False) == said


@pytest.mark.parametrize(("opening", "closing"), PAIRS)
def test_thoughts_that_began_in_the_template_are_no_answer(opening: str, closing: str) -> None:
    """Templates of DeepSeek R1 and Qwen3 Thinking write the beginning themselves."""
    for thought, said in zip(THOUGHTS, ANSWERS, strict=True):
        assert answer(f"{thought}\n{closing}\n\n{said}") == said


@pytest.mark.parametrize(("opening", "closing"), PAIRS)
@pytest.mark.parametrize("thought", THOUGHTS)
def test_thoughts_without_an_end_are_no_answer(opening: str, closing: str, thought: str) -> None:
    assert "--thinking" in complaint(f"{opening}\n{thought}", is_complete=False)
    assert "no answer" in complaint(f"{opening}\n{thought}")
    assert "no answer" in complaint(f"{opening}{thought}{closing}\n ")
    assert "--thinking" in complaint(f"{opening}{thought}{closing}", is_complete=False)


def test_all_thoughts_of_a_reply_are_removed() -> None:
    assert answer("<think>a</think>\n<think>b</think>\nParis") == "Paris"
    assert answer("<think>the mark </think> ends it</think>Paris") == "Paris"
    assert answer("Let me see.\n<think>hm</think>\nParis") == "Let me see.\n\nParis"
    assert answer("<think>a</think>Paris\n<think>Was it?</think>") == "Paris"
    assert "--thinking" in complaint("<think>a</think>Paris\n<think>Was it", is_complete=False)


HARMONY = "<|channel|>analysis<|message|>Need the city<|end|><|start|>assistant<|channel|>final<|message|>"


@pytest.mark.parametrize(
    "reply",
    [
        f"{HARMONY}Paris",
        f"{HARMONY}Paris<|return|>",
        f"<|start|>assistant{HARMONY}Paris<|end|>\n",
        f"\n{HARMONY} Paris",
        "<|channel|>final <|constrain|>JSON<|message|>Paris<|return|>",
        "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary<|message|>b<|end|><|start|>assistant"
        "<|channel|>final<|message|>Paris",
        "analysisWe need the city. It is in France.assistantfinalParis",
        "analysis我们需要城市。assistantfinalParis",
    ],
)
def test_the_final_channel_is_the_answer(reply: str) -> None:
    assert answer(reply) == "Paris"


@pytest.mark.parametrize(
    "reply", ["<|channel|>analysis<|message|>Need the", "<|start|>assistant<|channel|>analysis", "<|channel|>"]
)
def test_channels_without_a_final_one_are_no_answer(reply: str) -> None:
    assert "--thinking" in complaint(reply, is_complete=False)
    assert "no answer" in complaint(reply)


@pytest.mark.parametrize(
    "reply",
    [
        "The tag `<think>` begins a thought and `</think>` ends it.",
        'Models write "<thinking>" first.',
        "Modelle schreiben „<think>“ zuerst, und „</think>“ danach.",
        "a < b and [1] and x[think]",
        "analysis of the text: it is long",
        "Analysis: all is well",
        "the analysisWe made, assistantfinal",
    ],
)
def test_a_reply_about_marks_is_an_answer(reply: str) -> None:
    assert answer(reply) == reply
    assert answer(reply, is_complete=False) == reply


@pytest.mark.parametrize(
    ("prompt", "reply"),
    [
        ("Copy the first line of: <think>Rome is old</think> and so on", "<think>Rome is old</think>"),
        ("Copy: <think>Rome is old", "<think> Rome is old"),
        ("Ein Protokoll:\n[THINK]Nutzer fragt[/THINK]Ja", "Im Text steht [THINK]Nutzer fragt[/THINK]Ja"),
        ("日志：<think>用户在问天气</think>晴天", "<think>用户在问天气</think>晴天"),
        ("log: <|channel|>final<|message|>Hello", "<|channel|>final<|message|>Hello"),
        ("Repeat analysisXassistantfinalY", "analysisXassistantfinalY"),
    ],
)
def test_a_quote_of_the_prompt_is_no_thought(prompt: str, reply: str) -> None:
    assert answer(reply, prompt) == reply


@pytest.mark.parametrize("reply", ["Maybe Rome? No.</think>Paris", "hm </THINK> Paris"])
def test_a_mark_that_could_be_a_quote_is_asked_about(reply: str) -> None:
    assert "may be a quote" in complaint(reply, "What does </think>the end</think> mean?")


def test_thoughts_before_a_quote_are_removed() -> None:
    prompt = "What does the log say? <think>user asks</think>Sunny"
    assert answer("<think>It is a log.</think>It says <think>user asks</think>Sunny", prompt) == (
        "It says <think>user asks</think>Sunny"
    )
    assert "--thinking" in complaint("<think>It is a log. The", prompt, is_complete=False)


@pytest.mark.parametrize(
    "frame", ["<answer>%s</answer>", "<response>\n%s\n</response>", "<|begin_of_box|>%s<|end_of_box|>", "<answer>%s"]
)
def test_the_frame_of_an_answer_after_thoughts_is_removed(frame: str) -> None:
    assert answer(f"<think>hm</think>\n{frame % 'Paris'}") == "Paris"
    assert answer(f"<think>hm</think>{frame % 'Paris'}", "Write <answer>, <response> or <|begin_of_box|>") == frame % "Paris"
    assert answer(frame % "Paris") == frame % "Paris"


def test_a_reply_of_nothing_but_marks_is_read_in_time() -> None:
    for sign in ("<think>", "</think>", "<|channel|>", "<|channel|>final", "[THINK]", "`<think>`", "<think>`", "analysis"):
        try:
            answer(sign * 20_000, "about <think>")
        except BadReply:
            continue
