"""What may be set: the keys of every setting, the kind of each, where it counts, and what it is in one line.

Owns the declaration that all else about settings is derived from: how files and variables are read, the options of the
commands, and pages about them. Promises to load nothing of what the settings are for; their defaults belong to those rooms, and
`settings.DEFAULTS` holds them. Refuses a setting that does not say where it counts: the table cannot be made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, get_args, get_type_hints

from lambda_rlm.data_class import dataclass
from lambda_rlm.plan.tasks import TASKS
from lambda_rlm.settings.about import About, Trust

PREFIX: Final = "LAMBDA_RLM_"
"""What the names of variables begin with."""

Tables = Mapping[str, Mapping[str, Any]]
"""Settings of several models, by the name of the model."""

DESCRIBING: Final = (
    "window", "max_output", "price_in", "price_out", "timeout", "thinking", "temperature", "headers", "api_key_env", "ca_bundle",
)  # fmt: skip
"""The settings that say what a model is and how it is asked: of the one that answers, or in a table of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Every setting, with its type and where it counts; None means that nobody set it."""

    model: Annotated[
        str | None,
        Trust.TRUSTED,
        About("The model that answers, e.g. openai/gpt-5-mini or local/qwen2.5-coder-0.5b.", "NAME", short="-m"),
    ]
    base_url: Annotated[str | None, Trust.TRUSTED, About("Base URL of an OpenAI-compatible server.", "URL")]
    window: Annotated[
        int | None,
        Trust.TRUSTED,
        About("Context window of the model in tokens, prompt and reply together (default: as known).", "N", is_positive=True),
    ]
    max_output: Annotated[
        int | None,
        Trust.TRUSTED,
        About("Maximum tokens of one reply of the model (default: as known).", "N", is_positive=True),
    ]
    price_in: Annotated[
        float | None,
        Trust.TRUSTED,
        About("Price of input in US dollars per million tokens (default: as known).", "USD", may_be_zero=True),
    ]
    price_out: Annotated[
        float | None,
        Trust.TRUSTED,
        About("Price of output in US dollars per million tokens (default: as known).", "USD", may_be_zero=True),
    ]
    timeout: Annotated[
        float | None,
        Trust.TRUSTED,
        About("Seconds that one request to the model may take (default: 120).", "SECONDS", is_positive=True),
    ]
    thinking: Annotated[
        int | None,
        Trust.TRUSTED,
        About(
            "Maximum tokens that a reasoning model may think before each reply; 0: as few as its provider allows "
            "(default: 4096; before a label 1024).",
            "N",
            may_be_zero=True,
        ),
    ]
    temperature: Annotated[
        float | None,
        Trust.TRUSTED,
        About(
            "Sampling temperature of requests that ask for no other (default: 0, or the model's own where it takes no other).",
            "T",
            may_be_zero=True,
        ),
    ]
    headers: Annotated[
        tuple[str, ...] | None,
        Trust.TRUSTED,
        About(
            "Header that is sent with each request to the model's server; its value is never shown (repeatable).",
            "NAME: VALUE",
            flag="--header",
            separator="\n",
            is_secret=True,
        ),
    ]
    api_key_env: Annotated[
        str | None,
        Trust.TRUSTED,
        About(
            "Name of the environment variable that holds the API key of the model (default: that of its provider).",
            "VARIABLE",
            is_secret=True,
        ),
    ]
    ca_bundle: Annotated[
        str | None,
        Trust.TRUSTED,
        About(
            "PEM file of the authorities that may sign the certificate of the server at --base-url.", "FILE.pem", is_file=True
        ),
    ]
    models: Annotated[
        Tables | None,
        Trust.TRUSTED,
        About('The same for each model by its name: tables [models."NAME"] of a file; JSON in a variable.'),
    ]
    env_file: Annotated[
        str | None,
        Trust.TRUSTED,
        About("Read API keys from this file of NAME=VALUE lines. Set variables stay, and only keys count.", "FILE"),
    ]
    strategy: Annotated[
        str,
        Trust.FREE,
        About("The route (auto: chosen by input size, task, model and cost).", choices=("auto", "direct", "plan", "synth")),
    ]
    task: Annotated[
        str | None,
        Trust.TRUSTED,
        About(
            "The kind of question, or the file of a strategy of your own (default: a model classifies the question if the "
            f"route depends on it). Tasks: {', '.join(TASKS)}.",
            "TASK|FILE.lam",
            choices=TASKS,
            takes_path=True,
        ),
    ]
    direct_share: Annotated[
        float, Trust.FREE, About("Ask directly if the prompt fills at most this share of the context window.", "SHARE")
    ]
    direct_shares: Annotated[str, Trust.FREE, About("The same share for individual tasks, e.g. summarise=0.5.", "TASK=SHARE,…")]
    strength: Annotated[
        str,
        Trust.FREE,
        About(
            "How capable the root model is at writing programs (auto: self-test, else measurements, else name and price).",
            choices=("auto", "strong", "medium", "weak"),
        ),
    ]
    split: Annotated[
        str,
        Trust.FREE,
        About("Send this share of questions by another route, for a comparison, e.g. plan=0.2.", "ROUTE=SHARE,…"),
    ]
    escalate: Annotated[bool, Trust.FREE, About("Run a strategy if a direct call does not find the answer.")]
    root_model: Annotated[
        str | None, Trust.TRUSTED, About("The root model, which writes programs (default: the value of --model).", "NAME")
    ]
    rounds: Annotated[
        int,
        Trust.STRICTER,
        About("Maximum number of programs written in turn, each only where the one before falls short.", "N"),
    ]
    candidates: Annotated[int, Trust.STRICTER, About("Number of programs to write in parallel in each round.", "N")]
    peek: Annotated[int, Trust.STRICTER, About("Include the first N characters of each input in the root model's prompt.", "N")]
    layout: Annotated[
        str,
        Trust.STRICTER,
        About(
            "Show the root model the masked layout of the inputs: line shapes and columns, letters as a, digits as 9.",
            choices=("none", "masked"),
        ),
    ]
    constrain: Annotated[
        str,
        Trust.TRUSTED,
        About(
            "API dialect for grammar-constrained output (auto: inferred from the model name).",
            choices=("auto", "none", "openai", "vllm", "sglang", "llamacpp"),
        ),
    ]
    max_calls: Annotated[int, Trust.STRICTER, About("Maximum number of model calls.", "N")]
    max_cost: Annotated[float | None, Trust.STRICTER, About("Maximum cost in US dollars.", "USD")]
    max_tokens: Annotated[int, Trust.STRICTER, About("Maximum number of tokens, input and output together.", "N")]
    max_seconds: Annotated[float | None, Trust.STRICTER, About("Time limit in seconds.", "S")]
    max_depth: Annotated[int, Trust.STRICTER, About("Maximum nesting depth of `fix`.", "N")]
    concurrency: Annotated[int, Trust.STRICTER, About("Maximum number of calls in flight.", "N")]
    admit: Annotated[
        str | None,
        Trust.STRICTER,
        About(
            "What may begin: proved refuses what is not proved to complete within the budget; likely also accepts a likely cost "
            "that fits, and the run may stop at the budget (default: proved; ask prefers a proved route, else accepts a likely one).",
            choices=("proved", "likely"),
        ),
    ]
    rpm: Annotated[
        int | None, Trust.STRICTER, About("Rate limit: requests per minute for each provider.", "N", is_positive=True)
    ]
    tpm: Annotated[
        int | None,
        Trust.STRICTER,
        About("Rate limit: tokens per minute for each provider, input and output.", "N", is_positive=True),
    ]
    hedge: Annotated[
        float | None,
        Trust.TRUSTED,
        About(
            "Hedging: after S seconds without a reply, send a second request and use whichever answers first.",
            "S",
            is_positive=True,
            may_be_endless=True,
        ),
    ]
    pool: Annotated[
        str | None,
        Trust.TRUSTED,
        About(
            "Billed attempts beyond one for each call, for the whole run: repairs and repeated requests (default: 10%, at least "
            "1; for free models as many as calls).",
            "N|N%",
            may_be_count=True,
        ),
    ]
    account: Annotated[
        str | None,
        Trust.TRUSTED,
        About(
            "Draw on the account in this file, which many runs and processes share; it needs one of the limits below.", "FILE"
        ),
    ]
    account_cost: Annotated[
        float | None, Trust.STRICTER, About("Maximum cost in US dollars of all runs that draw on the account.", "USD")
    ]
    account_calls: Annotated[
        int | None, Trust.STRICTER, About("Maximum number of requests of all runs that draw on the account.", "N")
    ]
    account_tokens: Annotated[
        int | None, Trust.STRICTER, About("Maximum number of tokens of all runs that draw on the account.", "N")
    ]
    account_per: Annotated[
        str,
        Trust.TRUSTED,
        About("The window in which these limits hold, in UTC.", choices=("hour", "day", "month", "ever")),
    ]
    fuel: Annotated[int, Trust.STRICTER, About("Maximum number of evaluator steps.", "N")]
    memory: Annotated[int, Trust.STRICTER, About("Maximum number of bytes that a run may hold in memory at a time.", "BYTES")]
    strict: Annotated[bool, Trust.STRICTER, About("Treat a degraded answer as a fault.")]
    evidence: Annotated[bool, Trust.FREE, About("Show below the answer which words of the inputs support it.")]
    seed: Annotated[int, Trust.FREE, About("Seed: the number of the first independent sample.", "N")]
    approve: Annotated[
        bool, Trust.STRICTER, About("Show the program and its bound, and ask for approval before the first call.")
    ]
    cache: Annotated[bool, Trust.TRUSTED, About("Cache replies and reuse them in later runs at no cost.")]
    journal: Annotated[str | None, Trust.TRUSTED, About("Path of the journal, which records runs.", "FILE")]
    keeps_journal: Annotated[bool, Trust.TRUSTED, About("Record this run in the journal.", flag="--keep-journal/--no-journal")]
    include: Annotated[
        tuple[str, ...], Trust.STRICTER, About("Only read files that match this pattern, e.g. '*.md' (repeatable).", "PATTERN")
    ]
    exclude: Annotated[
        tuple[str, ...],
        Trust.STRICTER,
        About("Skip files and folders that match this pattern, e.g. '*.min.js' (repeatable).", "PATTERN"),
    ]
    encoding: Annotated[
        str | None,
        Trust.FREE,
        About("Character encoding of the inputs, e.g. cp1252; `cp1252:replace` replaces undecodable bytes.", "NAME"),
    ]
    stdin_format: Annotated[
        str,
        Trust.FREE,
        About("What standard input (`-`) holds: a text, or rows of data.", choices=("text", "csv", "jsonl", "json")),
    ]
    raw: Annotated[bool, Trust.FREE, About("Read every file as plain text; do not parse rows or documents.")]
    ignore: Annotated[bool, Trust.STRICTER, About("Skip hidden files and the files that .gitignore and .lambdaignore list.")]
    max_input: Annotated[int, Trust.STRICTER, About("Maximum total size of the inputs.", "BYTES")]
    out: Annotated[
        int,
        Trust.STRICTER,
        About("Maximum tokens of a reply for calls that set no maximum of their own.", "N", is_positive=True),
    ]
    journal_days: Annotated[int, Trust.TRUSTED, About("Delete runs from the journal after N days.", "N")]
    accuracy_short: Annotated[
        float, Trust.FREE, About("Assumed probability that a call on a very short text is right.", "SHARE")
    ]
    accuracy_decay: Annotated[
        float, Trust.FREE, About("Assumed factor of that probability for a full context window.", "SHARE")
    ]
    accuracy_compose: Annotated[
        float, Trust.FREE, About("Assumed probability that combining correct replies is right.", "SHARE")
    ]
    accuracy_floor: Annotated[float, Trust.FREE, About("Required probability that the answer of a plan is right.", "SHARE")]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as derived from `Keys`: `kind` is the type of its value, `str`, `int`, `float`, `bool`, `tuple` (of
    texts) or `dict` (of tables)."""

    key: str
    kind: type
    counts: Trust
    about: About

    def is_stricter(self, value: Any, otherwise: Any) -> bool:
        """Whether a value allows less than the one that counts otherwise: a smaller number, `true`, the first of the choices,
        or patterns where there are none (a pattern may take another one back, so lists are not compared)."""
        if self.kind is bool:
            return value is True
        if self.kind is tuple:
            return not otherwise
        if self.about.choices:
            return bool(value == self.about.choices[0])
        return otherwise is None or bool(value <= otherwise)

    @property
    def flag(self) -> str:
        """How its option is written: `--max-calls`, or `--raw/--no-raw`."""
        name = self.key.replace("_", "-")
        return self.about.flag or (f"--{name}/--no-{name}" if self.kind is bool else f"--{name}")

    @property
    def metavar(self) -> str | None:
        """The name of its value in the help: its own, or else its choices."""
        return self.about.metavar or "|".join(self.about.choices) or None

    @property
    def group(self) -> str | None:
        """The title of the group of options that it belongs to; None for the first, which has no title of its own."""
        title = next(title for title, keys in GROUPS.items() if self.key in keys)
        return None if title == FIRST else title


