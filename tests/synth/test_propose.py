"""A root model's replies become programs, or are sent back."""

from __future__ import annotations

import json

import anyio
import pytest

from lambda_rlm.answering.vet import Vetted
from lambda_rlm.completion import Completion, StopReason, Usage
from lambda_rlm.execution.check import Checked, check
from lambda_rlm.synth.proposing.extract import LONGEST, programs
from lambda_rlm.synth.proposing.propose import Attempt, Proposal, propose
from lambda_rlm.synth.turn import Turn, said

PROGRAM = "let n = length(context);\nto_text(n)"


class Root:
    """Gives its replies in order and keeps what it was asked."""

    def __init__(self, *replies: str, stop: StopReason = StopReason.STOP) -> None:
        self.replies = list(replies)
        self.stop = stop
        self.asked: list[tuple[Turn, ...]] = []

    async def ask(self, turns: tuple[Turn, ...]) -> Completion:
        self.asked.append(turns)
        return Completion(self.replies.pop(0), Usage(1, 1), self.stop)


async def nothing_against(checked: Checked) -> Vetted:
    return Vetted(())


def proposed(root: Root, attempts: list[Attempt] | None = None, **options: object) -> Proposal[Checked, Vetted]:
    async def job() -> Proposal[Checked, Vetted]:
        opening, told = (said("user", "the task"),), [] if attempts is None else attempts
        return await propose(opening, root.ask, check, nothing_against, on_attempt=told.append, **options)  # type: ignore[arg-type]

    return anyio.run(job)


@pytest.mark.parametrize(
    "reply",
    [
        PROGRAM,
        f"```\n{PROGRAM}\n```",
        f"Here is it:\n\n```lambda\n{PROGRAM}\n```\nIt counts.",
        f"<think>let me see; fn(x) => x</think>\n{PROGRAM}",
        f"it began before we looked</think>{PROGRAM}",
        f"[THINK]let me see; fn(x) => x[/THINK]\n{PROGRAM}",
        f"<seed:think>mal sehen; fn(x) => x</seed:think>{PROGRAM}",
        f"◁think▷let me see; fn(x) => x◁/think▷{PROGRAM}",
        f"<|START_THINKING|>let me see; fn(x) => x<|END_THINKING|>{PROGRAM}",
        f"<thought>先想一想; fn(x) => x</thought>\n\n{PROGRAM}",
        f"<|channel|>analysis<|message|>fn(x) => x<|end|><|start|>assistant<|channel|>final<|message|>{PROGRAM}<|return|>",
        f"<|channel|>final <|constrain|>lambda<|message|>{PROGRAM}",
        f"Sure, this counts them.\n\n{PROGRAM}",
        f"{PROGRAM}\n\nThis program counts the characters.",
        f"```\nnot this one\n```\nbetter:\n```\n{PROGRAM}\n```",
        f"```\n{PROGRAM}",
        "let n = length(context)\nto_text(n)",
        json.dumps({"program": PROGRAM}),
        json.dumps(PROGRAM),
        f"```json\n{json.dumps({'program': PROGRAM})}\n```",
        f"`{PROGRAM}`",
        "```" + PROGRAM.replace("\n", " ") + "```",
        f"<program>\n{PROGRAM}\n</program>",
    ],
)
def test_what_stands_around_a_program_does_not_matter(reply: str) -> None:
    attempts: list[Attempt] = []
    found = proposed(Root(reply), attempts)
    assert found.source is not None
    assert check(found.source).ok
    assert len(attempts) == 1


@pytest.mark.parametrize("program", ['"Ann"', '{ name: "Ann (and Bob)" }', '"for example (here)"', '{ program: "1" }'])
def test_a_text_that_is_no_program_stays_a_text(program: str) -> None:
    found = proposed(Root(program))
    assert found.source is not None and found.source.text == program


def test_slips_are_put_right_without_asking_again_and_are_named() -> None:
    root = Root("let big = True && length(context) > 3;\nif big then 1 else 2")
    attempts: list[Attempt] = []
    found = proposed(root, attempts)
    assert found.source is not None and "true and" in found.source.text
    assert len(root.asked) == 1
    assert len(attempts[0].fixes) == 2


