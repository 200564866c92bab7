"""A run as one HTML page that needs nothing else: no script, no font, no picture from anywhere.

Owns the page. Promises that every text from a run is escaped, and that the page is well-formed and readable in the dark too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from time import gmtime, strftime
from typing import Any, Final

from lambda_rlm.source import SourceFile
from lambda_rlm.trace.journal import CallRow
from lambda_rlm.trace.run_report import ROOT, Report, Site

MOST_CALLS: Final = 2_000

_STYLE: Final = """
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); --soft: color-mix(in srgb, currentColor 60%, transparent) }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2.5rem auto; padding: 0 1.25rem }
h1 { font-size: 1.35rem; margin: 0 0 .25rem } h2 { font-size: 1.05rem; margin: 2.2rem 0 .6rem }
p.meta { color: var(--soft); margin: 0 0 1.5rem }
pre { padding: .9rem 1rem; border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; white-space: pre-wrap; font: 13px/1.5 ui-monospace, monospace }
table { border-collapse: collapse; width: 100%; font-size: 14px } th { text-align: left; font-weight: 600 }
th, td { padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums } code { font: 13px ui-monospace, monospace }
.bad { color: #c0392b } .figures { display: flex; flex-wrap: wrap; gap: .8rem 2.2rem } .figures b { display: block; font-size: 1.25rem; font-weight: 600 }
.figures span { color: var(--soft); font-size: 13px }
"""


def page(found: Report) -> str:
    """The page of a run."""
    run, outcome = found.run, found.run.outcome or {}
    source = SourceFile("program", str(outcome.get("program") or run.what.get("program") or ""))
    parts = [
        f"<h1>{_text(run.what.get('query') or run.what.get('program_name') or 'a program')}</h1>",
        f'<p class="meta">run {_text(run.id)} · {_text(run.state)} · {_when(run.started)} · {_text(outcome.get("route") or run.what.get("kind"))}</p>',
        _outcome(outcome),
        _figures(outcome),
        _section("Program", f"<pre>{_text(source.text)}</pre>" if source.text else "<p>none was written</p>"),
        _section("Calls by place", _table(("place", "calls", "shared", "failed", "tokens in", "out", "cost", "seconds"), (_site(s, source) for s in found.sites))),
        _section("Slowest calls", _calls(found.slowest, source)),
        _section("Failed calls", _calls(found.failed, source)) if found.failed else "",
        _section("What was shown to whom", _shown(found)),
        _section("All calls", _calls(found.calls[:MOST_CALLS], source)),
    ]  # fmt: skip
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>run {_text(run.id)}</title><style>{_STYLE}</style></head><body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def _text(value: Any) -> str:
    return escape(str(value), quote=True)


def _when(seconds: float) -> str:
    return strftime("%Y-%m-%d %H:%M:%S UTC", gmtime(seconds))


def _section(title: str, body: str) -> str:
    return f"<h2>{title}</h2>\n{body}"


def _outcome(outcome: Any) -> str:
    fault = outcome.get("fault")
    if fault:
        return f'<pre class="bad">{_text(fault["code"])} {_text(fault["message"])}</pre>'
    return f"<pre>{_text(outcome.get('answer'))}</pre>" if outcome else "<p>It has no answer yet.</p>"


def _figures(outcome: Any) -> str:
    usage, bound = outcome.get("usage") or {}, outcome.get("bound") or {}
    rows = [
        (usage.get(name), bound.get(name), name.replace("_", " "))
        for name in ("calls", "input_tokens", "output_tokens", "usd", "span")
    ]
    rows.append((usage.get("seconds"), None, "seconds"))
    shown = [
        (f"{used:,}", f"of at most {most:,} {name}" if most is not None else name)
        for used, most, name in rows
        if used is not None
    ]
    return (
        '<div class="figures">' + "".join(f"<div><b>{_text(u)}</b><span>{_text(n)}</span></div>" for u, n in shown) + "</div>"
    )


def _site(site: Site, source: SourceFile) -> tuple[str, ...]:
    cost = "unknown" if site.usd is None else f"${site.usd:.4f}"
    numbers = (site.calls, site.shared, site.failed, site.input_tokens, site.output_tokens)
    return (place(site.place, source), *(f"{number:,}" for number in numbers), cost, f"{site.seconds:.2f}")


def place(where: tuple[int, int], source: SourceFile) -> str:
    """A place of a program as a line and what stands there."""
    if where == ROOT or where[1] > len(source.text):
        return "the root model"
    line, _ = source.line_column(where[0])
    return f"line {line}: {' '.join(source.text[where[0] : where[1]].split())[:80]}"


def _calls(rows: Sequence[CallRow], source: SourceFile) -> str:
    return _table(
        ("path", "place", "model", "state", "tokens in", "out", "seconds"),
        (
            (
                ".".join(map(str, row.path)) or "·",
                place(row.place, source),
                row.model,
                row.state,
                f"{(row.usage or {}).get('input_tokens', 0):,}",
                f"{(row.usage or {}).get('output_tokens', 0):,}",
                "" if row.seconds is None else f"{row.seconds:.2f}",
            )
            for row in rows
        ),
    )


def _shown(found: Report) -> str:
    rows = [
        (
            model,
            name,
            f"{sum(end - start for start, end in parts):,}",
            json.dumps(parts[:20])[1:-1] + (" …" if len(parts) > 20 else ""),
        )
        for model, inputs in found.shown.items()
        for name, parts in inputs.items()
    ]
    return _table(("model", "input", "characters", "stretches"), rows) if rows else "<p>Nothing of any input.</p>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = "".join("<tr>" + "".join(f"<td{_class(cell)}>{_text(cell)}</td>" for cell in row) + "</tr>\n" for row in rows)
    return f"<table><tr>{''.join(f'<th>{_text(name)}</th>' for name in head)}</tr>\n{body}</table>"


def _class(cell: str) -> str:
    return ' class="n"' if cell[:1].isdigit() or cell[:1] == "$" else ""
