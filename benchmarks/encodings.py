"""How many files of old encodings are read as they were written, by language and length.

`python benchmarks/encodings.py` writes texts of 27 languages in the encodings in which files of each are met, of 50, 200 and 2,000
characters, four of each, and prints how many are read right, refused, and read wrong; `-v` prints those that are not right. Exits with
1 where one of 200 characters or more is read wrong.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lambda_rlm.inputs import InputProblem
from lambda_rlm.inputs.decode import decode
from tests.support.texts_of_languages import TEXTS, of_length

LENGTHS = (50, 200, 2000)


def outcome(text: str, encoding: str) -> str:
    """What becomes of a text in an encoding."""
    try:
        read = decode(text.encode(encoding), "x.txt")
    except InputProblem:
        return "refused"
    return "right" if read.text == text else f"wrong: {(read.note or '')[7:]}"


def main() -> int:
    """Print the figures."""
    shows = "-v" in sys.argv
    wrong = 0
    for length in LENGTHS:
        counts: Counter[str] = Counter()
        for language, (text, encodings) in TEXTS.items():
            for encoding in encodings:
                for number in range(4):
                    part = of_length(text, length, number)
                    if part.isascii():
                        continue
                    found = outcome(part, encoding)
                    counts[found.partition(":")[0]] += 1
                    if shows and found != "right":
                        print(f"  {length} {language} {encoding}: {found}")
        total = sum(counts.values())
        print(f"{length:5,} characters: right {counts['right']}/{total}, refused {counts['refused']}, wrong {counts['wrong']}")
        wrong += counts["wrong"] if length >= 200 else 0
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
