"""What came of a program: a value or a fault, and what was read and spent for it.

Owns `Run`, `RunUsage` and `Dropped`. Refuses to hide a missing part of an answer: see `degraded` and `dropped`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, field, fields, replace
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.budget.budget import Admission
from lambda_rlm.completion import Usage
from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.faults import Fault
from lambda_rlm.diagnostics.source import SourceFile
from lambda_rlm.diagnostics.visible import visible_line
from lambda_rlm.inputs import Inputs
from lambda_rlm.release import VERSION
from lambda_rlm.types.called import renamed
from lambda_rlm.types.show import show
from lambda_rlm.types.type import Type

if TYPE_CHECKING:
    from lambda_rlm.bounds.bound import Bound
    from lambda_rlm.bounds.figures.likely import Likely
    from lambda_rlm.eval.provenance.lineage import Citation
    from lambda_rlm.evidence.record import Evidence
    from lambda_rlm.evidence.support import Support
    from lambda_rlm.synth.earlier import EarlierQuestion
    from lambda_rlm.synth.report import Synthesis

_USAGE: Final = (
    "calls", "attempts", "shared_calls", "cached_calls", "failed_calls", "span", "input_tokens", "output_tokens", "usd", "steps",
    "bytes", "live", "extra_attempts", "estimated_calls",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RunUsage:
    """What a run used. `calls` counts each question that was asked or answered from a cache once; `cached_calls` are those
    of them that a cache answered, `shared_calls` places in the data beyond these, each with the same question as one of the
    calls, whose answer they share. `attempts` counts each call as often as it was asked; `extra_attempts` those that were
    taken from the run's pool: repairs, and requests sent again that may be billed; `usd` is None when the price is not
    known; `span` is the longest chain of calls that waited for each other; `estimated_calls` counts replies that came
    without a token count that can be, and are booked at their worst; `cut_prompts` says, once for each model, that its
    server cut a prompt. `bytes` were allocated all in all, `live` held in memory at most at a time."""

    calls: int = 0
    attempts: int = 0
    shared_calls: int = 0
    cached_calls: int = 0
    failed_calls: int = 0
    span: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: float | None = 0.0
    steps: int = 0
    bytes: int = 0
    live: int = 0
    seconds: float = 0.0
    max_in_flight: int = 0
    estimated_calls: int = 0
    extra_attempts: int = 0
    cut_prompts: tuple[str, ...] = ()

    def __repr__(self) -> str:
        used = ", ".join(
            f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if getattr(self, one.name) != one.default
        )
        return f"RunUsage({used})"

    def __add__(self, other: RunUsage) -> RunUsage:
        """What two runs used, one after the other."""
        names = (
            *("calls", "attempts", "shared_calls", "cached_calls", "failed_calls", "span", "input_tokens", "output_tokens"),
            *("steps", "bytes", "estimated_calls", "extra_attempts"),
        )
        return RunUsage(
            **{name: getattr(self, name) + getattr(other, name) for name in names},
            usd=None if self.usd is None or other.usd is None else self.usd + other.usd,
            seconds=self.seconds + other.seconds,
            live=max(self.live, other.live),
            max_in_flight=max(self.max_in_flight, other.max_in_flight),
            cut_prompts=tuple(dict.fromkeys((*self.cut_prompts, *other.cut_prompts))),
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of the figures."""
        if not self.estimated_calls:
            return self.cut_prompts
        one = self.estimated_calls == 1
        calls = f"{self.estimated_calls:,} {'reply' if one else 'replies'}"
        return (
            f"{calls} came without a valid token count: booked at {'its' if one else 'their'} worst case",
            *self.cut_prompts,
        )

    @property
    def tokens(self) -> Usage:
        """Tokens and money alone, as providers count them."""
        return Usage(self.input_tokens, self.output_tokens, cost=self.usd, attempts=self.attempts, extra=self.extra_attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """What is missing from the answer: quotes not found in the text, items without a reply, uses of `or_else`, truncated
    replies, prompts that the server cut; and what the program itself cut away from the inputs before a prompt, which no model
    has seen."""

    characters_before_prompts: int = 0
    quotes: int = 0
    items: int = 0
    or_else: int = 0
    replies_cut: int = 0
    prompts_cut: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What an answer can be judged by at sight: whether words or numbers of a reply are in it, how many items `llm_map` was
    given, and how many of one all got the same label, 0 where they differ or are few."""

    is_replied: bool = False
    mapped: int = 0
    alike: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOrigin:
    """What a run came from and came to, for a question that follows it: its question, its inputs, its answer in plain data, and
    what it followed itself. `arguments` are those of a command line that give the same inputs, `sources` all that its answers
    were made from. A copy in another process does not hold the inputs."""

    query: str
    value: Any = field(repr=False)
    inputs: Inputs | None = field(default=None, repr=False, compare=False)
    earlier: tuple[EarlierQuestion, ...] = ()
    arguments: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    def __copy__(self) -> RunOrigin:
        return self

    def __deepcopy__(self, memo: Any) -> RunOrigin:
        """Itself: nothing in it is ever changed."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _origin, (self.query, self.value, self.earlier, self.arguments, self.sources)


def _origin(query: str, value: Any, earlier: Any, arguments: Any, sources: Any) -> RunOrigin:
    return RunOrigin(query=query, value=value, earlier=earlier, arguments=arguments, sources=sources)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Run:
    """What came of a program: a value or a fault, and what was read and spent for it.

    `value` is plain Python data; `coverage` the share of each input that the model was shown, `citations` the parts of the
    inputs that the answer was made from, `signs` what it can be judged by at sight. `id` names it, in the journal too. `bound`
    is what the program could have cost at most, None where that is not known. `likely` is what it was likely to cost, None
    where nobody worked that out: it takes trying the program out, which the library does only for a run that is not proved and
    begins as likely; without a run, `check(source, inputs).prospect(budget, profile).likely` tells it. `admitted` says whether
    the run was proved to complete within its budget or began as likely. `route` is how it came about: "program", "direct", a
    strategy, or "synth"; `task` what the question was taken for, `reason` why this way was taken, `split` the arm of a
    comparison. `origin` is what a question that follows it begins from, the inputs among it, where a host asked. `called` has,
    by identifier, what the data calls fields: rows are written with these names, as long as the caller asked for no type, and
    `is_called` where the value has them. `support` is what `evidence` is looked for in.
    """

    source: SourceFile
    type: Type
    id: str
    value: Any = None
    fault: Fault | None = None
    usage: RunUsage
    bound: Bound | None = None
    likely: Likely | None = None
    admitted: Admission = "proved"
    degraded: bool = False
    dropped: Dropped = Dropped()
    coverage: Mapping[str, float] = field(default_factory=dict)
    citations: tuple[Citation, ...] = ()
    signs: Signs = Signs()
    coercions: int = 0
    route: str = "program"
    task: str | None = None
    reason: str = ""
    split: str | None = None
    notes: tuple[str, ...] = ()
    synthesis: Synthesis | None = None
    origin: RunOrigin | None = field(default=None, compare=False)
    called: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    is_called: bool = field(default=False, compare=False, repr=False)
    support: Support | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        calls = "1 call" if self.usage.calls == 1 else f"{self.usage.calls:,} calls"
        came = visible_line(f"{self.value!r:.120}") if self.fault is None else f"fault {self.fault.code}"
        return f"<Run {self.id}: {came}, {calls}, {self.route}>"

    @property
    def ok(self) -> bool:
        return self.fault is None

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where the answer comes from: places of the inputs whose words support its parts, in the order of the answer. It is
        looked for when it is first asked for. Columns have the names that the data gives them."""
        found = () if self.support is None else self.support.found.evidence
        return tuple(
            replace(one, heading=self.called.get(one.heading, one.heading)) if one.row is not None and one.heading else one
            for one in found
        )

    @property
    def evidence_notes(self) -> tuple[str, ...]:
        """What a person should know of the evidence: parts of the answer that no passage supports, and what was counted."""
        return () if self.support is None else self.support.found.notes

    @property
    def program(self) -> str:
        """The text of the program that ran."""
        return self.source.text

    @property
    def answer(self) -> str:
        """The value as a person reads it: a Text unchanged, anything else as JSON. Raises the fault when there is one."""
        if self.fault is not None:
            raise self.fault
        if isinstance(self.value, str):
            return str.__str__(self.value)  # of a member of an enumeration, its text
        return json.dumps(_plain(self.as_called().value), ensure_ascii=False, indent=2)

    def as_called(self) -> Run:
        """The run with its value in the names of the data."""
        if self.is_called or not self.called or self.fault is not None:
            return self
        return replace(self, value=renamed(self.value, self.type, self.called), is_called=True)

    def to_dict(self) -> dict[str, Any]:
        """The run as JSON data, with the keys of `ask --json`; keys are added and never renamed. A value of a class of the
        caller's is as pydantic writes it. `diagnostics` are the warnings of a program where the command line ran it."""
        from lambda_rlm.diagnostics.render import fault_json

        spent = self.usage
        usage = {name: getattr(spent, name) for name in _USAGE}
        return {
            "ok": self.ok,
            "answer": self.answer if self.ok else None,
            "value": _plain(self.as_called().value),
            "type": show(self.type),
            "called": dict(self.called),
            "route": self.route,
            "task": self.task,
            "reason": self.reason,
            "split": self.split,
            "run": self.id,
            "version": VERSION,
            "program": self.program,
            "likely": None if self.likely is None else self.likely.numbers(),
            "bound": None if self.bound is None else self.bound.numbers(),
            "counted_by": None if self.bound is None else self.bound.counted_by,
            "admitted": self.admitted,
            "usage": {**usage, "seconds": round(spent.seconds, 3), "max_in_flight": spent.max_in_flight},
            **({} if self.synthesis is None else {"synthesis": _synthesis_json(self.synthesis)}),
            "degraded": self.degraded,
            "dropped": asdict(self.dropped),
            "coverage": {name: round(share, 6) for name, share in self.coverage.items()},
            "citations": [{"input": c.input, "start": c.start, "end": c.end} for c in self.citations],
            "evidence": [one.to_dict() for one in self.evidence],
            "evidence_notes": list(self.evidence_notes),
            "coercions": self.coercions,
            "notes": list(self.notes),
            "diagnostics": [],
            "fault": None if self.fault is None else fault_json(self.fault, self.source),
        }

    @property
    def response(self) -> str:
        """The answer, under the name that it has in `rlms`."""
        return self.answer


def located(run: Run, inputs: Inputs) -> Run:
    """The run, with the files that its inputs were read from known to its evidence."""
    return run if run.support is None else replace(run, support=run.support.located(inputs.places))


def _plain(value: Any) -> Any:
    """A value as JSON has it, also one that was made an instance of a class of the caller's."""
    if isinstance(value, str | int) or value is None:
        return value
    from pydantic_core import from_json, to_json

    return from_json(to_json(value, bytes_mode="base64", inf_nan_mode="strings", fallback=str))


def _synthesis_json(synthesis: Synthesis) -> dict[str, Any]:
    """A synthesis as JSON data; `usage` is what the root model's calls used."""
    from lambda_rlm.trace.jsonl import usage_json

    return {
        "attempts": len(synthesis.attempts),
        "rounds": synthesis.rounds,
        "usage": {"calls": synthesis.calls, **usage_json(synthesis.usage)},
        "fallback": synthesis.fallback,
        "written": [
            {"program": a.program, "codes": list(a.codes), "fixes": list(a.fixes), "round": a.round} for a in synthesis.attempts
        ],
        "candidates": [
            {
                "program": tried.program,
                "samples": tried.samples,
                "confidence": tried.confidence,
                "calls": tried.calls,
                "answer": tried.answer,
                "fault": tried.fault,
                "is_run": tried.was_run,
                "is_chosen": tried.is_chosen,
            }
            for tried in synthesis.candidates
        ],
        "agreement": synthesis.agreement,
        "notes": list(synthesis.notes),
    }
