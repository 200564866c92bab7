"""The answer on the page with its claims marked, the passages that they rest on, and the calls: prompts and replies, folded.

Owns these three parts and the links between them: claim to passage, passage to call, and back. Promises links that work without
a script and from the keyboard, and a page of bounded size: what is left out is counted. Texts around a passage are shown only
where the input is what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, Final

from lambda_rlm.completion import Message
from lambda_rlm.data_class import dataclass
from lambda_rlm.journal.report.claims import MOST_ANSWER, MarkedClaim, Passage, around, callers, claims, passages_of, where
from lambda_rlm.journal.report.exchange import CallExchange, exchanges
from lambda_rlm.journal.report.markup import cut, text
from lambda_rlm.journal.report.run_report import RunReport
from lambda_rlm.journal.report.tree import leaf

MOST_EACH: Final = 4_000
"""Characters of one prompt or reply that are on the page."""

MOST_TOGETHER: Final = 2_000_000
"""Characters of all prompts and replies that are on the page."""

MOST_CALLS: Final = 1_000
"""Calls whose prompts and replies are on the page."""

_NAME: Final = 300
"""Characters of a file's name, a heading or a place."""


@dataclass(frozen=True, slots=True)
class LinkedAnswer:
    """The answer of a run (None where it has none), the passages that it rests on, each with the number of the call that read
    it, and all calls; `troubles` say why prompts are missing."""

    answer: str | None
    claims: Sequence[MarkedClaim]
    passages: Sequence[Passage]
    read_by: Sequence[int | None]
    exchanges: Sequence[CallExchange]
    inputs: Mapping[str, Any] = field(repr=False)
    troubles: Sequence[str] = ()

    @property
    def on_page(self) -> list[CallExchange]:
        """The calls that are on the page: those that a passage leads to, then odd ones, then the first."""
        if len(self.exchanges) <= MOST_CALLS:
            return list(self.exchanges)
        linked = {number for number in self.read_by if number is not None}
        ranked = sorted(self.exchanges, key=lambda one: (one.number not in linked, not one.is_odd, one.number))
        return sorted(ranked[:MOST_CALLS], key=lambda one: one.number)


def linked(
    details: RunReport,
    prompts: Mapping[str, tuple[Message, ...]] | None = None,
    inputs: Mapping[str, Any] | None = None,
    troubles: Sequence[str] = (),
) -> LinkedAnswer:
    """The answer of a run with all that it is linked to; `prompts` are those that were rebuilt, `inputs` those that are what
    they were."""
    every = exchanges(details, prompts or {})
    passages = passages_of(details, inputs or {})
    numbers = {id(one.call): one.number for one in every}
    read_by = [None if call is None else numbers.get(id(call)) for call in callers(passages, details)]
    answer = (details.run.outcome or {}).get("answer")
    found = claims(answer, passages) if isinstance(answer, str) else []
    return LinkedAnswer(answer, found, passages, read_by, every, inputs or {}, troubles)


def answer_html(found: LinkedAnswer) -> str:
    """The answer, each claim a link to its first passage, the others behind it."""
    answer, at, parts = found.answer or "", 0, []
    for number, claim in enumerate(found.claims, 1):
        parts.append(cut(answer[at : claim.start], MOST_ANSWER))
        links = "".join(f'<a href="#e{n + 1}">{n + 1}</a>' for n in claim.passages)
        words = cut(answer[claim.start : claim.end], MOST_ANSWER)
        parts.append(f'<a class="claim" id="c{number}" href="#e{claim.passages[0] + 1}">{words}</a><sup>{links}</sup>')
        at = claim.end
    parts.append(cut(answer[at:], MOST_ANSWER))
    return f"<pre>{''.join(parts)}</pre>"


def passages_html(found: LinkedAnswer) -> str:
    """The passages, in their order, with links back to the claims and on to the calls."""
    claimed: dict[int, list[int]] = {}
    for number, claim in enumerate(found.claims, 1):
        for passage in claim.passages:
            claimed.setdefault(passage, []).append(number)
    shown = {one.number for one in found.on_page}
    return "".join(_passage(found, n, claimed.get(n, []), shown) for n in range(len(found.passages)))


