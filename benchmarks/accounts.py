"""An account over many questions and processes: what was overspent, lost and stranded, and what it costs in time.

    python benchmarks/accounts.py [--latency 0.02]

64 concurrent questions on money for ten, in one process; 8 processes of 16 questions each on one account, with money for forty
of them; and the requests a second of 64 questions that an account has enough for, beside the same without an account. The model
is in this process, answers after `--latency` seconds and uses a third of what is lent for a request.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from lambda_rlm import RLM, Account, AccountUsedUp, Completion, CompletionRequest, Message, ModelProfile, Usage

PRICES = (0.25e-6, 2e-6)
PROMPT, REPLY = 1_200, 300
COST = PROMPT * PRICES[0] + REPLY * PRICES[1]
WORST = 3_000 * PRICES[0] + 1_024 * PRICES[1]
"""About what is lent for one request: its bytes as tokens, and the longest reply."""


class Slow:
    """Answers after a while, and counts."""

    profile = ModelProfile("slow", window=128_000, max_output=8_192, input_price=PRICES[0], output_price=PRICES[1])

    def __init__(self, latency: float) -> None:
        self.latency = latency
        self.asked = self.answered = 0

    def count_tokens(self, messages: tuple[Message, ...]) -> int:
        return sum(len(message.content.encode()) for message in messages)

    async def complete(self, request: CompletionRequest) -> Completion:
        self.asked += 1
        await asyncio.sleep(self.latency)
        self.answered += 1
        return Completion("42", Usage(PROMPT, REPLY))

    async def aclose(self) -> None: ...


async def answers(rlm: RLM, questions: int) -> int:
    """How many of the questions are answered; the others are refused."""

    async def one(number: int) -> bool:
        try:
            await rlm.aask(f"Question {number}?", context="some text " * 200)
        except AccountUsedUp:
            return False
        return True

    return sum(await asyncio.gather(*map(one, range(questions))))


def asked(path: str | None, limit: float, questions: int, latency: float) -> tuple[int, int, float]:
    """Answers, requests, seconds."""
    model = Slow(latency)
    account = None if path is None else Account(path=path, usd=limit)
    rlm = RLM(model, account=account, strategy="direct")
    started = perf_counter()
    done = asyncio.run(answers(rlm, questions))
    return done, model.asked, perf_counter() - started


def report(name: str, path: Path, limit: float, told: list[tuple[int, int, float]]) -> None:
    account = Account(path=path, usd=limit)
    spent = account.spent.usd or 0.0
    answered, requests = sum(row[0] for row in told), sum(row[1] for row in told)
    seconds = max(row[2] for row in told)
    print(
        f"| {name} | {answered} | {requests - answered} | ${max(0.0, spent - limit):.6f} | {(limit - spent) / WORST:.2f} | "
        f"{requests / seconds:,.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.02, help="seconds until an answer")
    parser.add_argument("--one", nargs=2, metavar=("PATH", "LIMIT"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        print(json.dumps(asked(chosen.one[0], float(chosen.one[1]), 16, chosen.latency)))
        return
    print("| | answered | paid and lost | overspent | left, in requests at their worst | requests/s |")
    print("|---|---:|---:|---:|---:|---:|")
    asked(None, 0.0, 64, chosen.latency)  # what is loaded and compiled once is not measured
    with tempfile.TemporaryDirectory() as folder:
        path, limit = Path(folder, "one"), WORST + 10 * COST
        report("64 questions, money for ten", path, limit, [asked(str(path), limit, 64, chosen.latency)])
        path, limit = Path(folder, "many"), WORST + 40 * COST
        command = [sys.executable, __file__, "--latency", str(chosen.latency), "--one", str(path), str(limit)]
        started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(8)]
        report("8 processes of 16, money for forty", path, limit, [json.loads(one.communicate()[0]) for one in started])
        path = Path(folder, "enough")
        enough = asked(str(path), 100.0, 64, chosen.latency)
        report("64 questions, money for all", path, 100.0, [enough])
        without = asked(None, 0.0, 64, chosen.latency)
        print(f"| 64 questions, no account | {without[0]} | {without[1] - without[0]} | | | {without[1] / without[2]:,.0f} |")
        print(f"\nwith an account / without, in seconds: {enough[2] / without[2]:.2f}")


if __name__ == "__main__":
    main()
