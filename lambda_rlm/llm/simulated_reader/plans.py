"""A question about labelled lines as the plan that the strategies `aggregate` and `pairwise` ask for.

Owns the one place where the simulated reader knows a strategy: what each kind of question is in the words of those plans. A
plan holds what the question says and nothing of the data but the names of its fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, Final

from lambda_rlm.llm.simulated_reader.aggregate import PHRASES, PHRASES_AS, AggregateQuestion, Kind, tally_of
from lambda_rlm.llm.simulated_reader.dates import MONTHS
from lambda_rlm.llm.simulated_reader.instances import LABELS
from lambda_rlm.llm.simulated_reader.pairwise import Condition, Pairing, pairing_of

_TALLY: Final = {"labels", "where", "first", "second", "ask", "by", "test", "number", "form", "words", "dates"}
_PAIRING: Final = {"labels", "by", "one", "other"}
_MEANING: Final = "what kind of answer the question has"
_MONTH: Final = "month of Date"


def plan_for(question: str, schema: Mapping[str, Any] | None, random: Random | None) -> dict[str, Any] | None:
    """The plan that a reply of this schema must be, wrong in one thing where there is a `random` to draw it from; None where no
    plan is asked for, or none of a question that is known."""
    fields = set() if schema is None else set(schema.get("properties", ()))
    tally = tally_of(question) if fields >= _TALLY else None
    pairing = pairing_of(question) if fields >= _PAIRING else None
    if tally is not None:
        plan = plan_of(tally)
        return plan if random is None else _misread(plan, random)
    return None if pairing is None else _pairing_plan(pairing, random)


def plan_of(tally: AggregateQuestion) -> dict[str, Any]:
    """The plan of a question."""
    asks_for_labels = bool(tally.labels) or tally.kind in (Kind.MOST_COMMON, Kind.LEAST_COMMON)
    plan: dict[str, Any] = {
        "labels": list(LABELS) if asks_for_labels else [],
        "meaning": _MEANING if asks_for_labels else "",
        "where": _where(tally),
        "first": [_is("label", tally.labels[0])] if tally.labels else [],
        "second": [_is("label", tally.labels[1])] if len(tally.labels) > 1 else [],
        "ask": "count",
        "by": None,
        "test": "at least",
        "number": 0,
        "form": "Answer: [X]",
        "words": [],
        "dates": None,
    }
    return plan | _particulars(tally)


def _pairing_plan(pairing: Pairing, random: Random | None) -> dict[str, Any]:
    one, other = _role(pairing.first), _role(pairing.second)
    if random is not None:
        need = random.choice(one["needs"])
        need["labels"] = [random.choice([label for label in LABELS if label not in need["labels"]])]
    return {"labels": list(LABELS), "meaning": _MEANING, "by": "User", "one": one, "other": other}


def _role(condition: Condition) -> dict[str, Any]:
    needs = [
        {"labels": sorted(needed.labels), "test": "exactly" if needed.is_exact else "at least", "number": needed.times}
        for needed in condition.needed
    ]
    if condition.dated is None:
        return {"needs": needs, "rules": []}
    label, is_after, day = condition.dated
    must = _condition("Date", "after" if is_after else "before", day.isoformat())
    return {"needs": needs, "rules": [{"labels": [label], "must": must}]}


def _misread(plan: dict[str, Any], random: Random) -> dict[str, Any]:
    """The plan of a question that was mistaken for a slightly different one."""
    if plan["first"]:
        other = random.choice([label for label in LABELS if label not in plan["first"][0]["values"]])
        return {**plan, "first": [_is("label", other), *plan["first"][1:]]}
    wrong: dict[str, Any] = {"most": {"ask": "least"}, "least": {"ask": "most"}}.get(
        plan["ask"], {"number": plan["number"] + 1}
    )
    return plan | wrong


def _particulars(tally: AggregateQuestion) -> dict[str, Any]:
    """Where a kind of question differs from a count."""
    first, second = (*tally.labels, "", "")[:2]
    by_month = {"by": _MONTH, "dates": "Month YYYY"}
    match tally.kind:
        case Kind.COMPARE:
            return {"ask": "compare", "words": list(PHRASES_AS), "form": f"Answer: {first} is [X] {second}"}
        case Kind.BEFORE_AND_AFTER:
            day, label = tally.parted, _is("label", first)
            sides = {"first": [label, _condition("Date", "before", day)], "second": [label, _condition("Date", "after", day)]}
            return {**sides, "ask": "compare shares", "words": list(PHRASES), "form": f"Answer: {first} is [X] before {day}"}
        case Kind.MOST_COMMON | Kind.LEAST_COMMON:
            ask = "most" if tally.kind is Kind.MOST_COMMON else "least"
            return {"ask": ask, "by": "label", "number": 1, "form": "Label: [X]"}
        case Kind.FIRST_USER | Kind.SECOND_USER | Kind.USER_WITH_MOST | Kind.USER_WITH_MORE:
            place = 2 if tally.kind is Kind.SECOND_USER else 1
            return {"ask": "most", "by": "User", "number": place, "form": "User: [X]"}
        case Kind.MOST_FREQUENT_DATE:
            return {"ask": "most", "by": "Date", "number": 1, "dates": "MM/DD/YYYY", "form": "Date: [X]"}
        case Kind.DATES_REPRESENTED:
            return {"ask": "groups", "by": "Date", "test": "exactly", "number": tally.times}
        case Kind.FIRST_MONTH:
            return {**by_month, "ask": "earliest", "test": "more than second"}
        case Kind.MONTHS_OF_ONE:
            return {**by_month, "ask": "groups", "test": "most of all labels"}
        case Kind.MONTHS_OF_TWO:
            return {**by_month, "ask": "groups", "test": "more than second"}
        case Kind.COUNT:
            return {}


def _where(tally: AggregateQuestion) -> list[dict[str, Any]]:
    users = [str(user) for user in sorted(tally.users)] or list(tally.two_users)
    conditions = [_condition("User", "is", *users)] if users else []
    if tally.month is not None:
        conditions.append(_is("month name of Date", MONTHS[tally.month - 1]))
    if tally.between is not None:
        first, last = (day.isoformat() for day in tally.between)
        conditions += [_condition("Date", "from", first), _condition("Date", "to", last)]
    return conditions


def _is(field: str, value: str) -> dict[str, Any]:
    return _condition(field, "is", value)


def _condition(field: str, test: str, *values: str) -> dict[str, Any]:
    return {"field": field, "test": test, "values": list(values)}
