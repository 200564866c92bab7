"""What may be set: the keys of every setting, the kind of each, and what it is in one line.

Owns the declaration that all else about settings is derived from: how files and variables are read (`settings`), the options of
the commands (`commands.options`), and pages about them. Promises to load nothing of what the settings are for; their defaults
belong to those rooms, and `settings.DEFAULTS` holds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, get_args, get_type_hints

from lambda_rlm.plan.tasks import TASKS


@dataclass(frozen=True, slots=True)
class About:
    """What a setting is, in one line, and how its value is written.

    `metavar` names the value of the option; `choices` are all values that there are, where they are few; `flag` is how the
    option is written where it is not the key with dashes; with `is_positive` the value is more than 0, with `takes_path` it may
    also be the path of a program.
    """

    help: str
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    flag: str | None = None
    is_positive: bool = False
    takes_path: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Every setting, with its type; None means that nobody set it."""

    model: Annotated[str | None, About("The model, for example local/qwen2.5-coder-0.5b or openai/gpt-5-mini.", "NAME")]
    base_url: Annotated[str | None, About("An OpenAI-compatible server.", "URL")]
    strategy: Annotated[
        str, About("Which way to go; auto weighs size, task, model and cost.", choices=("auto", "direct", "plan", "synth"))
    ]
    task: Annotated[
        str | None,
        About(
            "What the question is, or the path of a strategy (a program over context and query); without it, a model is asked "
            "where it matters.",
            choices=TASKS,
            takes_path=True,
        ),
    ]
    direct_share: Annotated[float, About("Straight to the model up to this share of its window (1).", "SHARE")]
    direct_shares: Annotated[str, About("The same for single tasks.", "TASK=SHARE,…")]
    strength: Annotated[
        str, About("Whether who writes programs does so well; auto judges.", choices=("auto", "strong", "weak"))
    ]
    split: Annotated[str, About("Send this share of inputs another way, to compare: plan=0.2.", "WAY=SHARE,…")]
    escalate: Annotated[bool, About("Try a plan where a direct call finds nothing.")]
    root_model: Annotated[str | None, About("The model that writes programs; without it, the one that answers.", "NAME")]
    rounds: Annotated[int, About("Programs written one after the other, at most.", "N")]
    candidates: Annotated[int, About("Programs written side by side in a round.", "N")]
    peek: Annotated[int, About("Show who writes the program the first N characters of each input.", "N")]
    constrain: Annotated[
        str,
        About(
            "How the server is asked for a program under the grammar; auto: as the model's name tells.",
            choices=("auto", "none", "openai", "vllm", "sglang", "llamacpp"),
        ),
    ]
    max_calls: Annotated[int, About("At most so many model calls.", "N")]
    max_cost: Annotated[float | None, About("At most so many US dollars.", "USD")]
    max_tokens: Annotated[int, About("At most so many tokens, in and out.", "N")]
    max_seconds: Annotated[float | None, About("At most so many seconds.", "S")]
    max_depth: Annotated[int, About("At most so many `fix` inside each other.", "N")]
    concurrency: Annotated[int, About("At most so many calls in flight.", "N")]
    rpm: Annotated[int | None, About("At most so many requests a minute to a provider.", "N", is_positive=True)]
    tpm: Annotated[int | None, About("At most so many tokens a minute, in and out.", "N", is_positive=True)]
    hedge: Annotated[
        float | None,
        About("Send a request again that has no answer after so many seconds; the first answer counts.", "S", is_positive=True),
    ]
    fuel: Annotated[int, About("At most so many evaluator steps.", "N")]
    memory: Annotated[int, About("At most so much newly allocated storage.", "BYTES")]
    strict: Annotated[bool, About("A degraded answer is a fault.")]
    seed: Annotated[int, About("The number of the first independent sample.", "N")]
    approve: Annotated[bool, About("Show the program and its bound, and ask before spending.")]
    cache: Annotated[bool, About("Keep replies, and give them again in later runs unpaid.")]
    journal: Annotated[str | None, About("The journal that runs are written to.", "FILE")]
    keeps_journal: Annotated[bool, About("Write this run to the journal, or do not.", flag="--keep-journal/--no-journal")]
    include: Annotated[tuple[str, ...], About("Of a folder only such files, for example '*.md'; more than once.", "PATTERN")]
    exclude: Annotated[tuple[str, ...], About("Of a folder no such files or folders; more than once.", "PATTERN")]
    encoding: Annotated[
        str | None, About("Of the inputs, for example cp1252; with `:replace` what is wrong is replaced.", "NAME")
    ]
    raw: Annotated[bool, About("Every file is the text that it is: no rows, no pages.")]
    ignore: Annotated[bool, About("Leave out what is hidden or ignored, or read it too.")]
    max_input: Annotated[int, About("Read at most so much.", "BYTES")]
    out: Annotated[int, About("Maximum tokens of a reply where the program sets no maximum of its own.", "N", is_positive=True)]
    journal_days: Annotated[int, About("Delete runs from the journal after N days.", "N")]
    accuracy_short: Annotated[float, About("Assumed probability that a call on a very short text is right.", "SHARE")]
    accuracy_decay: Annotated[float, About("Assumed factor of that probability for a full context window.", "SHARE")]
    accuracy_compose: Annotated[float, About("Assumed probability that combining correct replies is right.", "SHARE")]
    accuracy_floor: Annotated[float, About("Required probability that the answer of a plan is right.", "SHARE")]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as derived from `Keys`: `kind` is the type of its value, `str`, `int`, `float`, `bool` or `tuple` (of
    texts)."""

    key: str
    kind: type
    about: About

    @property
    def flag(self) -> str:
        """How its option is written: `--max-calls`, or `--raw/--no-raw`."""
        name = self.key.replace("_", "-")
        return self.about.flag or (f"--{name}/--no-{name}" if self.kind is bool else f"--{name}")

    @property
    def metavar(self) -> str | None:
        """How help names its value: by what it is, or by the choices that there are."""
        choices = (*self.about.choices, "FILE.lam") if self.about.takes_path else self.about.choices
        return "|".join(choices) or self.about.metavar


_KINDS: Final[Mapping[object, type]] = {
    **{kind: kind for kind in (str, int, float, bool)},
    **{optional: kind for kind, optional in ((str, str | None), (int, int | None), (float, float | None))},
    tuple[str, ...]: tuple,
}
"""The kind of each type that a setting may be annotated with: None is no value that a person can write."""


def _settings() -> Iterator[Setting]:
    for key, annotation in get_type_hints(Keys, include_extras=True).items():
        declared, about = get_args(annotation)
        yield Setting(key, _KINDS[declared], about)


SETTINGS: Final[Mapping[str, Setting]] = {setting.key: setting for setting in _settings()}
"""Every setting by its key, in the order of `Keys`."""
