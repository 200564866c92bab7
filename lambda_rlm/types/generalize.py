"""Schemes: quantifying what a binding leaves open, and fresh copies of it at each use.

Promises: only what was made inside the binding (its level is deeper) is quantified; what carries a constraint is quantified
only where a function is written, so that evaluating a value once suffices; a literal's type is never quantified. Effects that
depend on a quantified effect become one with it, so that a scheme needs no order between its effects.
"""

from __future__ import annotations

from lambda_rlm.types.effects import find_effect, lower_effect, merge_effects
from lambda_rlm.types.open_type import GENERIC, LITERAL, T_TEXT, Effects, Fn, Open, OpenNamed, Rec, TypeVariable, find

Quantified = tuple[TypeVariable | Effects, ...]
Mapping = dict[TypeVariable | Effects, Open | Effects]


def measure(node: Open) -> tuple[int, int]:
    """Size and depth of a type written out as a tree; constant work per shared part. Functions add no depth."""
    known: dict[int, tuple[int, int]] = {}

    def walk(node: Open) -> tuple[int, int]:
        node = find(node)
        extent = known.get(id(node))
        if extent is None:
            size, depth = 1, 0
            for child in inside(node):
                child_size, child_depth = walk(child)
                size += child_size
                depth = max(depth, child_depth)
            extent = known[id(node)] = (size, depth if isinstance(node, Fn) else depth + 1)
        return extent

    return walk(node)


def inside(node: Open) -> tuple[Open, ...]:
    """The types directly inside a found node, what is known of a type variable's fields included."""
    if isinstance(node, OpenNamed):
        return node.arguments
    if isinstance(node, Rec):
        return tuple(node.fields.values())
    if isinstance(node, Fn):
        return (*node.parameters, node.result)
    if isinstance(node, TypeVariable) and node.fields:
        return tuple(node.fields.values())
    return ()


def open_parts(node: Open, level: int) -> tuple[list[TypeVariable], list[Effects]]:
    """The type variables and effects in a type that are deeper than a level, in the order they are met."""
    variables: dict[TypeVariable, None] = {}
    effects: dict[Effects, None] = {}
    stack = [node]
    seen: set[int] = set()
    while stack:
        top = find(stack.pop())
        if top.size or id(top) in seen:
            continue
        seen.add(id(top))
        if isinstance(top, TypeVariable) and level < top.level < GENERIC:
            variables[top] = None
        elif isinstance(top, Fn):
            effect = find_effect(top.effect)
            if level < effect.level < GENERIC and not effect.is_llm:
                effects[effect] = None
        stack.extend(reversed(inside(top)))
    return list(variables), list(effects)


def generalize(node: Open, level: int, is_function: bool, next_id: int) -> Quantified:
    """Quantify in place; ids count on from `next_id`."""
    if node.size:
        return ()
    variables, effects = open_parts(node, level)
    if is_function and any(variable.labels is not None for variable in variables):
        variables = _default_literals(node, variables, level)
    chosen: list[TypeVariable | Effects] = []
    for variable in variables:
        if variable.is_weak or (variable.is_constrained and not is_function):
            variable.level = level
        else:
            chosen.append(variable)
    for effect in effects:
        effect = find_effect(effect)
        if effect in chosen:
            continue
        if is_function and _absorb(effect, level):
            chosen.append(find_effect(effect))
        else:
            lower_effect(effect, level)
    for offset, part in enumerate(chosen):
        part.level = GENERIC
        part.id = next_id + offset
    return tuple(chosen)


def _default_literals(node: Open, variables: list[TypeVariable], level: int) -> list[TypeVariable]:
    """Literals that only come out of a function are Text."""
    from_parameters: set[TypeVariable] = set()
    at = find(node)
    while isinstance(at, Fn):
        for parameter in at.parameters:
            from_parameters.update(open_parts(parameter, level)[0])
        at = find(at.result)
    kept: list[TypeVariable] = []
    for variable in variables:
        if variable.labels is not None and not variable.heads & ~LITERAL and variable not in from_parameters:
            variable.link = T_TEXT
        else:
            kept.append(variable)
    return kept


def _absorb(effect: Effects, level: int) -> bool:
    """Make what depends on an effect one with it; False when something outside depends on it, so that it cannot be
    quantified."""
    while True:
        effect = find_effect(effect)
        above = [find_effect(e) for e in effect.above]
        above = [e for e in above if e is not effect and not e.is_llm and e.level < GENERIC]
        if not above:
            return not effect.is_llm
        if any(e.level <= level for e in above):
            return False
        merge_effects(above[0], effect)


def instantiate(node: Open, quantified: Quantified, level: int) -> tuple[Open, Mapping]:
    """A copy with fresh type variables and effects for what is quantified, and which is which."""
    mapping: Mapping = {}
    for part in quantified:
        if isinstance(part, TypeVariable):
            variable = TypeVariable(level, part.heads)
            variable.labels, variable.is_data = part.labels, part.is_data
            mapping[part] = variable
        else:
            effect = Effects(level)
            effect.pure_for = list(part.pure_for)
            mapping[part] = effect
    for part, fresh in list(mapping.items()):
        if isinstance(part, TypeVariable) and part.fields is not None and isinstance(fresh, TypeVariable):
            fresh.fields = {name: _copy(field, mapping, {}) for name, field in part.fields.items()}
    return _copy(node, mapping, {}), mapping


def _copy(node: Open, mapping: Mapping, done: dict[int, Open]) -> Open:
    node = find(node)
    if node.size:
        return node
    if isinstance(node, TypeVariable):
        return mapping.get(node, node)  # type: ignore[return-value]
    earlier = done.get(id(node))
    if earlier is not None:
        return earlier
    copied: Open = node
    if isinstance(node, OpenNamed):
        copied = OpenNamed(node.name, tuple([_copy(a, mapping, done) for a in node.arguments]))
    elif isinstance(node, Rec):
        copied = Rec({name: _copy(field, mapping, done) for name, field in node.fields.items()}, node.order)
    elif isinstance(node, Fn):
        effect = find_effect(node.effect)
        parameters = tuple([_copy(p, mapping, done) for p in node.parameters])
        copied = Fn(parameters, _copy(node.result, mapping, done), mapping.get(effect, effect))  # type: ignore[arg-type]
    done[id(node)] = copied
    return copied
