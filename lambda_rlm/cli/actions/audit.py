"""`audit`: the figures of a log, shown.

Owns the wording, the tables and the plot. Promises that an interruption shows what was read until then.
"""

from __future__ import annotations

import json as json_text
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from lambda_rlm.audit.log import read
from lambda_rlm.audit.report import SHARES, AuditReport, report
from lambda_rlm.audit.sketch import ERROR, Histogram
from lambda_rlm.audit.tally import LogTally
from lambda_rlm.budget.price import dollars
from lambda_rlm.cli import exits
from lambda_rlm.cli.display import figures, screen
from lambda_rlm.cli.display.bar import bar
from lambda_rlm.cli.display.costs import reachable
from lambda_rlm.cli.exits import UsageProblem
from lambda_rlm.cli.settings import Settings, settings
from lambda_rlm.completion import ModelProfile
from lambda_rlm.execution.blocking import blocking, closing
from lambda_rlm.inputs.reading import amount
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.tokens import nearest_vocabulary
from lambda_rlm.plan.strategy_file import is_path

_MEGABYTE: Final = 1_000_000
_WIDEST: Final = 40
_NUMBERS: Final = 5
"""Numbers of lines that are shown for one reason."""
_NARROWEST: Final = 64
"""Tokens below which all prompts are one bar."""
_BLOCKS: Final = " ▏▎▍▌▋▊▉█"


