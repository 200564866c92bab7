"""Audits of made-up logs, whose memory must not depend on their length.

`python benchmarks/audit_log.py [MB]` (100 without a number) writes a log of so many megabytes in three forms of requests, lengths
log-normal about 3,000 characters, a broken line in 5,000, and one that is a single line of that size; it audits both and one of a single
request, and prints seconds, MB/s and the largest size of the process. Fails when a long log takes 60 MB more than the short one.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "examples" / "ask-a-book" / "book.txt"
MOST_MORE = 60
RUN = (
    "import resource, sys; from lambda_rlm.cli.app import run_command; code = run_command(sys.argv[1:]);"
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10, file=sys.stderr); sys.exit(code)"
)


def rows(size: int) -> Iterator[str]:
    """Lines of a log of so many bytes."""
    book = BOOK.read_text(encoding="utf-8") * 4
    draw, number = random.Random(1), 0
    while size > 0:
        number += 1
        start = draw.randrange(len(book) // 4)
        text = book[start : start + min(3_000_000, int(draw.lognormvariate(8.0, 1.4))) + 20]
        forms = (
            {"custom_id": str(number), "body": {"messages": [{"role": "user", "content": text}]}},
            {"messages": [{"role": "user", "content": text}], "usage": {"completion_tokens": draw.randrange(50, 400)}},
            {"input": text, "instructions": "Be brief."},
        )
        line = "{broken\n" if number % 5_000 == 0 else json.dumps(forms[number % 3]) + "\n"
        size -= len(line)
        yield line


def one_line(size: int) -> Iterator[str]:
    book = json.dumps(BOOK.read_text(encoding="utf-8"))[1:-1]
    yield '{"prompt": "'
    for _ in range(size // len(book)):
        yield book
    yield '"}\n'


def audited(path: Path) -> tuple[float, int, dict[str, object]]:
    """Seconds, largest size in MB, and what was told."""
    started = time.monotonic()
    command = [sys.executable, "-c", RUN, "audit", str(path), "--models", "openai/gpt-5-mini", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return time.monotonic() - started, int(done.stderr.split()[-1]), json.loads(done.stdout)


def main() -> int:
    size = int(sys.argv[1] if len(sys.argv) > 1 else 100) * 1_000_000
    peaks = []
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in (
            ("one request", ['{"prompt": "a"}\n']),
            ("many requests", rows(size)),
            ("one line", one_line(size)),
        ):
            path = Path(folder) / "log.jsonl"
            with open(path, "w", encoding="utf-8") as file:
                file.writelines(lines)
            seconds, peak, told = audited(path)
            megabytes = path.stat().st_size / 1_000_000
            peaks.append(peak)
            speed = f"{megabytes / seconds:7.1f} MB/s"
            print(f"{name:14} {megabytes:8.1f} MB  {told['prompts']:>8} prompts  {seconds:6.1f} s {speed}  peak {peak} MB")
    return 0 if max(peaks) < peaks[0] + MOST_MORE else 1


if __name__ == "__main__":
    sys.exit(main())
