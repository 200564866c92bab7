"""What is known of a log while it is read.

Owns the sums. Promises that their size depends on neither the length of the log nor that of its lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import field
from typing import Any, Final

from lambda_rlm.audit.counting import Counter
from lambda_rlm.audit.lines import LogLine
from lambda_rlm.audit.prompts import LoggedPrompt, Unusable, prompts, reply_tokens
from lambda_rlm.audit.sketch import Histogram
from lambda_rlm.data_class import dataclass

_SHOWN: Final = 20
SAMPLE: Final = 1 << 17
"""Characters of the log that are kept, so that programs can be bounded on text of its kind."""
_OF_ONE: Final = 1 << 13
"""Of these, the most from one text."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that has no prompt."""

    file: str
    line: int
    reason: str


@dataclass(slots=True)
class LogTally:
    """Histograms of tokens by vocabulary; how many prompts, characters, bytes; replies as the log counts them; what was not
    read.

    `sample` is the beginning of the first texts. `cut` counts lines too long to be read whole, measured with the JSON around
    the prompt; `not_text` parts that are pictures or the like; `is_whole` says that the log was read to its end.
    """

    counter: Counter
    tokens: dict[str, Histogram]
    characters: int = 0
    bytes: int = 0
    cut: int = 0
    not_text: int = 0
    not_utf8: int = 0
    replies: Histogram = field(default_factory=Histogram)
    bad: int = 0
    bad_shown: list[Bad] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_whole: bool = True
    sample: str = ""

    @property
    def prompts(self) -> int:
        return next(iter(self.tokens.values())).count

    def add_row(self, line: LogLine, file: str, name: str | None) -> None:
        """A line that is JSON."""
        if not line.is_whole:
            self.add_cut(line)
            return
        try:
            row = _loads(line.data)
            row_prompts = prompts(row, name)
        except Unusable as error:
            self.add_bad(file, line.number, str(error))
            return
        replied = reply_tokens(row)
        if replied is not None:
            self.replies.add(replied)
        self._add(row_prompts)

    def add_text(self, line: LogLine) -> None:
        """A line, or a file, that is one prompt."""
        if not line.is_whole:
            self.add_cut(line)
            return
        try:
            text = line.data.decode("utf-8-sig")
        except UnicodeDecodeError:
            self.not_utf8 += 1
            text = line.data.decode("utf-8", "replace")
        self._add([LoggedPrompt([text])])

    def add_cut(self, line: LogLine) -> None:
        """A line of which only stretches are known."""
        self.cut += 1
        self.characters += line.size
        self._count(self.counter.of_stretches(line.stretches, line.size))

    def add_bad(self, file: str, line: int, reason: str) -> None:
        self.bad += 1
        if len(self.bad_shown) < _SHOWN:
            self.bad_shown.append(Bad(file, line, reason))

    def _add(self, logged: Iterable[LoggedPrompt]) -> None:
        for prompt in logged:
            self.not_text += prompt.not_text
            sums = [prompt.tokens] * len(self.tokens)
            for text in prompt.texts:
                self.characters += len(text)
                if len(self.sample) < SAMPLE:
                    self.sample += f"{text[: min(_OF_ONE, SAMPLE - len(self.sample))]}\n\n"
                sums = [before + more for before, more in zip(sums, self.counter.tokens(text), strict=True)]
            self._count(sums)

    def _count(self, sums: Iterable[int]) -> None:
        for histogram, number in zip(self.tokens.values(), sums, strict=True):
            histogram.add(number)


def tally(vocabularies: Iterable[str]) -> LogTally:
    """An empty tally that counts in these vocabularies."""
    names = list(dict.fromkeys(vocabularies))
    return LogTally(Counter(names), {name: Histogram() for name in names})


def _loads(data: bytes) -> Any:
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        raise Unusable(f"not JSON: {error.msg} (column {error.colno:,})") from None
    except UnicodeDecodeError:
        raise Unusable("not UTF-8") from None
    except RecursionError:
        raise Unusable("nested too deeply") from None
    except ValueError as error:
        raise Unusable("a number has too many digits" if "digits" in str(error) else str(error)) from None
