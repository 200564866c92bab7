"""Seeded bugs in the analysis of costs, the meter, types, evaluation and hedging: each must be noticed by a test.

`python -m tests.mutants.seeded` copies the package, changes one text in one file, and runs a few fast tests on the copy; `NAME …` runs
only these. A mutant that no test notices, or whose text is not found any more, fails the run, and so do tests that fail without any bug.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BOUNDS = ("tests/bounds/test_bounds.py", "tests/bounds/test_close.py")
WIDE = ("tests/bounds/test_wide_characters.py",)
THOUGHT = ("tests/bounds/test_thought.py",)
METER = ("tests/budget/test_budget.py", "tests/eval/test_asking.py")
UNKNOWN = ("tests/budget/test_unknown_costs.py",)
TYPES = ("tests/types/test_types.py", "tests/types/test_attacks.py", "tests/conformance/test_conformance.py")
SCHEDULE = ("tests/eval/test_evaluation.py",)
LIBRARY = ("tests/eval/test_library.py", "tests/properties/test_library.py")
SHORTER = ("tests/diagnostics/test_codes.py", "tests/conformance/test_conformance.py")
HEDGE = ("tests/llm/test_hedge.py",)
POOL = ("tests/budget/test_pool.py", "tests/budget/test_paid_attempts.py")
LENT = ("tests/llm/test_lent.py",)
CONTROL = ("tests/llm/test_control_tokens.py",)
UNSENT = ("tests/budget/test_unsent.py",)
REFUSED = ("tests/llm/test_paid_refusals.py",)
BILLABLE = ("tests/llm/test_billable.py",)
REPLIES = ("tests/eval/test_reply_length.py",)
COST_TREE = ("tests/bounds/test_cost_tree.py",)
GIVEN = ("tests/execution/test_bound_of_inputs.py",)
HOST = ("tests/execution/test_host_functions.py",)
SYNTH = (
    "tests/answering/test_synthesize.py",
    "tests/synth/test_propose.py",
    "tests/answering/test_candidates.py",
    "tests/synth/test_select.py",
)
ATTEMPTS = ("tests/bounds/test_attempts.py",)
TEXTS = ("tests/eval/test_reply_texts.py",)
HELD = ("tests/bounds/test_replies.py",)
COUNTED = ("tests/bounds/test_tokens.py",)
TOKENS = ("tests/llm/vocabulary/test_seams.py", "tests/llm/vocabulary/test_charges.py")
INJECTION = ("tests/answering/test_injection.py",)
COLUMNS = ("tests/eval/test_columns.py", "tests/properties/test_columns.py")
BATCHES = ("tests/eval/test_batches.py", "tests/properties/test_batches.py")
LEFT_OUT = "not suite and not moment"


@dataclass(frozen=True)
class Mutant:
    """A bug: `before` becomes `after` in one file, and one of the tests must fail."""

    name: str
    path: str
    before: str
    after: str
    tests: tuple[str, ...] = BOUNDS


MUTANTS = (
    Mutant("a part is cut nowhere", "bounds/domain/makeup.py", "size_of(cuts * made.piece)", "size_of(0 * made.piece)", COUNTED),
    Mutant("a part is cut at one end", "bounds/transfer/texts.py", "cuts: int = 2, whole", "cuts: int = 1, whole", ATTEMPTS),
    Mutant("stretches of a text add no cuts", "bounds/domain/makeup.py", "return text.tokens + cuts * text.made.piece if text.made.piece else text.tokens", "return text.tokens", COUNTED),
    Mutant("the densest stretch is that of half its length", "bounds/domain/makeup.py", "made.most(int(chars.value))", "made.most(int(chars.value) // 2)", COUNTED),
    Mutant("what is put together has the smallest piece", "bounds/domain/makeup.py", "piece = max((text.made.piece for text in texts), default=0)", "piece = min((text.made.piece for text in texts), default=0)", COUNTED),
    Mutant("no prompt cuts an instruction", "bounds/domain/makeup.py", 'is_lead = line[:1] != "" and not line[0].isalpha()', "is_lead = False", COUNTED),
    Mutant("a text read backwards has as many tokens", "bounds/transfer/sequences.py", "lambda text: replace(text, made=changed(text))", "lambda text: text", COUNTED),
    Mutant("a reply has no ends", "eval/asking/shape.py", "        if self.used > self.room.together:\n", "        if False:\n", COUNTED),
    Mutant("texts in lists have the tokens of one", "types/reply_tokens.py", "    return min(texts * LISTED_ENDS * most_ends / MOST_REPLY_ENDS,", "    return min(Fraction(0),", TEXTS),
    Mutant("one text may have the tokens of all", "eval/asking/shape.py", "if size > one and", "if False and", TEXTS),
    Mutant("texts in a list have together what one has", "bounds/domain/reply_size.py", "counted = symbol(made.counted, self.held.together, self.owner, tokens)", "counted = symbol(made.counted, made.counted, self.owner, tokens)", TEXTS),
    Mutant("texts are none in lists", "types/reply_tokens.py", "return TextsOf(0, max(texts.listed, ", "return TextsOf(0, 0 * max(texts.listed, ", TEXTS),
    Mutant("a reply has any number of elements", "eval/asking/shape.py", "        if elements > most:\n", "        if False:\n", HELD),
    Mutant("a list of a reply is as long as its characters", "eval/asking/coerce.py", "        self.reading.count(len(raw), element, place)\n", "", HELD),
    Mutant("an empty text takes the tokens of one", "types/reply_tokens.py", '        case Con("Text") if not are_filled:\n', "        case _ if False:\n", HELD),
    Mutant("a field that may be missing takes tokens", "types/reply_tokens.py", "if are_filled and texts_of(inner).single else 0", "if are_filled and texts_of(inner).single else 4", HELD),
    Mutant("a boolean takes two tokens", "types/reply_tokens.py", 'case Con("Bool" | "Option" | "List"):', 'case Con("Option" | "List"):', HELD),
    Mutant("the analysis counts half the elements", "bounds/domain/reply_size.py", "ceil_div(texts.held.tokens, element_tokens(inner))", "ceil_div(texts.held.tokens, 2 * element_tokens(inner))", HELD),
    Mutant("long words are not counted", "eval/asking/shape.py", "        if self.pieces > self.room.pieces:\n", "        if False:\n", HELD),
    Mutant("a long word is counted as short", "eval/asking/shape.py", "        size = max(map(len, _PARTED.split(s)))\n", "        size = min(map(len, _PARTED.split(s)))\n", HELD),
    Mutant("fields of one group count once", "bounds/domain/totals.py", "max(most, coefficient)", "1", HELD),
    Mutant("a list beside itself shares its sum", "bounds/domain/totals.py", "self.groups.setdefault(group, fresh())", "self.groups.setdefault(group, group)", HELD),
    Mutant("lists put together share one sum", "bounds/domain/totals.py", "        return symbol(highest, summed(sum_), self.owner,", "        return symbol(highest, sum_, self.owner,", HELD),
    Mutant("a cut of texts in lists adds nothing", "bounds/domain/makeup.py", "if made.cut is None else made.cut * cuts", "if made.cut is None else ZERO", HELD),
    Mutant("any text is as narrow as a quote", "bounds/domain/reply_size.py", 'texts.held.quote if name == "Quote" else WIDEST', "texts.held.quote", HELD),
    Mutant("a quote has white space of the document", "eval/asking/quotes.py", "                and width_of(document.text[first:last]) <= width_of(shown)\n", "", HELD),
    Mutant("a quote has white space of a source", "eval/asking/quotes.py", "if cited is not None and width_of(cited.s) <= width_of(shown):", "if cited is not None:", HELD),
    Mutant("a Float is shown as an Int", "bounds/transfer/numbers.py", "P.TO_FLOAT: lambda x: replace(x, is_int=False)", "P.TO_FLOAT: lambda x: x", HELD),
    Mutant("a quotient of Ints is an Int", "bounds/rules/operators.py", ' and op != "/")', ")", HELD),
    Mutant("an Int is shown by its larger limit", "bounds/transfer/texts.py", "for limit in (low, high.value))", "for limit in (high.value,))", HELD),
    Mutant("digits of an input's size are those of one", "bounds/transfer/texts.py", "if high.is_number and low != -math.inf", "if low != -math.inf", HELD),
    Mutant("a repair says nothing", "eval/asking/asking_rates.py", ".tokens + said", ".tokens", ATTEMPTS),
    Mutant("nothing is repaired", "bounds/rates.py", "return self.repairs if is_choice or type_ != TEXT else 0", "return 0", ATTEMPTS),
    Mutant("all calls have the spare attempts of one", "bounds/transfer/calls.py", "spare_input=times(spare, again)", "spare_input=again", ATTEMPTS),
    Mutant("llm_map has no spare attempts", "bounds/transfer/mapping.py", "spare_input=round_ * (more * repeats)", "spare_input=round_ * 1", ATTEMPTS),
    Mutant("a text of one character more is whole", "bounds/domain/makeup.py", "text.chars.value <= whole", "text.chars.value <= whole + 1", ATTEMPTS),
    Mutant("of many texts one is cut", "bounds/domain/makeup.py", "ceil_div(text.chars * int(cut.value), int(whole) + 1)", "cut", ATTEMPTS),
    Mutant("a symbol belongs to no list", "bounds/domain/size.py", "return 1, frozenset((atom.owner,))", "return 1, _NOBODY"),
    Mutant("a long reply is never cut for its tokens", "eval/asking/shape.py", "if self.vocabulary is None or len(s.encode", "if True or len(s.encode", COUNTED),
    Mutant("a prompt has the marks of one stretch of data", "bounds/rates.py", "blocks * BLOCK_OVERHEAD if blocks", "BLOCK_OVERHEAD if blocks", COUNTED),
    Mutant("a code is counted as this key makes it", "eval/asking/asking_rates.py", "tokens + other_codes(vocabulary, sent, settings.key)", "tokens", COUNTED),
    Mutant("items are packed by what the run was bounded by", "eval/asking/question.py", "if not (is_counted if profile.vocabulary is not None else profile.input_price):", "if not profile.input_price:", COUNTED),
    Mutant("a rope is counted as one text", "eval/staging/counting.py", "TokenSize(min(tokens, in_bytes), longest)", "self.vocabulary.size(text.s) if self.vocabulary else TokenSize(0, 0)", COUNTED),
    Mutant("a reply about Thai has the ends of one about English", "execution/scripts.py", "            return MOST_REPLY\n", "            continue\n", COUNTED),
    Mutant("staging is charged again where a run is counted", "execution/prepare.py", "        meter = Meter(self.budget)\n        admit_inputs(self.typed, self.values, meter)\n", "        raise AssertionError\n", COUNTED),
    Mutant("a small letter always parts from a capital", "llm/vocabulary/seams.py", "_between(LOWER, _UPPER)", "_between(_LOWER, _UPPER)", TOKENS),
    Mutant("a sign parts from the line end after it", "llm/vocabulary/seams.py", "_between(_SIGNS, NUMBER + SPACE)", "_between(_SIGNS, NUMBER + _WHITE)", TOKENS),
    Mutant("a word parts from a mark", "llm/vocabulary/seams.py", "_between(_LETTERS, NUMBER + _WHITE + OTHER + SLASH)", "_between(_LETTERS, NUMBER + _WHITE + OTHER + SLASH + MARK)", TOKENS),
    Mutant("the first piece is charged by its tokens", "llm/vocabulary/charges.py", "tokens, piece = byte_count(text[:start]) + ", "tokens, piece = self._counter()(text[:start]) + ", TOKENS),
    Mutant("the last piece is charged by its tokens", "llm/vocabulary/charges.py", " + byte_count(text[end:]), 0", " + self._counter()(text[end:]), 0", TOKENS),
    Mutant("the ends of a short text cost nothing", "llm/vocabulary/charges.py", "TokenSize(sum(widths) - sum(inner) + tokens, piece)", "TokenSize(tokens, piece)", TOKENS),
    Mutant("a piece has as many bytes as characters", "llm/vocabulary/characters.py", "times = self._width or", "times = 1 or", TOKENS),
    Mutant("the largest piece is the last one", "llm/vocabulary/charges.py", "piece = max(piece, cell.piece)", "piece = cell.piece", TOKENS),
    Mutant("a cut piece costs its tokens", "llm/vocabulary/counted.py", "min(cell.size, tokens + cell.piece)", "tokens", TOKENS),
    Mutant("a part lies in two cells at least", "llm/vocabulary/counted.py", "found = self._inside", "found = 0", TOKENS),
    Mutant("a longer part costs more", "llm/vocabulary/counted.py", "accumulate(terms, max)", "terms", TOKENS),
    Mutant("the ends of a part cost nothing", "llm/vocabulary/counted.py", "tokens = left.tokens + self._sums[last] - self._sums[first] + right.tokens", "tokens = self._sums[last] - self._sums[first]", TOKENS),
    Mutant("cached tokens are for nothing", "budget/paying.py", "max(0.0, profile.input_price - profile.cached_input_price)", "profile.input_price", ("tests/budget/test_cached_tokens.py",)),
    Mutant("the sum over a list is that of its largest element", "bounds/domain/totals.py", "return sum_\n", "return atom.peak\n"),
    Mutant("pieces of a chunk are as long as may be", "bounds/transfer/texts.py", "return ceil_div(chars, max_low - max_low // 8)", "return ceil_div(chars, max_low)"),
    Mutant("retries are forgotten", "bounds/rates.py", "return (1 + self.resends) * (1 + self.retries) * (1 + self.refusals)", "return 1"),
    Mutant("of two texts the shorter", "bounds/domain/joining.py", "largest((a.chars, b.chars)), largest((a.bytes, b.bytes))", "min((a.chars, b.chars), key=lambda s: s.value), min((a.bytes, b.bytes), key=lambda s: s.value)"),
    Mutant("a total forgets the count", "bounds/domain/totals.py", "    summed = times(count, SizeBound(size.constant))\n", "    summed = SizeBound(size.constant)\n"),
    Mutant("a level of a fix is its length alone", "bounds/rules/recursion.py", "key = (signature(settled_argument), depth)", "key = (length, depth)"),
    Mutant("a recursion inside a recursion starts anew", "bounds/rules/recursion.py", "replace(cost, depth=cost.depth + ONE)", "replace(cost, depth=ONE)"),
    Mutant("a fact outlives its name", "bounds/domain/guards.py", "return any(place[0] in names for place in self.places)", "return False"),
    Mutant("a fact follows into a function", "bounds/analysis.py", "        saved, self.facts = self.facts, facts\n", "        saved = self.facts\n"),
    Mutant("two elements of a list are one", "bounds/analysis.py", "value.owner not in self.open or value.element is None:", "True:"),
    Mutant("a function leaves its list as it is", "bounds/domain/abstract.py", "case AbstractFunction(changed=changed, either=either) if changed is not None:", "case AbstractFunction(changed=changed, either=either) if False and changed is not None:"),
    Mutant("an accumulator keeps its first shape", "bounds/transfer/loops.py", "if covers(shape, solved.after):", "if True:"),
    Mutant("fractions are cut off", "bounds/domain/size.py", "SizeBound(max(0, math.ceil(number)))", "SizeBound(max(0, int(number)))"),
    Mutant("a name bound twice waits for the second", "bounds/rules/bindings.py", "return AbstractResult(value, largest(chains) + own)", "return AbstractResult(value, largest(ready.values()) + own)"),
    Mutant("the last binding is all the result waits for", "bounds/rules/bindings.py", "return AbstractResult(value, largest(chains) + own)", "return AbstractResult(value, largest(chains[-1:]) + own)"),
    Mutant("llm_map takes every item it is allowed", "bounds/transfer/mapping.py", "most = max(1, min(_at_least_one(per_call, rates.per_call), int(rates.max_output // max(1, tokens.value))))", "most = _at_least_one(per_call, rates.per_call)"),
    Mutant("texts of a reply may grow", "eval/asking/shape.py", "        if self.characters < 0:\n", "        if False:\n"),
    Mutant("options are no part of a prompt", "bounds/transfer/asking.py", "prompt.chars + listed + size_of(len(OPTIONS))", "prompt.chars"),
    Mutant("repairs are no attempts", "bounds/rates.py", "return (1 + repairs) * (1 + self.resends)", "return 1 + self.resends"),
    Mutant("of two branches the cheaper", "bounds/cost.py", "Cost(*(largest(getattr(cost, name) for cost in costs) for name in _NAMES))", "Cost(*(min((getattr(cost, name) for cost in costs), key=lambda s: s.value) for name in _NAMES))"),
    Mutant("of two calls of one site the first", "bounds/cost.py", "figures=self.figures.plus(other.figures), prompt=prompt", "figures=self.figures, prompt=prompt", COST_TREE),
    Mutant("of two choices of one place the first", "bounds/cost.py", "return Choice(self.figures.plus(other.figures), branches if", "return Choice(self.figures, branches if", COST_TREE),
    Mutant("branches never alternate", "bounds/tree/cost_tree.py", "return None if number is None else number - max(known)", "return 0", COST_TREE),
    Mutant("the pool is no part of the cost tree", "bounds/tree/cost_tree.py", "    if pool.value:\n", "    if False:\n", COST_TREE),
    Mutant("a question that is not given is empty", "execution/check.py", "and not _uses_query(self.typed.program)", "", GIVEN),
    Mutant("what does not fit a model is admitted", "execution/check.py", "        if against:\n            raise", "        if False:\n            raise", GIVEN),
    Mutant("an accumulator does not grow", "bounds/transfer/loops.py", "return start + total(rest, count, owner)", "return start + peak(rest, owner)"),
    Mutant("a function is applied to one element", "bounds/transfer/callbacks.py", "outcome, cost = analysis.measured(lambda: call(f, element))\n    analysis.charge(cost.for_each(list_.length, list_.owner))", "outcome, cost = analysis.measured(lambda: call(f, element))\n    analysis.charge(cost)"),
    Mutant("a level of tree_fold has a group less", "bounds/transfer/loops.py", "joining = size_of(min(int(groups.length.value), int(value.length.value) // 2))", "joining = size_of(max(0, min(int(groups.length.value), int(value.length.value) // 2) - 1))"),
    Mutant("llm_map asks in one round", "bounds/transfer/mapping.py", "again=again * (_ROUNDS - 1),", "again=ZERO,"),
    Mutant("a template is its last part", "bounds/rules/data.py", "chars, bytes_, beyond = chars + shown.chars, bytes_ + shown.bytes, beyond + shown.wide", "chars, bytes_, beyond = shown.chars, shown.bytes, shown.wide"),
    Mutant("windows share no wide character", "bounds/transfer/texts.py", "_MOST_WINDOWS: Final = 3", "_MOST_WINDOWS: Final = 1", WIDE),
    Mutant("of wide characters a change of case makes one", "bounds/transfer/texts.py", "beyond=text.wide * wider", "beyond=text.wide", WIDE),
    Mutant("what is put in is as narrow as what was there", "bounds/transfer/texts.py", "beyond=text.wide + times(places, new.wide), made", "beyond=text.wide, made"),
    Mutant("a template has the wide characters of its last part", "bounds/rules/data.py", "bytes_ + shown.bytes, beyond + shown.wide", "bytes_ + shown.bytes, shown.wide", WIDE),
    Mutant("a group is put back once", "bounds/transfer/texts.py", "+ times(places, new.wide) + times(text.wide, references)", "+ times(places, new.wide)", WIDE),
    Mutant("a slice begins where its name does", "bounds/domain/offsets.py", "return max(0, high[1] - low[1])", "return max(0, high[1])"),
    Mutant("max is as low as may be", "bounds/domain/offsets.py", "_offset(start, P.MAX, primitive_of), _offset(end, P.MIN, primitive_of)", "_offset(start, P.MIN, primitive_of), _offset(end, P.MAX, primitive_of)"),
    Mutant("the reply takes no room in the window", "bounds/transfer/calls.py", "left = rates.window - min(tokens.value, rates.window)\n", "left = rates.window\n"),
    Mutant("what is reserved stays reserved", "budget/meter.py", "        self.reserved = self.reserved.minus(amount)\n", "", METER),
    Mutant("nothing is reserved", "budget/meter.py", "        self.reserved = self.reserved.plus(amount)\n", "", METER),
    Mutant("what is used is not booked", "budget/meter.py", "        self.used = self.used.plus(used)\n", "", METER),
    Mutant("a child does not draw on its parent", "budget/meter.py", "            self.parent._take(target.minus(committed), who)\n", "            pass\n", METER),
    Mutant("what was held is not given back", "budget/meter.py", "            self.parent._give(before.minus(self._open), NOTHING, NO_USAGE)\n", "            pass\n", METER),
    Mutant("an unknown cost is booked as nothing", "budget/meter.py", "            money = aside.money\n", "            money = 0\n", UNKNOWN),
    Mutant("unknown spending refuses nothing", "budget/meter.py", "            if account.is_unpriced:\n", "            if False:\n", UNKNOWN),
    Mutant("nothing reported is no cost", "completion.py", "    cost: float | None = None\n", "    cost: float | None = 0.0\n", UNKNOWN),
    Mutant("one call more than the budget", "budget/meter.py", "target.calls > budget.calls", "target.calls > budget.calls + 1", METER),
    Mutant("the pool has one attempt more", "budget/meter.py", "account.extra + attempts > account.pool:", "account.extra + attempts > account.pool + 1:", POOL),
    Mutant("the pool has one attempt less", "budget/meter.py", "account.extra + attempts > account.pool:", "account.extra + attempts >= account.pool:", POOL),
    Mutant("a repair takes nothing from the pool", "eval/asking/asker.py", "            self.meter.take_attempt()\n            taken = 1\n", "            taken = 0\n", POOL),
    Mutant("items asked for again take nothing", "eval/asking/asker.py", "        if question.is_extra:\n            self.meter.take_attempt()\n", "", POOL),
    Mutant("what is sent again is not set aside", "budget/paying.py", "            try:\n                self.reserve()\n", "            try:\n                pass\n", POOL),
    Mutant("the last attempt of a failure is free", "budget/paying.py", "self.attempts if is_billable else self.attempts - 1", "self.attempts - 1", POOL),
    Mutant("a failure between attempts is free", "budget/paying.py", "is not None or not failed.is_billable:\n", "is not None or True:\n", POOL),
    Mutant("a hidden attempt is free", "budget/paying.py", "uncounted=1 + retries)", "uncounted=1)", LENT),
    Mutant("an attempt that is not sent stays taken", "budget/paying.py", "                self.meter.return_attempt()\n", "", POOL),
    Mutant("a silent reply hides behind a failure", "budget/paying.py", "    if usage.uncounted or (not usage.is_estimated and _is_possible(usage)):\n", "    if usage:\n", POOL),
    Mutant("a silent model is free at said prices", "llm/wrappers/model_options.py", "is_counted = usage.input_tokens or usage.output_tokens", "is_counted = usage.attempts", POOL),
    Mutant("one refusal alone may end a request", "budget/paying.py", "any(error is refusal for refusal in tab.refusals)", "error is tab.refusals[-1]", POOL),
    Mutant("what is sent instead shares a place", "llm/connect.py", "ConstraintFallback(_sent(model, limiter, account, hedge, tracer))", "_sent(ConstraintFallback(model), limiter, account, hedge, tracer)", REFUSED),
    Mutant("what is known to be refused is asked for", "llm/providers/constraints.py", "        self.takes_schema = False\n", "", REFUSED),
    Mutant("what only waited was sent", "budget/paying.py", "                made -= 1\n", "", UNSENT),
    Mutant("what was sent only waited", "budget/paying.py", "        tab.is_waiting = False\n", "        pass\n", UNSENT),
    Mutant("what failed before a refusal is free", "llm/wrappers/retry.py", "refused.usage = spent + (refused.usage or NO_USAGE)", "pass", POOL),
    Mutant("a request that was not sent is paid by the account", "llm/wrappers/hedge.py", "                    refused.usage = NO_USAGE\n", "", LENT),
    Mutant("another text than the one that is sent is counted", "llm/wrappers/harmless.py", "replace(profile, vocabulary=None)", "profile", CONTROL),
    Mutant("what is sent again asks nobody", "llm/wrappers/retry.py", "if failed.is_billable and request.again is not None:", "if False:", BILLABLE),
    Mutant("an overloaded server bills", "llm/failures.py", "_NOT_WORKED_ON: Final = (501, 503, 529)", "_NOT_WORKED_ON: Final = ()", BILLABLE),
    Mutant("the pool costs nothing", "bounds/bound.py", "Figures(smallest(cost.again, pool), *map(lower, dearest, spare))", "Figures(smallest(cost.again, pool))", METER),
    Mutant("the bound has no pool", "bounds/bound.py", "pool = _pool(cost, rates)", "pool = _pool(cost, rates) * 0", POOL),
    Mutant("no occurs check", "types/unify.py", "            if top is variable:\n                return INFINITE\n", "            if top is variable:\n                continue\n", TYPES),
    Mutant("what is open around a binding is quantified", "types/infer_bindings.py", "generalize(binding.type, s.level, is_function, s.next_id)", "generalize(binding.type, s.level - 1, is_function, s.next_id)", TYPES),
    Mutant("a model call raises no effect", "types/effects.py", "        raise_effect(high)\n", "", TYPES),
    Mutant("the first fault in time is raised", "eval/compile/closures/together.py", "elif position < self.failed:", "elif self.failure is None:", SCHEDULE),
    Mutant("a piece is one character too long", "eval/library/cutting.py", "        highest = begin + size\n", "        highest = begin + size + 1\n", LIBRARY),
    Mutant("a fix may go on with what is as long", "eval/compile/rules/recursion.py", "        if length >= limit:\n            raise wording.not_shorter(span, length, limit)\n        return", "        if length > limit:\n            raise wording.not_shorter(span, length, limit)\n        return", SHORTER),
    Mutant("calls in flight are not limited", "eval/asking/asker.py", "        async with self.limiter:\n", "        if True:\n", METER),
    Mutant("thought takes no room in the window", "completion.py", "return max(1, self.window - self.reasoning_tokens)", "return self.window"),
    Mutant("a request that is sent twice counts once", "llm/wrappers/hedge.py", "replace(profile, resends=2 * (1 + profile.resends) - 1)", "profile", HEDGE),
    Mutant("every thought is that before a short reply", "bounds/rates.py", "self.thought(min(reply.value, self.max_output))", "self.thought(1)", THOUGHT),
    Mutant("many items are thought of as one", "bounds/transfer/mapping.py", "rates.thought_before(replies)", "rates.thought_before(tokens)", THOUGHT),
    Mutant("a reply needs no key and no fence", "types/reply_tokens.py", "(0 if isinstance(type_, Record) else _KEY) + _FENCE + _WORDS", "1", REPLIES),
    Mutant("an entry needs no number", "types/reply_tokens.py", "need + _ENTRY + len", "need + len", REPLIES),
    Mutant("a reply may be longer than the analysis allows", "eval/asking/model_calls.py", "typical = shape_of(type_), reply_out(type_, asker.settings.out)", "typical = shape_of(type_), asker.settings.out", THOUGHT),
    Mutant("who lost the race is not paid", "llm/wrappers/hedge.py", "won if lost is NO_USAGE else", "won if True else", HEDGE),
    Mutant("what the host gives does not grow", "bounds/transfer/hosted.py", "received * cost.characters_per_character + size_of(cost.characters)", "size_of(cost.characters)", HOST),
    Mutant("the host gives as much as it likes", "eval/compile/closures/hosted.py", "        if size > most:\n", "        if False:\n", HOST),
    Mutant("what the host gives is trusted", "eval/compile/closures/hosted.py", "            return Text(s, origin)\n", "            return Text(s)\n", HOST),
    Mutant("what a prompt shows is dropped too", "eval/provenance/cuts.py", "minus(union(parts), shown(document))", "union(parts)", ("tests/eval/test_dropped.py",)),
    Mutant("what is cut for no prompt is dropped", "eval/provenance/cuts.py", "if first < len(starts) and starts[first] < end:", "if True:", ("tests/eval/test_dropped.py",)),
    Mutant("a program that was cut is mended", "synth/proposing/extract.py", "if match.group(3) or not is_cut]", "]", SYNTH),
    Mutant("what was cut is read as it stands", "synth/proposing/extract.py", "if not fenced and text and not is_cut:", "if not fenced and text:", SYNTH),
    Mutant("candidates are run whether they fit together or not", "answering/candidates.py", "    for number, one in enumerate(ranked):\n", "    chosen = list(ranked)\n    for number, one in enumerate(()):\n", SYNTH),
    Mutant("a failure leaves in a group", "answering/candidates.py", "            failures.append(failure)\n            group.cancel_scope.cancel()\n", "            raise\n", SYNTH),
    Mutant("layout tells programs apart", "synth/select.py", "pretty(replace(renamed(program), source=_NOWHERE))", "pretty(renamed(program))", SYNTH),
    Mutant("an answer of another type passes", "synth/proposing/wanted.py", "    if typed.type == wanted:\n", "    if True:\n", SYNTH),
    Mutant("failed calls of an earlier session change the question", "answering/synthesize.py", "left.usd + (lost or 0.0) - dollars", "left.usd - dollars", SYNTH),
    Mutant("names of fields are orders", "synth/turn.py", "is_data=_has_fields(type_)", "is_data=False", INJECTION),
    Mutant("what is said of a program is never data", "answering/synthesize.py", "has_seen_data=has_data(opening)", "has_seen_data=False", INJECTION),
    Mutant("columns: a key is that of the last row of its group", "eval/compile/columns/view.py", "return self._key(self.starts[group])", "return self._key(self.starts[group] + self.counts[group] - 1)", COLUMNS),
    Mutant("columns: cells are charged each time they are read", "eval/compile/columns/field.py", "        fresh = mask if flags is None else both(mask, compute.invert(mask_of(flags)))\n", "        fresh = mask\n", COLUMNS),
    Mutant("columns: what comes after the row that decides is charged", "eval/compile/columns/operations.py", "        view = view.part(0, place + 1)\n", "        pass\n", COLUMNS),
    Mutant("columns: a sum of Ints may leave 64 bits", "eval/compile/columns/expression.py", '{"+": compute.add_checked,', '{"+": compute.add,', COLUMNS),
    Mutant("columns: a Float may be infinite", "eval/compile/columns/expression.py", "    if len(_array(value)) and not compute.all", "    if False and not compute.all", COLUMNS),
    Mutant("columns: rows alike come in falling order backwards", "eval/compile/columns/operations.py", 'compute.array_sort_indices(ordered, order="descending" if falling else "ascending")', "compute.array_sort_indices(ordered)[:: -1 if falling else 1]", COLUMNS),
    Mutant("columns: negative zero is another key", "eval/compile/columns/keys.py", "compute.add(array, 0.0) if type_ == FLOAT else array", "array", COLUMNS),
    Mutant("columns: a join takes the memory that it needs", "eval/compile/columns/account.py", "if size > LARGE and not", "if False and not", COLUMNS),
    Mutant("columns: a text is never compared with itself", "eval/compile/columns/leaf.py", "        if sum([len(field.texts)", "        if False and sum([len(field.texts)", COLUMNS),
    Mutant("columns: a function value pays for slots of columns", "eval/compile/scope.py", "self.charged += not self._is_beside", "self.charged += 1", COLUMNS),
    Mutant("batches: an Int may be less than 64 bits hold", "eval/compile/batches/batch.py", "if low < INT_LOW or high > INT_HIGH:", "if high > INT_HIGH:", BATCHES),
    Mutant("batches: a Float may be infinite", "eval/compile/batches/terms.py", "        raise Unbatchable\n    return made\n", "        pass\n    return made\n", BATCHES),
    Mutant("batches: what is left out is evaluated too", "eval/compile/batches/choices.py", "    if second.is_calm(first.surely):", "    if True:", BATCHES),
    Mutant("batches: every choice has a least value", "eval/compile/batches/choices.py", "_together(test, [yes, no]) if is_int else None", "_together(test, [yes, no])", BATCHES),
)  # fmt: skip


def survives(mutant: Mutant) -> str | None:
    """What is wrong when no test notices a mutant; None when one does."""
    with tempfile.TemporaryDirectory() as folder:
        copied(Path(folder))
        path = Path(folder) / "lambda_rlm" / mutant.path
        text = path.read_text(encoding="utf-8")
        if text.count(mutant.before) != 1:
            return f"its text stands {text.count(mutant.before)} times in {mutant.path}"
        path.write_text(text.replace(mutant.before, mutant.after), encoding="utf-8")
        code = tested(Path(folder), mutant.tests)
        return None if code == 1 else f"no test noticed it (pytest ended with {code})"


def fails(tests: tuple[str, ...]) -> str | None:
    """What is wrong when tests fail without any bug, so that they could not notice one."""
    with tempfile.TemporaryDirectory() as folder:
        copied(Path(folder))
        code = tested(Path(folder), tests)
        return None if code == 0 else f"fails without a bug (pytest ended with {code})"


def copied(target: Path) -> None:
    """All that the tests need, in another folder."""
    for part in ("lambda_rlm", "tests", "stdlib", "grammar", "examples", "docs", "pyproject.toml"):
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / part)


def tested(folder: Path, tests: tuple[str, ...]) -> int:
    """pytest's exit code: 0 all passed, 1 one failed."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-k", LEFT_OUT, *tests]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False, text=True).returncode


def main(names: list[str]) -> int:
    chosen = [mutant for mutant in MUTANTS if not names or any(name in mutant.name for name in names)]
    lists = sorted({mutant.tests for mutant in chosen})
    failures = 0
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as workers:
        for tests, wrong in zip(lists, workers.map(fails, lists), strict=True):
            failures += wrong is not None
            print(
                f"{'passes  ' if wrong is None else 'FAILS   '}  {' '.join(tests)}" + (f": {wrong}" if wrong else ""),
                flush=True,
            )
        for mutant, wrong in zip(chosen, workers.map(survives, chosen), strict=True):
            failures += wrong is not None
            print(f"{'noticed ' if wrong is None else 'SURVIVED'}  {mutant.name}" + (f": {wrong}" if wrong else ""), flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