def _passage(found: LinkedAnswer, number: int, claimed: Sequence[int], shown: Iterable[int]) -> str:
    passage, call = found.passages[number], found.read_by[number]
    before, words, after = around(passage, found.inputs)
    said = (
        f'<span class="soft">{text(before)}</span><mark>{cut(words, MOST_EACH)}</mark><span class="soft">{text(after)}</span>'
    )
    back = "".join(f' <a href="#c{n}">claim {n}</a>' for n in claimed)
    on = "" if call is None else f" · read by {_link(call, shown)}"
    back = f" ·{back}" if back else ""
    quoted = f"<blockquote>{said}</blockquote>" if words else '<p class="soft">The words are not on record.</p>'
    return f'<div class="passage" id="e{number + 1}"><p><b>{number + 1}</b> {text(where(passage))}{on}{back}</p>{quoted}</div>'


def _link(call: int, shown: Iterable[int]) -> str:
    return f'<a href="#k{call}">call {call}</a>' if call in shown else f"call {call}"


def exchanges_html(found: LinkedAnswer) -> str:
    """The calls, each folded, with links back to the passages that it read."""
    read: dict[int, list[int]] = {}
    for passage, number in enumerate(found.read_by, 1):
        if number is not None:
            read.setdefault(number, []).append(passage)
    shown, left = found.on_page, MOST_TOGETHER
    blocks = [f'<p class="soft">{text(trouble)}</p>' for trouble in found.troubles]
    for one in shown:
        body, left = _bodies(one, left)
        blocks.append(_exchange(one, body, read.get(one.number, [])))
    if len(shown) < len(found.exchanges):
        blocks.append(
            f'<p class="soft">… {len(found.exchanges) - len(shown):,} more calls (lambda-rlm show RUN --all --full)</p>'
        )
    return "".join(blocks)


def _exchange(one: CallExchange, body: str, read: Sequence[int]) -> str:
    bad = ' class="bad"' if one.is_odd else ""
    back = "".join(f' <a href="#e{n}">passage {n}</a>' for n in read)
    head = f"{one.number}  {one.path}  {one.place[:_NAME]}  {leaf(one.call)}"
    model = f'<p class="soft">{text(one.call.model)} · {text(one.how)}{back}</p>' if one.call.model or back else ""
    return f'<details class="call"><summary{bad}>{text(head)}</summary><div id="k{one.number}">{model}{body}</div></details>'


def _bodies(one: CallExchange, left: int) -> tuple[str, int]:
    """The prompt and the replies of a call, and how many characters are left for those that follow."""
    if one.shared is not None:
        return f'<p>The same question as <a href="#k{one.shared}">call {one.shared}</a>, and its answer.</p>', left
    parts, least = [], 0
    for title, said, wrong in _texts(one):
        most = max(least, min(MOST_EACH, left))
        left -= min(most, len(said))
        bad = f'<p class="bad">{text(wrong)}</p>' if wrong else ""
        parts.append(f"<h3>{text(title)}</h3>{bad}<pre>{cut(said, most)}</pre>")
    return "".join(parts), left


def _texts(one: CallExchange) -> Iterator[tuple[str, str, str]]:
    """Each text of a call: what it is, its words, what is wrong with it."""
    if one.messages is None:
        yield f"prompt, {one.call.prompt:,} characters", "not on record, and not rebuilt", ""
    for message in one.messages or ():
        yield f"prompt ({message.role}), {len(message.content):,} characters", message.content, ""
    for reply in one.replies:
        ended = "" if reply.stop == "stop" else f", ended by {reply.stop}"
        yield f"{'faulty reply' if reply.wrong else 'reply'}, {len(reply.text):,} characters{ended}", reply.text, reply.wrong
    if not one.replies:
        yield "reply", f"none on record ({one.call.state})", ""
