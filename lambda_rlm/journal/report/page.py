"""A run as one HTML page that needs nothing else: no script, no font, no picture from anywhere.

Owns the page. Promises that every text from a run is escaped, hidden characters as pictures, and that the page is well-formed
and readable in the dark too; a long run is folded, and what is left out is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import gmtime, strftime
from typing import Any, Final

from lambda_rlm.bounds.figures.two_figures import both, count
from lambda_rlm.budget.price import dollars
from lambda_rlm.journal.records import CallRow
from lambda_rlm.journal.report.linked import LinkedAnswer, answer_html, exchanges_html, linked, passages_html
from lambda_rlm.journal.report.markup import cut, section, table, text
from lambda_rlm.journal.report.run_report import RunReport
from lambda_rlm.journal.report.tree import CallBranch, CallFigures, folding, leaf, without_chain

_TITLE: Final = 2_000
"""Characters of the question that are on the page."""

MOST_BESIDE: Final = 100
"""Branches of one node of the tree that are on the page."""

MOST_PARTS: Final = 400
"""Parts of an input that are drawn or listed."""

_STYLE: Final = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --soft: color-mix(in srgb, currentColor 60%, transparent); --read: #7aa7d8; --cited: #d8762b }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2.5rem auto; padding: 0 1.25rem }
h1 { font-size: 1.35rem; margin: 0 0 .25rem } h2 { font-size: 1.05rem; margin: 2.2rem 0 .6rem }
p.meta, .soft { color: var(--soft) } p.meta { margin: 0 0 1.5rem }
pre { padding: .9rem 1rem; border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, monospace }
table { border-collapse: collapse; width: 100%; font-size: 14px } th { text-align: left; font-weight: 600 }
th, td { padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap } code { font: 13px ui-monospace, monospace }
.bad { color: #b3261e } @media (prefers-color-scheme: dark) { .bad { color: #ff8a7a } } .figures { display: flex; flex-wrap: wrap; gap: .8rem 2.2rem } .figures b { display: block; font-size: 1.25rem; font-weight: 600 }
.figures span { color: var(--soft); font-size: 13px }
.strip { position: relative; height: 1.1rem; border: 1px solid var(--line); border-radius: 4px; overflow: hidden; margin: .35rem 0 1rem }
.strip i { position: absolute; top: 0; bottom: 0; min-width: 1px; background: var(--read) } .strip i.cited { top: 45%; background: var(--cited) }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; background: var(--read); margin: 0 .3em 0 .8em } .key.cited { background: var(--cited) }
.tree, details.call > summary { font: 13px/1.6 ui-monospace, monospace } .tree ul { list-style: none; margin: 0; padding-left: 1.2rem; border-left: 1px solid var(--line) } summary { cursor: pointer }
h3 { font-size: .85rem; font-weight: 600; color: var(--soft); margin: .8rem 0 .2rem } details.call > div { padding-left: 1.2rem; scroll-margin-top: 3rem } .wide { overflow-x: auto }
pre pre { margin: 0 } a { color: inherit; text-underline-offset: .2em } a.claim { text-decoration-color: var(--cited); text-decoration-thickness: 2px } sup a { margin-left: .25em; font-size: .75rem }
mark { background: color-mix(in srgb, var(--cited) 30%, transparent); color: inherit } blockquote { margin: .3rem 0 0; padding-left: .9rem; border-left: 3px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere }
.passage { margin: 0 0 1.1rem } .passage p { margin: 0; overflow-wrap: anywhere } :target { outline: 2px solid var(--cited); outline-offset: .35rem; border-radius: 3px } :focus-visible { outline: 2px solid var(--read); outline-offset: 2px }
summary, h1 { overflow-wrap: anywhere } @media (max-width: 40rem) { body { margin: 1rem auto; padding: 0 .8rem } .tree ul { padding-left: .6rem } }
"""


_WHERE_ANY: Final = ("shared with an equal call", "of the calls answered by the cache", "of the calls failed")
"""Figures that are left out where they are 0."""

_POLICY: Final = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
)
"""Nothing is loaded and nothing runs, whatever is in the page."""

_BEGINNING: Final = '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>run '


def is_page(head: bytes) -> bool:
    """Whether a file that begins so is such a page."""
    return head.startswith(_BEGINNING.encode())