def test_a_mistake_goes_back_with_its_place_and_a_hint() -> None:
    root = Root("lenght_of_all(context)", PROGRAM)
    attempts: list[Attempt] = []
    found = proposed(root, attempts)
    assert found.source is not None
    assert [a.codes for a in attempts] == [("E0202",), ()]
    own, complaint = root.asked[1][-2:]
    assert own.text == "lenght_of_all(context)"
    assert "E0202 line 1" in complaint.text and "hint:" in complaint.text


def test_repairs_end() -> None:
    root = Root(*[f"unknown_{i}(context)" for i in range(9)])
    attempts: list[Attempt] = []
    found = proposed(root, attempts, repairs=3)
    assert found.source is None
    assert len(attempts) == len(root.asked) == 4


def test_a_model_that_repeats_itself_is_not_asked_a_third_time() -> None:
    root = Root("unknown(context)", "unknown( context )", *["unknown(context) \n"] * 7)
    found = proposed(root, repairs=8)
    assert found.source is None
    assert len(root.asked) == 2


@pytest.mark.parametrize("program", ['"<think>" ++ "x"', 'replace(context, "</think>", "")', 'f"<think>{query}</think>"'])
def test_marks_of_thoughts_may_stand_in_a_program(program: str) -> None:
    """Somebody may ask about them."""
    found = proposed(Root(program))
    assert found.source is not None and found.source.text == program


@pytest.mark.parametrize("reply", ["", "   \n", "```\n```", "<think>for ever"])
def test_no_program_at_all_is_said(reply: str) -> None:
    root = Root(reply, PROGRAM)
    found = proposed(root)
    assert found.source is not None
    assert "holds no program" in root.asked[1][-1].text


def test_a_program_that_was_cut_is_asked_for_again_shorter() -> None:
    root = Root("let n = length(", f"```\n{PROGRAM}\n```", stop=StopReason.LENGTH)
    found = proposed(root)
    assert found.source is not None and len(root.asked) == 2


@pytest.mark.parametrize("cut", ["[1, 2, 3", "let n = 1;\nn", "```\n[1, 2, 3", "<think>so"])
def test_a_cut_text_is_no_program_even_if_mendable(cut: str) -> None:
    """A list that ends too early is a wrong program that looks right."""
    root = Root(cut, "2", stop=StopReason.LENGTH)
    assert proposed(root, repairs=1).source is None
    assert "was cut" in root.asked[1][-1].text


def test_a_whole_program_in_a_reply_that_was_cut_after_it_counts() -> None:
    found = proposed(Root(f"```\n{PROGRAM}\n```\nThis counts the", stop=StopReason.LENGTH))
    assert found.source is not None


def test_a_huge_reply_is_cut_and_rejected_quickly() -> None:
    found = proposed(Root("[" + "1, " * 10**6, "1"), repairs=1)
    assert found.source is not None and found.source.text == "1"
    assert len(programs("x" * 10**7)[0]) < 10**5


@pytest.mark.slow
@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "sign", ["`", "~", " ", "`" * 3 + "\n", "<think>", "</think>", "[THINK]", "<|channel|>", "<|channel|>final "]
)
def test_a_reply_of_signs_alone_is_looked_at_once(sign: str) -> None:
    """No deadline ends a regular expression: twenty seconds of looking for a fence would hold up all that runs beside it."""
    for _ in range(4):
        assert all(len(found) <= LONGEST for found in programs(sign * 10**6))


def test_done_is_heard_only_when_it_may_be_said() -> None:
    assert proposed(Root("done."), may_be_done=True).is_done
    assert not proposed(Root("done", "done"), repairs=1).is_done


@pytest.mark.parametrize(
    ("line", "confidence"), [("# confidence: 0.8", 0.8), ("# Confidence: 70%", 0.7), ("# confidence: 1", 1.0), ("# sure", None)]
)
def test_the_stated_confidence_is_read(line: str, confidence: float | None) -> None:
    assert proposed(Root(f"{line}\n{PROGRAM}")).confidence == confidence


def test_a_cut_program_is_not_shown_to_its_model() -> None:
    """It would go on where it stopped; what it is asked for is a shorter one."""
    root = Root("x |> f |> f |> f |>", "still |>", stop=StopReason.LENGTH)
    assert proposed(root, repairs=1).source is None
    assert "|> f" not in "".join(turn.text for turn in root.asked[1])
    assert "shorter" in root.asked[1][-1].text