FIRST: Final = "Options"
"""The title of the options that matter first."""

READING: Final = ("include", "exclude", "encoding", "stdin_format", "raw", "ignore", "max_input")
"""The settings that decide how inputs are found and read."""

ACCOUNT: Final = ("account", "account_cost", "account_calls", "account_tokens", "account_per")
"""The settings of an account."""

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    FIRST: ("model", "max_cost", "max_calls", "strategy", "task"),
    "Other limits": ("admit", "max_tokens", "max_seconds", "max_depth", "fuel", "memory"),
    "An account of many runs": ACCOUNT,
    "Routing": ("direct_share", "direct_shares", "strength", "split", "escalate"),
    "Writing programs": ("root_model", "rounds", "candidates", "layout", "peek", "constrain"),
    "Models": ("base_url", *DESCRIBING, "models", "env_file"),
    "Requests to models": ("concurrency", "rpm", "tpm", "hedge", "pool", "cache", "out"),
    "Runs": ("approve", "strict", "evidence", "seed", "journal", "keeps_journal", "journal_days"),
    "Reading inputs": ("include", "exclude", "encoding", "stdin_format", "raw", "ignore", "max_input"),
    "Assumptions of the planner": ("accuracy_short", "accuracy_decay", "accuracy_compose", "accuracy_floor"),
}
"""Every setting under the title of its group, in the order of help pages."""

_KINDS: Final[Mapping[object, type]] = {
    **{kind: kind for kind in (str, int, float, bool)},
    **{optional: kind for kind, optional in ((str, str | None), (int, int | None), (float, float | None))},
    **dict.fromkeys((tuple[str, ...], tuple[str, ...] | None), tuple),
    Tables | None: dict,
}
"""The kind of each type that a setting may be annotated with: None is not a value that a person can write."""


def _settings() -> Iterator[Setting]:
    for key, annotation in get_type_hints(Keys, include_extras=True).items():
        declared, counts, about = get_args(annotation)
        yield Setting(key, _KINDS[declared], counts, about)


SETTINGS: Final[Mapping[str, Setting]] = {setting.key: setting for setting in _settings()}
"""Every setting by its key, in the order of `Keys`."""