def audit(arguments: Sequence[str], models: Sequence[str], name: str | None, options: Mapping[str, Any], json: bool) -> int:
    """The exit code of `audit`."""
    chosen = settings(options)
    if chosen.task is not None and is_path(chosen.task):
        raise UsageProblem("audit compares the strategies of the standard library only", "set --task to the name of a task")
    profiles, notes = _profiles([one.strip() for text in models for one in text.split(",") if one.strip()], chosen)
    root = _profile(chosen.root_model, chosen) if chosen.root_model else None
    began = time.monotonic()
    with bar(is_silent=json) as show:

        def tell(done: int, total: int | None) -> None:
            speed = done / _MEGABYTE / max(0.001, time.monotonic() - began)
            if total:
                share = 100 * done // total
                show(f"{share}% of {amount(total)}, {speed:.1f} MB/s", share // 10)
            else:
                show(f"{amount(done)}, {speed:.1f} MB/s", done // (100 * _MEGABYTE))

        found = read(arguments, [nearest_vocabulary(p.name) for p in profiles], chosen.reading(), name, tell)
    seconds = time.monotonic() - began
    if not found.prompts and found.is_whole:
        first = f"line {found.bad_shown[0].line:,}: {found.bad_shown[0].reason}" if found.bad else "; ".join(found.notes)
        raise UsageProblem("the log has no prompts", first or "the log is empty")
    reports = [report(found, profile, root or profile, chosen.routing(), chosen.task) for profile in profiles]
    if json:
        screen.answer(json_text.dumps(_json(found, reports, seconds, notes), ensure_ascii=False))
    else:
        for note in (*notes, *found.notes):
            screen.say(f"note: {note}", "dim")
        screen.report(*_shown(found, reports, seconds))
    return exits.ANSWERED if found.is_whole else exits.INTERRUPTED


def _profiles(names: Sequence[str], chosen: Settings) -> tuple[list[ModelProfile], tuple[str, ...]]:
    """The models that are asked about: those named, else the one that `ask` would take."""
    if names:
        return [_profile(name, chosen) for name in dict.fromkeys(names)], ()
    model, notes = reachable(chosen)
    blocking(lambda: closing(model))
    return [model.profile], notes


def _profile(name: str | None, chosen: Settings) -> ModelProfile:
    model = connect(name, base_url=chosen.base_url, described=chosen.described())
    blocking(lambda: closing(model))
    return model.profile


def _shown(found: LogTally, reports: Sequence[AuditReport], seconds: float) -> list[str]:
    speed = found.bytes / _MEGABYTE / max(0.001, seconds)
    sentence = f"{_many(found.prompts, 'prompt')} in {amount(found.bytes)}, read in {seconds:.1f} s ({speed:.1f} MB/s)"
    lines = [sentence if found.is_whole else f"interrupted after {sentence}", *_exactness(found), *_bad(found), ""]
    lines += [*_tokens(reports), "", *_plot(found, reports), "", *_ways(reports), "", *_usd(reports)]
    return [*lines, "", *map(_advice, reports)]


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _exactness(found: LogTally) -> list[str]:
    lines = []
    if found.counter.estimated:
        checked = found.counter.errors.count
        half, most = found.counter.error(0.5), found.counter.error(0.95)
        off = f"; checked on {checked:,} of them: median error {half:.1%}, 95th percentile {most:.1%}" if checked else ""
        lines.append(f"estimated from samples: the tokens of {_many(found.counter.estimated, 'long text')}{off}")
    if found.cut:
        lines.append(f"too long to parse: {_many(found.cut, 'line')}, measured whole, including the text around the prompt")
    if found.not_text:
        lines.append(f"not counted in tokens: {_many(found.not_text, 'part')} that are not text (images, audio)")
    if found.not_utf8:
        lines.append(
            f"not UTF-8: {_many(found.not_utf8, 'prompt')}, in which each undecodable byte sequence counts as one character"
        )
    return lines


def _bad(found: LogTally) -> list[str]:
    """Lines without a prompt, those of one reason together."""
    if not found.bad:
        return []
    groups: dict[tuple[str, str], list[int]] = {}
    for bad in found.bad_shown:
        groups.setdefault((bad.file, bad.reason), []).append(bad.line)
    more = f"; the first {len(found.bad_shown)} are" if found.bad > len(found.bad_shown) else ""
    lines = [f"no readable prompt: {_many(found.bad, 'line')}{more}"]
    for (file, reason), numbers in groups.items():
        shown = ", ".join(f"{number:,}" for number in numbers[:_NUMBERS]) + (", …" if len(numbers) > _NUMBERS else "")
        lines.append(f"  {file}, line{'s' if len(numbers) > 1 else ''} {shown}: {reason}")
    return lines


def _tokens(reports: Sequence[AuditReport]) -> list[str]:
    names = [*(f"p{round(share * 100)}" for share in SHARES), "max"]
    rows: list[tuple[str, ...]] = [("tokens of a prompt", *names, "window", "too long")]
    for one in reports:
        about = "" if one.is_counted else " (estimated)"
        numbers = (f"{one.percentiles[name]:,}" for name in names)
        rows.append((f"{one.profile.name}{about}", *numbers, f"{one.profile.window:,}", _percent(one.over_window)))
    return [*figures.aligned(rows), f"percentiles are off by at most {ERROR:.1%}"]


def _percent(share: float) -> str:
    if share in (0, 1):
        return f"{100 * share:.0f}%"
    return "<0.1%" if share < 0.001 else ">99.9%" if share > 0.999 else f"{100 * share:.1f}%"


def _plot(found: LogTally, reports: Sequence[AuditReport]) -> list[str]:
    """A bar for each doubling of the length, with the place where the window of each model ends."""
    vocabulary = nearest_vocabulary(reports[0].profile.name)
    bins = _bins(found.tokens[vocabulary])
    most = max(bins.values(), default=1)
    ends: dict[int, list[str]] = {}
    for one in reports:
        ends.setdefault(_bin(one.profile.window), []).append(one.profile.name)
    lines = [f"prompts by length in tokens ({vocabulary})"]
    widths = [len(f"{top:,}") for top in bins] or [1]
    for top, count in bins.items():
        place = f"  ← window of {', '.join(ends.pop(top))}" if top in ends else ""
        lines.append(f"  up to {top:>{max(widths)},}  {count:>{len(f'{most:,}')},}  {_block(count, most)}{place}".rstrip())
    beyond = [name for names in ends.values() for name in names]
    return [*lines, *([f"  all within the window of {', '.join(beyond)}"] if beyond else [])]


def _bins(histogram: Histogram) -> dict[int, int]:
    """Trust by the power of two that a length does not exceed, none left out in between."""
    counts: dict[int, int] = {}
    for number, count in histogram.numbers():
        counts[_bin(number)] = counts.get(_bin(number), 0) + count
    if not counts:
        return {}
    low, high = min(counts), max(counts)
    return {1 << i: counts.get(1 << i, 0) for i in range(low.bit_length() - 1, high.bit_length())}


def _bin(number: int) -> int:
    return max(_NARROWEST, 1 << max(0, number - 1).bit_length())


def _block(count: int, most: int) -> str:
    eighths = -(-count * _WIDEST * 8 // most)
    return "█" * (eighths // 8) + _BLOCKS[eighths % 8].strip()


def _ways(reports: Sequence[AuditReport]) -> list[str]:
    rows: list[tuple[str, ...]] = [("share of prompts by route", "direct", "strategy", "synthesis", "direct up to")]
    for one in reports:
        shares = (_percent(one.ways[way]) for way in ("direct", "plan", "synth"))
        rows.append((one.profile.name, *shares, f"{one.threshold:,} tokens"))
    return figures.aligned(rows)


def _usd(reports: Sequence[AuditReport]) -> list[str]:
    rows = [("likely cost", "as routed", "all direct", "all strategy", "all synthesis")]
    for one in reports:
        direct = _money(one, "direct") + ("" if not one.unfit else f" (without {one.unfit:,})")
        direct = "none fits" if one.over_window == 1 else direct
        rows.append((one.profile.name, _money(one, "routed"), direct, _money(one, "plan"), _money(one, "synth")))
    known = reports[0].reply_tokens
    replies = (
        f"replies have {known:,} tokens, as in the log" if known is not None else "the log does not show the length of replies"
    )
    return [*figures.aligned(rows), f"{replies}; a strategy is assumed to read the whole text, in pieces"]


def _money(one: AuditReport, way: str) -> str:
    usd = one.usd[way]
    return "price unknown" if usd is None else "free" if usd == 0 else dollars(usd)


def _advice(one: AuditReport) -> str:
    """What a person should do for this model."""
    name = one.profile.name
    if one.saved is not None and one.advised < one.threshold:
        saves = f"using a strategy for longer ones would likely save {dollars(one.saved)} of {_money(one, 'routed')}"
        return f"{name}: ask directly up to {one.advised:,} tokens (--direct-share {one.share:g}): {saves}"
    if one.ways["direct"] == 1:
        return f"{name}: every prompt and its reply fit the context window: ask directly"
    share = "" if one.share == 1 else f" (--direct-share {one.share:g})"
    longer = _percent(1 - one.ways["direct"])
    return f"{name}: ask directly up to {one.threshold:,} tokens{share}, and use a strategy for the {longer} above that"


def _json(found: LogTally, reports: Sequence[AuditReport], seconds: float, notes: Sequence[str]) -> dict[str, Any]:
    checked = found.counter.errors.count
    estimates: dict[str, float] = {"texts": found.counter.estimated, "checked": checked}
    if checked:
        estimates |= {"off_p50": found.counter.error(0.5), "off_p95": found.counter.error(0.95)}
    return {
        "ok": found.is_whole,
        "prompts": found.prompts,
        "bytes": found.bytes,
        "characters": found.characters,
        "seconds": round(seconds, 3),
        "quantile_error": ERROR,
        "estimates": estimates,
        "cut_lines": found.cut,
        "parts_not_text": found.not_text,
        "not_utf8": found.not_utf8,
        "bad_lines": found.bad,
        "bad": [asdict(bad) for bad in found.bad_shown],
        "histogram": {name: [[top, count] for top, count in _bins(h).items()] for name, h in found.tokens.items()},
        "models": [one.as_json() for one in reports],
        "notes": [*notes, *found.notes],
    }
