"""What the worker process costs, and what memory and time reading takes, as ratios.

`python benchmarks/reading.py` prints the start of the worker against one page, each document format in the worker against the same
parser in this process, large JSON in pieces against `json.loads`, and for ordinary and hostile files of `--megabytes` the peak of memory
against the limit (`--max-input` and 300 MB), each in a process of its own. Exits with 1 where a file takes more.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from lambda_rlm.inputs import Reading  # noqa: E402
from lambda_rlm.inputs.allowance import FileAllowance  # noqa: E402
from lambda_rlm.inputs.formats import docx, html, pdf  # noqa: E402
from lambda_rlm.inputs.formats.json import parse_json  # noqa: E402
from lambda_rlm.inputs.reading import MOST_BYTES, Format  # noqa: E402
from lambda_rlm.inputs.worker.process import Worker  # noqa: E402

MOST: Final = MOST_BYTES + 300_000_000
_ROW: Final = '{"id": 123456, "name": "somebody", "text": "a few words of text that mean nothing", "x": 1.25, "ok": true}'
_CELLS: Final = "123456,somebody,a few words of text that mean nothing,1.25\n"
FILES: Final[dict[str, tuple[str, str, str]]] = {
    "rows.json": ("[", _ROW + ",", "1]"),
    "rows.jsonl": ("", _ROW + "\n", ""),
    "rows.csv": ("id,name,text,x\n", _CELLS, ""),
    "words.txt": ("", "some words ", ""),
    "wide.txt": ("\U0001f600", "aaaaaaaaaa", ""),
    "page.html": ("", "<p>A paragraph of some words, and <b>more</b> of them.</p>\n", ""),
    "objects.json": ("[", "{},", "1]"),
    "numbers.json": ("[", "1,", "1]"),
    "lists.json": ("[", "[[[1]]],", "1]"),
    "texts.json": ("[", '"ab",', "1]"),
    "escapes.json": ("[", '"\\ud83d\\ude00a",', "1]"),
    "blank.jsonl": ("", "\n", "1"),
    "cells.csv": ("a,b\n", "1,1\n", ""),
    "line.csv": ("a,b\n", "1,", "1"),
    "open.csv": ('a,b\n"', "x\n", ""),
    "elements.html": ("", "<p>a", ""),
}
"""Beginning, what is repeated, and end of each file."""

_ONE: Final = """
import sys, time, resource
from lambda_rlm.inputs import InputProblem, from_arguments
import lambda_rlm.inputs.formats.registry
unit = 1 if sys.platform == "darwin" else 1024
def peak():
    try:  # what a process had before it became this one counts in ru_maxrss
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before, began = peak(), time.perf_counter()
try:
    from_arguments([sys.argv[1]]).digest("context")
    came = "read"
except InputProblem as problem:
    came = problem.kind
seconds = time.perf_counter() - began
from lambda_rlm.inputs.worker.process import WORKER
WORKER.stop()
own = peak() - before
print(own * unit, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit, seconds, came, sep="|")
"""


def timed(job: Callable[[], object], times: int = 5) -> float:
    """Seconds of the fastest of several."""
    best = float("inf")
    for _ in range(times):
        began = perf_counter()
        job()
        best = min(best, perf_counter() - began)
    return best


def documents() -> dict[str, tuple[Format, bytes]]:
    """A small and a large document of each format."""
    from tests.support import document_files

    paragraph = "<w:p><w:r><w:t>A paragraph of some words.</w:t></w:r></w:p>"
    return {
        "page, 100 B": (html.FORMAT, b"<p>A paragraph.</p>" * 5),
        "page, 1 MB": (html.FORMAT, b"<p>A paragraph of some words.</p>" * 30_000),
        "DOCX, 10 paragraphs": (docx.FORMAT, document_files.docx(paragraph * 10)),
        "DOCX, 20,000 paragraphs": (docx.FORMAT, document_files.docx(paragraph * 20_000)),
        "PDF, 2 pages": (pdf.FORMAT, document_files.pdf(["One page."] * 2)),
        "PDF, 200 pages": (pdf.FORMAT, document_files.pdf(["One page."] * 200)),
    }


def worker() -> None:
    """The start, and the way there and back."""
    found, reading = documents(), Reading()
    page, small = found["page, 100 B"]
    html.FORMAT.read(small, "a", reading)
    here = timed(lambda: page.read(small, "a", reading))

    def started() -> None:
        one = Worker()
        one.read(page.kind, small, "a", reading, 60.0)
        one.stop()

    start = timed(started, 3)
    print(f"{'start and one page':28} {1000 * start:9.1f} ms   {start / here:9.1f} × a page in this process")
    one = Worker()
    for name, (format_, data) in found.items():
        own = timed(lambda format_=format_, data=data: format_.read(data, "a", reading))
        there = timed(lambda format_=format_, data=data: one.read(format_.kind, data, "a", reading, 60.0))
        print(f"{name:28} {1000 * there:9.1f} ms   {there / own:9.2f} × in this process")
    one.stop()


def pieces() -> None:
    """JSON in pieces, watched."""
    shapes: dict[str, Any] = {
        "rows": [json.loads(_ROW)] * 60_000,
        "numbers": list(range(800_000)),
        "rows within an object": {"a": {"rows": [json.loads(_ROW)] * 60_000}},
    }
    for name, value in shapes.items():
        text = json.dumps(value)
        whole = timed(lambda text=text: json.loads(text), 3)
        reading = Reading(watch=lambda: None)
        mine = timed(lambda text=text, reading=reading: parse_json(text, FileAllowance("a", 10**12, reading)), 3)
        print(f"{f'JSON, {name}':28} {1000 * mine:9.1f} ms   {mine / whole:9.2f} × json.loads")


def memory(megabytes: int) -> bool:
    """The peak of each file, in a process of its own; whether all are within the limit."""
    is_within = True
    for name, (begin, repeated, end) in FILES.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            with open(path, "w", encoding="utf-8") as file:
                file.write(begin)
                part = repeated * (1_000_000 // len(repeated))
                for _ in range(megabytes):
                    file.write(part)
                file.write(end)
            command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{_ONE}", str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        own, child, seconds, came = done.stdout.strip().split("|")
        peak = int(own) + int(child)
        is_within = is_within and peak <= MOST
        figures = f"{int(own) / 1e6:7,.0f} MB {int(child) / 1e6:7,.0f} MB {float(seconds):6.1f} s"
        print(f"{name:16} {figures}   {peak / MOST:5.2f} of the limit   {came}")
    return is_within


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=99, help="size of the files whose memory is measured; 0: none")
    chosen = parser.parse_args()
    worker()
    pieces()
    print(f"\n{'file':16} {'this process':>10} {'worker':>7} {'time':>10}")
    return 0 if not chosen.megabytes or memory(chosen.megabytes) else 1


if __name__ == "__main__":
    raise SystemExit(main())
