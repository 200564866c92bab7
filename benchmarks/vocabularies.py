"""The vocabularies of the package: what they take to load and to count, and how close their charges are.

Prints the seconds and megabytes of loading, seconds and ratios to tiktoken's own time for a megabyte, and for texts of several
scripts how much the charge of a part, and of the dearest part of a length, is above its tokens.
"""

from __future__ import annotations

import gzip
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lambda_rlm.llm.vocabulary.byte_pair import PATTERNS, encoder, vocabulary_named
from tests.support.hard_texts import hard_texts

_ROOT: Final = Path(__file__).resolve().parent.parent
_MEGABYTE: Final = 1_000_000
_PARTS: Final = 200
_KINDS: Final = ("german", "chinese", "thai", "arabic", "log", "json", "base64", "emoji")
_Result = TypeVar("_Result")


def resident() -> float:
    """Megabytes that this process holds; 0 where the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text("ascii").splitlines() if status.exists() else ()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def timed(action: Callable[[], _Result]) -> tuple[float, _Result]:
    start = time.perf_counter()
    result = action()
    return time.perf_counter() - start, result


def texts() -> dict[str, str]:
    """A megabyte of English, of code, and of each of some scripts."""
    english = gzip.decompress((_ROOT / "lambda_rlm" / "bench" / "pool" / "origin.txt.gz").read_bytes()).decode()
    code = "".join(path.read_text("utf-8") for path in sorted((_ROOT / "lambda_rlm").rglob("*.py")))
    found = {"English": english, "code": code, **{kind: hard_texts()[kind] for kind in _KINDS}}
    return {kind: (text * (1 + _MEGABYTE // len(text)))[:_MEGABYTE] for kind, text in found.items()}


def closeness(name: str, text: str, length: int) -> tuple[float, float, float]:
    """The charge of a part over its tokens, in the median and at worst; the most over the dearest of the same parts."""
    vocabulary, count, dice = vocabulary_named(name), encoder(name), random.Random(1)
    parts = [text[start : start + length] for start in (dice.randrange(len(text) - length) for _ in range(_PARTS))]
    charges = [vocabulary.size(part).tokens for part in parts]
    ratios = [charge / count(part) for charge, part in zip(charges, parts, strict=True)]
    return median(ratios), max(ratios), vocabulary.counted(text).most(length) / max(charges)


def main() -> None:
    for name in PATTERNS:
        before = resident()
        seconds, count = timed(lambda name=name: encoder(name))
        print(f"{name}: loaded in {seconds:.2f} s, {resident() - before:.0f} MB")
        print(f"{'1 MB of':10} {'tokens':>8} {'tiktoken':>9} {'exact':>7} {'size':>7} {'counted':>8} {'most':>7}")
        for kind, text in texts().items():
            vocabulary = vocabulary_named(name)
            plain, tokens = timed(lambda text=text, count=count: count(text))
            exact, same = timed(lambda text=text, vocabulary=vocabulary: vocabulary.exact(text))
            size, _ = timed(lambda text=text, vocabulary=vocabulary: vocabulary.size(text))
            once, counted = timed(lambda text=text, vocabulary=vocabulary: vocabulary.counted(text))
            most, _ = timed(lambda counted=counted: counted.most(2_000))
            assert same == tokens
            print(f"{kind:10} {tokens:8,} {plain:7.2f} s {exact:5.2f} s {size:5.2f} s {once:6.2f} s {most:5.2f} s")
        print(f"{'parts of':10} " + " ".join(f"{f'{length:,} characters':>24}" for length in (300, 2_000, 20_000)))
        for kind, text in texts().items():
            cells = (closeness(name, text[:100_000], length) for length in (300, 2_000, 20_000))
            print(f"{kind:10} " + " ".join(f"{f'{middle:.3f} {worst:.3f} {most:.3f}':>24}" for middle, worst, most in cells))


if __name__ == "__main__":
    main()