def page(found: RunReport, answer: LinkedAnswer | None = None) -> str:
    """The page of a run; `answer` has what was rebuilt of it."""
    run, outcome = found.run, found.run.outcome or {}
    answer = linked(found) if answer is None else answer
    program, follows = found.program.text, run.what.get("follows")
    after = f" · follows run {text(follows['run'])}" if follows else ""
    title = str(run.what.get("query") or run.what.get("program_name") or "a program")
    parts = [
        f"<h1>{cut(title, _TITLE)}</h1>",
        f'<p class="meta">run {text(run.id)} · {text(run.state)} · {_when(run.started)} · {text(outcome.get("route") or run.what.get("kind"))}{after}</p>',
        _outcome(found, answer),
        _passages(outcome, answer),
        _figures(outcome),
        section("Inputs", _inputs(found)) if run.what["inputs"] else "",
        section("Program", f"<pre>{text(program)}</pre>" if program else "<p>No program was written.</p>"),
        *_asked(found),
        section("Prompts and replies", exchanges_html(answer), "calls") if found.calls else "",
        section("Text sent to each model", _shown(found)),
        section("Sources of the answer", _parts("input", found.cited) if found.cited else "<p>No known part of an input.</p>"),
    ]  # fmt: skip
    head = f"{_BEGINNING}{text(run.id)}</title>{_POLICY}<style>{_STYLE}</style></head><body>\n"
    return head + "\n".join(parts) + "\n</body></html>\n"


def _asked(found: RunReport) -> list[str]:
    """The calls: by place, as a tree, the slow and the bad ones."""
    if not found.calls:
        return [section("Calls", "<p>No model calls.</p>")]
    heads = ("place", "calls", "shared", "cached", "failed", "input tokens", "output tokens", "cost", "seconds")
    whole = "".join(line for place in found.tree.places for line in _branch(place))
    sections = [
        section("Calls by program location", table(heads, map(_site, found.tree.places))),
        section("All calls", f'<div class="tree">{whole}</div>'),
        section("Slowest calls", _calls(found.slowest, found)),
    ]
    lists = (
        ("Failed calls", found.failed),
        ("Unfinished calls (possibly billed)", found.unfinished),
        ("Calls of earlier sessions that the last one did not come to (not in the figures)", found.beside),
    )
    return sections + [section(title, _calls(rows, found)) for title, rows in lists if rows]


def _when(seconds: float) -> str:
    return strftime("%Y-%m-%d %H:%M:%S UTC", gmtime(seconds))


def _outcome(found: RunReport, answer: LinkedAnswer) -> str:
    outcome: Any = found.run.outcome or {}
    fault = outcome.get("fault")
    if fault:
        reply = f"<p>The reply begins:</p>\n<pre>{text(fault['reply'])}</pre>" if fault.get("reply") else ""
        place = found.fault_place
        there = f"<p>At {text(place)}</p>" if place else ""
        return f'<pre class="bad">{text(fault["code"])} {text(fault["message"])}</pre>{there}{reply}'
    return answer_html(answer) if outcome else "<p>No answer yet.</p>"


def _passages(outcome: Mapping[str, Any], answer: LinkedAnswer) -> str:
    """The passages, and what has none; nothing where there is nothing to say."""
    notes = "".join(f'<p class="soft">{cut(note, _TITLE)}</p>' for note in outcome.get("evidence_notes") or ())
    return section("Passages", passages_html(answer) + notes, "passages") if answer.passages or notes else ""


def _figures(outcome: Any) -> str:
    usage, bound, likely = (outcome.get(key) or {} for key in ("usage", "bound", "likely"))
    rows = [
        (usage.get(name), _both(likely.get(name), bound.get(name), count), shown)
        for name, shown in (
            ("calls", "calls"),
            ("shared_calls", "shared with an equal call"),
            ("cached_calls", "of the calls answered by the cache"),
            ("failed_calls", "of the calls failed"),
            ("input_tokens", "input tokens"),
            ("output_tokens", "output tokens"),
            ("span", "calls on the critical path"),
        )
    ]
    if usage.get("extra_attempts"):
        most = bound.get("pool")
        rows.append((usage["extra_attempts"], "" if most is None else f"at most {most:,}", "extra attempts"))
    rows.append((usage.get("seconds"), "", "seconds"))
    rows += [(n, "", f"dropped: {name.replace('_', ' ')}") for name, n in (outcome.get("dropped") or {}).items() if n]
    shown = [
        (f"{used:,}", f"{name} ({most})" if most else name)
        for used, most, name in rows
        if used is not None and (used or name not in _WHERE_ANY)
    ]
    if usage:
        most = _both(likely.get("usd"), bound["usd"], dollars) if bound.get("usd") else ""
        shown.append((dollars(usage.get("usd")), f"cost ({most})" if most else "cost"))
    return '<div class="figures">' + "".join(f"<div><b>{text(u)}</b><span>{text(n)}</span></div>" for u, n in shown) + "</div>"


def _both(likely: Any, most: Any, words: Callable[[Any], str]) -> str:
    return both(None if likely is None else words(likely), None if most is None else words(most))


