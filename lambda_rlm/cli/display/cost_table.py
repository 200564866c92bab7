"""The cost tree as a person reads it: a row for each call site, choice and branch, the largest first.

Owns the layout. Rows that are inside others are set in; of a choice only the largest branch counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from lambda_rlm.bounds.figures.two_figures import count
from lambda_rlm.bounds.tree.cost_tree import CostNode, CostTree, Spent, words_at
from lambda_rlm.budget.amount import dollars
from lambda_rlm.budget.price import dollars as shown_dollars
from lambda_rlm.cli.display.figures import aligned
from lambda_rlm.diagnostics.visible import visible_line
from lambda_rlm.graphemes import begun

_WORDS: Final = 40
_LONGEST_FORM: Final = 120
_POOL: Final = "repairs and requests sent again"
_HEAD: Final = ("at most", "share", "calls", "prompt", "reply", "input tokens", "output tokens", "cost")


def shown(tree: CostTree) -> str:
    """The tree as a table, with the closed forms below."""
    return "\n".join([*_table(tree, list(_rows(tree.parts, tree, 0))), "", *_forms(tree)])


def first_rows(tree: CostTree, most: int) -> list[str]:
    """The first rows of the table, by places and functions: nothing in it is text of the program."""
    rows = list(_rows(tree.parts, tree, 0, has_words=False))
    more = [f"and {len(rows) - most:,} more: check --emit cost"] if len(rows) > most else []
    return [*_table(tree, rows[:most]), *more]


def _table(tree: CostTree, rows: Sequence[tuple[str, ...]]) -> list[str]:
    share = "100 %" if tree.parts else ""
    return aligned([_HEAD, ("the program", share, count(tree.spent.calls), "", "", *_figures(tree.spent)), *rows])


def _rows(nodes: Iterable[CostNode], tree: CostTree, depth: int, has_words: bool = True) -> Iterator[tuple[str, ...]]:
    for node in nodes:
        yield "  " * (depth + 1) + _name(node, tree, has_words), *_cells(node)
        yield from _rows(node.parts, tree, depth + 1, has_words)
        if node.mixed is not None and node.parts and any(node.mixed.numbers()):
            name = "  " * (depth + 2) + "more where branches alternate"
            yield name, "", count(node.mixed.calls), "", "", *_figures(node.mixed)


def _name(node: CostNode, tree: CostTree, has_words: bool) -> str:
    if node.span is None:
        return _POOL
    line, column = tree.source.line_column(node.span.start)
    kind = {"largest of": "largest of", "sum": "branch"}.get(node.kind, "")
    if not has_words:
        return f"{line}:{column} {kind or node.function or 'a recursion'}"
    words = words_at(tree.source, node.span)
    words = words if len(words) <= _WORDS else begun(words, _WORDS - 1) + "…"
    return visible_line(f"{line}:{column} {kind and kind + ': '}{words}")


def _cells(node: CostNode) -> Sequence[str]:
    share = "" if node.share is None else f"{node.share:.0%}".replace("%", " %")
    is_call = node.kind in ("call", "pool")
    each = (count(node.prompt), count(node.reply)) if is_call else ("", "")
    return share, count(node.spent.calls), *each, *_figures(node.spent)


def _figures(spent: Spent) -> tuple[str, str, str]:
    cost = "?" if spent.money is None else shown_dollars(dollars(spent.money))
    return count(spent.input_tokens), count(spent.output_tokens), cost


def _forms(tree: CostTree) -> Iterator[str]:
    """How the calls of each site are counted, and what that rests on."""
    facts: dict[str, int | None] = {}
    for node in tree.sites():
        assert node.span is not None
        line, column = tree.source.line_column(node.span.start)
        facts |= node.facts
        if len(node.form) <= _LONGEST_FORM:
            yield f"{line}:{column} calls ≤ {node.form} ({node.rule})"
    if facts:
        yield "where " + ", ".join(f"{name} ≤ {count(number)}" for name, number in sorted(facts.items()))
    yield f"tokens counted by {tree.counted_by}"
