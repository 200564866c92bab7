"""From a prompt, a Text that knows where its parts came from, to the messages a model is sent.

Owns the split into instructions (trusted parts: literals and `query`) and data (everything that came from inputs or replies),
the markers around data and the sentence that says what they mean. Promises: what is untrusted always is between markers
that carry a code it does not contain; the code depends on nothing but the prompt and the installation's key, so equal prompts
render equally; at most `MOST_BLOCKS` blocks. Refuses to turn data into instructions: wherever parts are merged,
instructions become data and never the reverse.

A prompt's identity, its `digest`, is taken before rendering, so that it does not depend on the key.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import Final, NamedTuple

from lambda_rlm.budget.meter import Meter
from lambda_rlm.completion import Message
from lambda_rlm.data_class import dataclass
from lambda_rlm.eval.tariff import TARIFF
from lambda_rlm.eval.value import Origin, Text, origin_of, pieces_of
from lambda_rlm.limits import CODE_LENGTH, MOST_BLOCKS, STANDING
from lambda_rlm.syntax.primitive import Primitive

PRICE: Final = TARIFF[Primitive.LLM_CALL]
"""What handling prompts and replies is charged by, for all functions that ask a model."""

_INLINE: Final = 80
"""The most characters of data without line ends that stay inside a sentence."""


class Part(NamedTuple):
    """A stretch of a prompt that is all instruction or all data."""

    text: str
    is_data: bool


@dataclass(frozen=True)
class Prompt:
    """A prompt as parts that alternate between instruction and data, before rendering.

    `leaves` are the pieces it was made of, from left to right, with their offsets in `text`; `origin` is what it came from.
    """

    text: str
    parts: tuple[Part, ...]
    leaves: tuple[tuple[int, Text], ...]
    origin: Origin | None

    @cached_property
    def digest(self) -> bytes:
        """The identity of the unrendered prompt: its text and which parts of it are data."""
        state = hashlib.sha256()
        for part in self.parts:
            encoded = part.text.encode("utf-8", "surrogatepass")
            state.update(b"%c%d:" % (b"d" if part.is_data else b"i", len(encoded)))
            state.update(encoded)
        return state.digest()

    @cached_property
    def has_data(self) -> bool:
        """Some of it comes from an input or a reply."""
        return any(part.is_data for part in self.parts)

    def messages(self, key: bytes, instruction: str = "", note: str = "") -> tuple[Message, ...]:
        """The messages to send: the standing sentence and `instruction` (how to reply) first, the prompt, then `note`."""
        system = "\n".join(line for line in (STANDING if self.has_data else "", instruction) if line)
        body = self._rendered(key)
        if note:
            body = f"{body}\n\n{note}"
        user = Message("user", body)
        return (Message("system", system), user) if system else (user,)

    def _rendered(self, key: bytes) -> str:
        if not self.has_data:
            return self.text
        code = self.code(key)
        out: list[str] = []
        for index, part in enumerate(self.parts):
            if not part.is_data:
                out.append(part.text)
                continue
            before = self.parts[index - 1].text if index else "\n"
            after = self.parts[index + 1].text if index + 1 < len(self.parts) else "\n"
            out += _block(part.text, code, before.endswith("\n"), after.startswith("\n"))
        return "".join(out)

    def code(self, key: bytes) -> str:
        """Hexadecimal digits that no data of this prompt contains: HMAC-SHA256 of a counter and the digest."""
        data = [part.text.lower() for part in self.parts if part.is_data]
        counter = 0
        while True:
            digits = hmac.digest(key, b"%d:" % counter + self.digest, "sha256").hex()
            code = digits[: CODE_LENGTH + counter // 64]
            if not any(code in text for text in data):
                return code
            counter += 1


def prompt_of(text: Text, meter: Meter) -> Prompt:
    """The prompt that a Text denotes. Charges its pieces, its characters and the rendered copy."""
    leaves = leaves_of(text)
    meter.spend(PRICE.steps(characters=text.n, made=len(leaves)))
    meter.allocate(PRICE.storage(made=len(leaves), written=text.n))
    rows = [(offset, offset + leaf.n, leaf.origin is not None) for offset, leaf in leaves]
    return Prompt(text.s, _parts(text.s, rows), leaves, origin_of(text))


def merged(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Parts with neighbours of one kind joined, and data joined over what lies between where that is safe and wanted."""
    ends = list(accumulate((len(part.text) for part in parts), initial=0))
    rows = [(ends[index], ends[index + 1], part.is_data) for index, part in enumerate(parts)]
    return _parts("".join([part.text for part in parts]), rows)


