"""The cost tree as JSON data: the record that others keep, read and check.

Owns the form, which has a version and is frozen by a schema (`docs/cost-tree.schema.json`). Promises that the totals of a
record can be computed from its leaves alone: integers, money in picodollars beside dollars; null is no limit, or no price.
"""

from __future__ import annotations

from typing import Any, Final

from lambda_rlm.bounds.bound import whole
from lambda_rlm.bounds.cost import Figures
from lambda_rlm.bounds.tree.cost_tree import CostNode, CostTree, Spent, words_at
from lambda_rlm.budget.amount import dollars
from lambda_rlm.diagnostics.source import SourceFile, Span

VERSION: Final = 1
_MOST_WORDS: Final = 80
"""Characters of the source that a place shows."""


def as_record(tree: CostTree) -> dict[str, Any]:
    """The whole tree; its parts add up to its figures."""
    return {
        "version": VERSION,
        "file": tree.source.name,
        "program": tree.source.digest,
        "counted_by": tree.counted_by,
        "kind": "sum",
        **_figures(tree.spent),
        "of": nodes_json(tree),
    }


def nodes_json(tree: CostTree) -> list[dict[str, Any]]:
    """The nodes that add up to the whole, the largest first."""
    return [_node(node, tree) for node in tree.parts]


def site_json(source: SourceFile, span: Span, figures: Figures, *, is_priced: bool) -> dict[str, Any]:
    """One call site in short: its place and what it costs at most."""
    calls, sent, received, money = (whole(size.value) for size in figures)
    return {"place": _place(source, span), **_figures(Spent(calls, sent, received, money if is_priced else None))}


def _node(node: CostNode, tree: CostTree) -> dict[str, Any]:
    place = None if node.span is None else _place(tree.source, node.span)
    data: dict[str, Any] = {"kind": node.kind, "place": place, **_figures(node.spent), "share": node.share}
    each = {"input_tokens": node.prompt, "output_tokens": node.reply}
    match node.kind:
        case "call":
            data |= {"function": node.function, "rule": node.rule, "formula": node.form, "each": each}
            data |= {"facts": dict(node.facts), "counted_by": tree.counted_by, **_taken(node, tree)}
        case "pool":
            data |= {"attempts": node.attempts, "formula": node.form, "each": each}
        case "largest of":
            assert node.mixed is not None
            data |= {"mixed": _figures(node.mixed), **_taken(node, tree)}
    return data if node.kind in ("call", "pool") else {**data, "of": [_node(part, tree) for part in node.parts]}


def _taken(node: CostNode, tree: CostTree) -> dict[str, Any]:
    if node.branch is None:
        return {"taken": "surely", "branch": None}
    return {"taken": "in a branch", "branch": _place(tree.source, node.branch)}


def _figures(spent: Spent) -> dict[str, Any]:
    return {
        "calls": spent.calls,
        "input_tokens": spent.input_tokens,
        "output_tokens": spent.output_tokens,
        "usd": None if spent.money is None else dollars(spent.money),
        "picodollars": spent.money,
    }


def _place(source: SourceFile, span: Span) -> dict[str, Any]:
    """Where something is, and the words there: to the end of the line, or the first of them."""
    line, column = source.line_column(span.start)
    words = words_at(source, span)
    return {
        "file": source.name,
        "line": line,
        "column": column,
        "start": span.start,
        "end": span.end,
        "words": words[:_MOST_WORDS],
    }