def _inputs(found: RunReport) -> str:
    """Each input with the share of it that was read; of a text also where."""
    coverage = (found.run.outcome or {}).get("coverage") or {}
    everyone = [parts for inputs in found.shown.values() for parts in inputs.items()]
    rows = []
    for part in found.run.what["inputs"]:
        name, size = part["name"], part["characters"]
        share = f", {coverage[name]:.1%} sent to a model" if name in coverage else ""
        rows.append(f"<div><b>{text(name)}</b>: {text(part['type'])}, {size:,} characters{share}")
        read = [stretch for shown, stretches in everyone if shown == name for stretch in stretches]
        if part["type"] == "Text" and size and read:
            rows.append(
                f'<div class="strip">{_marks(read, size, "")}{_marks(found.cited.get(name, []), size, " class=cited")}</div>'
            )
        rows.append("</div>")
    legend = '<p class="soft"><span class="key"></span>sent to a model<span class="key cited"></span>source of the answer</p>'
    return "".join(rows) + (legend if any("strip" in row for row in rows) else "")


def _marks(parts: Sequence[tuple[int, int]], size: int, kind: str) -> str:
    """Parts of a text of `size` characters, drawn; those that would touch on the screen are drawn as one."""
    drawn: list[tuple[int, int]] = []
    for start, end in sorted(parts):
        if drawn and start - drawn[-1][1] < size / (4 * MOST_PARTS):
            drawn[-1] = drawn[-1][0], max(end, drawn[-1][1])
        else:
            drawn.append((start, end))
    return "".join(f'<i{kind} style="left:{100 * a / size:.3f}%;width:{100 * (b - a) / size:.3f}%"></i>' for a, b in drawn)


def _branch(branch: CallBranch) -> Iterator[str]:
    """A branch of the tree, to be opened and closed."""
    kept, folded = folding(branch.places, MOST_BESIDE)
    bad = ' class="bad"' if branch.figures.is_odd else ""
    yield f"<details><summary{bad}>{text(branch.name)}  {text(branch.figures.shown)}</summary><ul>"
    for call in branch.calls[:MOST_BESIDE]:
        yield _leaf(call, "")
    if len(branch.calls) > MOST_BESIDE:
        yield f'<li class="soft">… {len(branch.calls) - MOST_BESIDE:,} more</li>'
    for inner in map(without_chain, kept):
        if inner.inside or len(inner.calls) != 1:
            yield "<li>"
            yield from _branch(inner)
            yield "</li>"
        else:
            yield _leaf(inner.calls[0], f"{inner.name}  ")
    if folded:
        total = sum((one.figures for one in folded), CallFigures())
        yield f'<li class="soft">… {len(folded):,} more: {text(total.shown)}</li>'
    yield "</ul></details>"


def _leaf(call: CallRow, name: str) -> str:
    bad = ' class="bad"' if call.state not in ("replied", "shared") else ""
    return f"<li{bad}>{text(name)}{text(leaf(call))}</li>"


def _site(place: CallBranch) -> tuple[str, ...]:
    of = place.figures
    numbers = (of.calls, of.shared, of.cached, of.failed, of.input_tokens, of.output_tokens)
    return (place.name, *(f"{number:,}" for number in numbers), dollars(of.usd), f"{of.seconds:.2f}")


def _calls(rows: Sequence[CallRow], found: RunReport) -> str:
    return table(
        ("path", "place", "model", "state", "input tokens", "output tokens", "seconds"),
        (
            (
                ".".join(map(str, row.path)) or "·",
                found.place(row),
                row.model,
                row.state,
                f"{(row.usage or {}).get('input_tokens', 0):,}",
                f"{(row.usage or {}).get('output_tokens', 0):,}",
                "" if row.seconds is None else f"{row.seconds:.2f}",
            )
            for row in rows
        ),
    )


def _shown(found: RunReport) -> str:
    address = found.run.what["settings"].get("base_url")
    parts = [
        f"<p>{text(model)}{text(f' at {address}') if address else ''}</p>{_parts('input', inputs)}"
        for model, inputs in found.shown.items()
    ]
    return "".join(parts) or "<p>No part of an input.</p>"


def _parts(title: str, inputs: Mapping[str, Sequence[tuple[int, int]]]) -> str:
    """Parts of inputs: how much, and where."""
    rows = []
    for name, parts in inputs.items():
        places = ", ".join(f"{start:,}-{end:,}" for start, end in parts[:MOST_PARTS])
        more = f" and {len(parts) - MOST_PARTS:,} more" if len(parts) > MOST_PARTS else ""
        rows.append((name, f"{sum(end - start for start, end in parts):,}", f"{len(parts):,}", f"at {places}{more}"))
    return table((title, "characters", "stretches", "where"), rows)