def leaves_of(text: Text) -> tuple[tuple[int, Text], ...]:
    """The non-empty pieces of a text with their offsets."""
    leaves: list[tuple[int, Text]] = []
    offset = 0
    for piece in pieces_of(text):
        if piece.n:
            leaves.append((offset, piece))
            offset += piece.n
    return tuple(leaves)


Row = tuple[int, int, bool]
"""A part as it lies in its text: start, end, whether it is data."""


def _parts(text: str, rows: Sequence[Row]) -> tuple[Part, ...]:
    joined = _with_leads(text, _join_neighbours(rows))
    joined = _join_over(joined, [i for i in _gaps(joined) if not _has_letters(text[joined[i][0] : joined[i][1]])])
    blocks = sum(is_data for _, _, is_data in joined)
    if blocks > MOST_BLOCKS:
        shortest = sorted(_gaps(joined), key=lambda i: (joined[i][1] - joined[i][0], i))[: blocks - MOST_BLOCKS]
        joined = _join_over(joined, shortest)
    return tuple([Part(text[start:end], is_data) for start, end, is_data in joined])


def _join_neighbours(rows: Sequence[Row]) -> list[Row]:
    joined: list[Row] = []
    for row in rows:
        if joined and joined[-1][2] == row[2]:
            joined[-1] = (joined[-1][0], row[1], row[2])
        else:
            joined.append(row)
    return joined


def _gaps(rows: Sequence[Row]) -> list[int]:
    """Indices of the instructions that are between two data."""
    return [i for i in range(1, len(rows) - 1) if not rows[i][2]]


def _join_over(rows: list[Row], gaps: Sequence[int]) -> list[Row]:
    """The rows with these gaps made data."""
    if not gaps:
        return rows
    joined = set(gaps)
    return _join_neighbours([(start, end, is_data or i in joined) for i, (start, end, is_data) in enumerate(rows)])


def _with_leads(text: str, rows: list[Row]) -> list[Row]:
    """What begins the line of a piece of data and has no letters (its number, a dash) made data too."""
    remade: list[Row] = []
    for row in rows:
        start, end, is_data = row
        if is_data or row is rows[-1]:
            remade.append(row)
            continue
        cut = max(start, text.rfind("\n", start, end) + 1)
        if cut == end or _has_letters(text[cut:end]):
            remade.append(row)
        else:
            remade += [(start, cut, False), (cut, end, True)] if cut > start else [(cut, end, True)]
    return _join_neighbours(remade)


def _has_letters(text: str) -> bool:
    return any(character.isalpha() for character in text)


def _block(text: str, code: str, follows_line_end: bool, precedes_line_end: bool) -> tuple[str, str, str]:
    """Data between its markers, as what is before, itself, and what stands after."""
    stands_alone = follows_line_end and precedes_line_end
    if len(text) <= _INLINE and "\n" not in text and not stands_alone:
        return f"<data {code}>", text, f"</data {code}>"
    lead = "" if follows_line_end else "\n"
    trail = "" if precedes_line_end else "\n"
    last = "" if text.endswith("\n") else "\n"
    return f"{lead}<data {code}>\n", text, f"{last}</data {code}>{trail}"
