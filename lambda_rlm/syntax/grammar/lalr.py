"""The LALR(1) automaton: tokens in, the builder's value out.

Owns the loop over the parse table. Promises to run without recursion and to hand every reduction its exact place. Refuses
to explain: a mismatch is raised as `Unexpected`, with the stacks, for others to put into words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lambda_rlm.syntax.grammar.table import ParseTable
from lambda_rlm.syntax.tokens import END, Token


class Unexpected(Exception):
    """Token `index` fits nowhere: `states`, `values` and where these start are what was read until then."""

    def __init__(self, index: int, states: list[int], values: list[Any], starts: list[int]) -> None:
        super().__init__(f"token {index}")
        self.index = index
        self.states = states
        self.values = values
        self.starts = starts


Method = Callable[[list[Any], int, int], Any]


def methods_of(table: ParseTable, builder: object) -> list[Method | None]:
    """The builder's method for each rule."""
    return [getattr(builder, rule.method) if rule.method else None for rule in table.rules]


def run(table: ParseTable, start: str, tokens: Sequence[Token], methods: list[Method | None]) -> Any:
    """The value of the start rule over all tokens, the last of which is the end mark."""
    rows, rules = table.states, table.rules
    state, final = table.start_states[start], table.end_states[start]
    states: list[int] = [state]
    values: list[Any] = []
    starts: list[int] = []
    ends: list[int] = []
    for index, token in enumerate(tokens):
        kind = token.kind
        while True:
            action = rows[state].get(kind)
            if action is None:
                raise Unexpected(index, states, values, starts)
            if action >= 0:
                state = action
                states.append(state)
                values.append(token)
                starts.append(token.start)
                ends.append(token.end)
                break
            rule = rules[-1 - action]
            if rule.passes_on:
                states[-1] = state = rows[states[-2]][rule.origin]
                continue
            size = len(rule.symbols)
            method = methods[-1 - action]
            if method is None:
                value = _grown(values[-size:])
            else:
                children = values[-size:]
                value = method(_spliced(children) if rule.has_helper else children, starts[-size], ends[-1])
            del states[-size:], values[-size:], ends[-size:-1]
            if size > 1:
                del starts[1 - size :]
            values.append(value)
            state = rows[states[-1]][rule.origin]
            states.append(state)
            if kind == END and state == final:
                return value
    raise AssertionError("the tokens do not end with the end mark")


def is_accepted(table: ParseTable, states: Sequence[int], kind: str) -> bool:
    """Whether a token of a kind could come next; the table alone does not tell, since it may reduce before it finds out."""
    stack = list(states)
    while True:
        action = table.states[stack[-1]].get(kind)
        if action is None or action >= 0:
            return action is not None
        rule = table.rules[-1 - action]
        del stack[-len(rule.symbols) :]
        stack.append(table.states[stack[-1]][rule.origin])
        if kind == END and stack[-1] in table.end_states.values():
            return True


def _spliced(children: list[Any]) -> list[Any]:
    """The children of a reduction, the lists of repetitions laid open."""
    flat: list[Any] = []
    for child in children:
        if type(child) is list:
            flat += child
        else:
            flat.append(child)
    return flat


def _grown(children: list[Any]) -> list[Any]:
    """A repetition's list with one more turn; the list so far is reused, else long chains would cost their square."""
    first = children[0]
    if type(first) is list:
        first += children[1:]
        return first
    return children
