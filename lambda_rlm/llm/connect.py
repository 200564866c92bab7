"""From a model's name to a model.

Owns the names: `local/NAME`, `local:PATH.gguf`, `scripted:FILE.jsonl`, `recorded:FILE.jsonl`, `sim:?PARAMETERS`, and every
litellm name (`openai/gpt-5-mini`; with a base URL, any name an OpenAI-compatible server knows); and `PREFIX:ANYTHING` where an
installed package has registered the prefix (`installed`). Promises that nothing is loaded and no network is touched before the
first call, and that providers are asked through `RetryingModel`.

With no model named: `LAMBDA_RLM_MODEL` when it is set, else with a base URL the one that its server was found to serve, else a
small model of the first provider whose key is set, else the local one (`LAMBDA_RLM_GGUF`, or the default weights). A window
that nobody says is that which the server said when it was last asked (`providers/contact`).
"""

from __future__ import annotations

import difflib
import importlib.util
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from lambda_rlm.accounts.account import Account
from lambda_rlm.completion import Model
from lambda_rlm.data_class import dataclass
from lambda_rlm.late_pattern import late_pattern
from lambda_rlm.llm.failures import NO_WEIGHTS, UNKNOWN_MODEL, failure
from lambda_rlm.llm.profiles import DEFAULT_WINDOW, batch_prices, is_known, prices_as_of, provider_profile
from lambda_rlm.llm.providers.contact.known_servers import served_by
from lambda_rlm.llm.providers.contact.served import shown, window_of
from lambda_rlm.llm.providers.dialects import dialect_of
from lambda_rlm.llm.providers.exchange import without_user
from lambda_rlm.llm.providers.forms.vendors import vendor_of
from lambda_rlm.llm.providers.servers import plain, recipients_of
from lambda_rlm.llm.providers.sockets import Sockets
from lambda_rlm.llm.providers.via_http import SERVED, HttpModel, serves
from lambda_rlm.llm.tokens import vocabulary
from lambda_rlm.llm.wrappers.fallback import ConstraintFallback
from lambda_rlm.llm.wrappers.harmless import Harmless
from lambda_rlm.llm.wrappers.limiter import Limited, Limiter, Limiters
from lambda_rlm.llm.wrappers.measured import Measured
from lambda_rlm.llm.wrappers.model_options import TIMEOUT, UNSAID, ModelOptions, as_described
from lambda_rlm.llm.wrappers.retry import RetryingModel, RetryPolicy
from lambda_rlm.policy.gates import allow_model

if TYPE_CHECKING:
    from lambda_rlm.events import Tracer
    from lambda_rlm.llm.local import weights
    from lambda_rlm.llm.wrappers.cache import ReplyStore

_BY_KEY: Final = {
    "OPENAI_API_KEY": "openai/gpt-5-mini",
    "ANTHROPIC_API_KEY": "anthropic/claude-haiku-4-5",
    "GEMINI_API_KEY": "gemini/gemini-2.5-flash",
    "MISTRAL_API_KEY": "mistral/mistral-small-latest",
}


_OWN_TOKENIZERS: Final = frozenset(
    ("openai", "azure", "anthropic", "gemini", "vertex_ai", "bedrock", "mistral", "cohere", "xai")
)
"""Providers that take no content of a message for a control token, as far as is known."""

_RUNS_OPENAI: Final = late_pattern(r"(^|\.)(openai\.com|azure\.com|openrouter\.ai)(:\d+)?$")
"""Hosts where a model with the name of one of OpenAI's is that model, and reads its vocabulary."""

_SIMULATED: Final = "sim:"
_UNCACHED: Final = ("scripted:", "recorded:", _SIMULATED)
"""How names begin of models whose replies are in a file or computed."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """A line of `lambda-rlm models`. `missing` says what is needed before the model can be asked, None when nothing is;
    `thinking` are the tokens that it may think before a reply. Prices are in US dollars per token; `prices_as_of` is their date
    where they are those of the table."""

    name: str
    window: int
    input_price: float | None
    output_price: float | None
    missing: str | None
    thinking: int = 0
    cached_input_price: float | None = None
    batch_input_price: float | None = None
    batch_output_price: float | None = None
    prices_as_of: str | None = None


def default_model(environ: Mapping[str, str] = os.environ) -> str:
    """The name of the model that is asked when none is named."""
    if named := environ.get("LAMBDA_RLM_MODEL"):
        return named
    keyed = next((name for key, name in _BY_KEY.items() if environ.get(key)), None)
    return keyed or _default_local(environ)


def connect(
    name: str | None = None,
    *,
    base_url: str | None = None,
    api_key: str | None = None,
    timeout: float = TIMEOUT,
    policy: RetryPolicy | None = None,
    tracer: Tracer | None = None,
    record: str | Path | None = None,
    window: int | None = None,
    slots: int = 2,
    cache: ReplyStore | None = None,
    limiters: Limiters | None = None,
    hedge: float | None = None,
    constrain: str = "auto",
    described: Mapping[str, ModelOptions] = MappingProxyType({}),
    account: Account | None = None,
) -> Model:
    """The model of a name; `record` appends what it says to a file. A name that can never work is a `ModelFailure`,
    one that the policy does not allow a `PolicyViolation`.

    `slots` and `window` are for local models (requests at once, tokens each); `window` also tells the window of a provider's
    model that is not known. `limiters` are those of the owner, of which all models of one provider share one, with its
    connections (None: one for this model alone); `hedge` the seconds after which a request without an answer is sent a second
    time (None: never). `constrain` says how a reply in a grammar is asked for (`dialects`); a local model is only told `none`.
    `described` has what a user says of models, by their names as they are given here; it counts before `window` and `timeout`.
    `cache` keeps good replies of providers and local models across runs; it is closed with the model. `account` lends what each
    request may cost, before it is sent.
    """
    from lambda_rlm.llm.scripted import ScriptedModel

    name = name or (default_model() if base_url is None else served_model(base_url))
    said = described.get(name, UNSAID)
    options = replace(said, window=said.window or window, timeout=said.timeout or timeout)
    if name == "local" and base_url is None:
        name = _default_local(os.environ)
    for where in recipients_of(name, base_url):
        allow_model(name, where.host, where.provider)
    model = _built_in(name, options.window, slots, constrain != "none") if base_url is None else None
    if model is not None:
        is_hedged = isinstance(model, ScriptedModel)
        model = _measured(model, name, None) if name.startswith("local") else model
        model = _sent(_described(model, name, options), None, account, hedge if is_hedged else None, tracer)
    else:
        limiter = (limiters or Limiters()).of(base_url or re.split("[/:]", name)[0])
        model = _measured(_reached(name, base_url, api_key, options, constrain, limiter.sockets), name, base_url)
        model = RetryingModel(ConstraintFallback(_sent(model, limiter, account, hedge, tracer)), policy, tracer=tracer)
    if record is not None:
        model = _recorded(model, record)
    return _cached(model, name, base_url, cache, options.temperature)


def _recorded(model: Model, record: str | Path) -> Model:
    from lambda_rlm.llm.recorded import Recording

    return Recording(model, record)


def served_model(base_url: str, environ: Mapping[str, str] = os.environ) -> str:
    """The name of the model that is asked at a server when none is named: that of `LAMBDA_RLM_MODEL`, or what the server was
    found to serve. Raises `ModelFailure` where that is not known, or is not one model."""
    if named := environ.get("LAMBDA_RLM_MODEL"):
        return named
    served, where = served_by(base_url), without_user(plain(base_url))
    if served is None or not served.models:
        raise failure(
            UNKNOWN_MODEL, f"no model is named, and {where} does not say what it serves; name the model (--model NAME)"
        )
    model = served.answering
    if model is None:
        raise failure(UNKNOWN_MODEL, f"no model is named, and {where} serves several; name one (--model NAME): {shown(served)}")
    return model.name if "/" not in model.name else f"openai/{model.name}"


def name_at_server(name: str) -> str | None:
    """The name by which a server in the OpenAI form is asked for a model; None for a model that is asked in another form."""
    from lambda_rlm.llm.providers.contact.keys import is_provider

    if serves(name):
        return next((name.removeprefix(prefix) for prefix in SERVED if name.startswith(prefix)), name)
    return None if is_provider(name.partition("/")[0]) else name


def refuse_unknown_name(name: str) -> None:
    """Raises `ModelFailure` for a name without a provider that nothing is known of."""
    from lambda_rlm.llm.local import weights

    if "://" in name:  # some providers' clients would send their key there
        raise failure(UNKNOWN_MODEL, f"unknown model {name!r}: a URL is not a model name (see --base-url)")
    if "/" not in name and not is_known(name):
        known = [f"local/{row}" for row in weights.TABLE] + list(_BY_KEY.values())
        close = difflib.get_close_matches(name, known + list(weights.TABLE), n=1)
        hint = f"; did you mean {close[0] if '/' in close[0] else 'local/' + close[0]}?" if close else ""
        raise failure(UNKNOWN_MODEL, f"unknown model {name!r}{hint} (list the available models: lambda-rlm models)")


def _cached(model: Model, name: str, base_url: str | None, cache: ReplyStore | None, temperature: float | None) -> Model:
    if cache is None or (base_url is None and name.startswith(_UNCACHED)):
        return model
    from lambda_rlm.llm.wrappers.cache import Cached, identity

    return Cached(model, cache, identity(name, base_url, temperature), owns_store=True)


def _measured(model: Model, name: str, base_url: str | None) -> Model:
    """A model whose own counts are measured, where nothing else says what its tokens are."""
    if model.profile.vocabulary is not None or vocabulary(name) is not None:
        return model
    from lambda_rlm.llm.wrappers.cache import identity

    return Measured(model, identity(name, base_url))


def _sent(model: Model, limiter: Limiter | None, account: Account | None, hedge: float | None, tracer: Tracer | None) -> Model:
    """A model by way of what makes its requests wait: a limiter, and then an account, in this order, so that nothing is lent to
    who may not ask yet. A second request, where there is one, waits too."""

    from lambda_rlm.llm.wrappers.hedge import Hedged
    from lambda_rlm.llm.wrappers.lent import Lent

    def through(inner: Model) -> Model:
        lent = inner if account is None else Lent(inner, account)
        return lent if limiter is None else Limited(lent, limiter)

    return through(model) if hedge is None else Hedged(model, hedge, through=through, tracer=tracer)


def available_models(environ: Mapping[str, str] = os.environ) -> tuple[ModelRow, ...]:
    """The local models and one for each provider whose key the environment may hold; any other name works too."""
    from lambda_rlm.llm.local import weights

    engine = None if importlib.util.find_spec("xllamacpp") else "pip install 'lambda-rlm[local]'"
    rows = [
        ModelRow(f"local/{row.name}", row.window, 0.0, 0.0, engine or _missing_weights(row)) for row in weights.TABLE.values()
    ]
    if path := environ.get("LAMBDA_RLM_GGUF"):
        rows.append(ModelRow(f"local:{path}", 8192, 0.0, 0.0, engine or (None if Path(path).is_file() else "the file")))
    for key, name in _BY_KEY.items():
        known = provider_profile(name)
        missing = None if environ.get(key) else f"set {key}"
        more = known.reasoning_tokens, known.cached_input_price, *batch_prices(name), prices_as_of(known)
        rows.append(ModelRow(name, known.window, known.input_price, known.output_price, missing, *more))
    return tuple(rows)


def _built_in(name: str, window: int | None, slots: int, takes_grammar: bool) -> Model | None:
    from lambda_rlm.llm.scripted import ScriptedModel

    if name.startswith("scripted:"):
        return ScriptedModel.from_file(name.removeprefix("scripted:"))
    if name.startswith("recorded:"):
        from lambda_rlm.llm.recorded import RecordedModel

        return RecordedModel(name.removeprefix("recorded:"))
    if name.startswith(_SIMULATED):
        from lambda_rlm.llm.simulated import SimulatedModel

        return SimulatedModel.named(name)
    if name.startswith("local"):
        return _local(name, window, slots, takes_grammar)
    return None


def _local(name: str, window: int | None, slots: int, takes_grammar: bool) -> Model | None:
    from lambda_rlm.llm.local.model import LocalModel

    if name.startswith("local:"):
        file = Path(os.path.expanduser(name.removeprefix("local:")))
        if not file.is_file():
            raise failure(NO_WEIGHTS, f"model file not found: {file}")
        return LocalModel.from_file(file, window=window or 8192, slots=slots, takes_grammar=takes_grammar)
    if name.startswith("local/"):
        return LocalModel.named(name.removeprefix("local/"), window=window, slots=slots, takes_grammar=takes_grammar)
    return None


def _described(model: Model, name: str, options: ModelOptions) -> Model:
    """A model without a server, as it is described."""
    is_local = name.startswith("local")
    own = replace(options, window=None) if is_local else options  # a local one is as large as its engine made it
    return as_described(model, own, allows_thought=is_local)


def _reached(
    name: str, base_url: str | None, api_key: str | None, options: ModelOptions, constrain: str, sockets: Sockets
) -> Model:
    """A model of an installed package, or else of a provider or server."""
    from lambda_rlm.llm.installed import installed_model

    model = installed_model(name) if base_url is None else None
    if model is not None:
        return Harmless(as_described(model, options, allows_thought=True))
    model = _provider(name, base_url, api_key, options, constrain, sockets)
    is_theirs = base_url is None and name.partition("/")[0] in _OWN_TOKENIZERS and not _is_elsewhere(name, base_url)
    return model if is_theirs or model.profile.vocabulary is not None else Harmless(model)


def _provider(
    name: str, base_url: str | None, api_key: str | None, options: ModelOptions, constrain: str, sockets: Sockets
) -> Model:
    served = None if base_url is None else name_at_server(name)
    if served is not None and not serves(name):
        name = f"openai/{name}"
    if base_url is None or "://" in name:
        refuse_unknown_name(name)
    if base_url is not None and "/" not in name:
        name = f"openai/{name}"
    window = options.window or (None if base_url is None or served is None else _served_window(base_url, served))
    profile = options.profile(provider_profile(name, base_url=base_url, window=window))
    if _is_elsewhere(name, base_url):
        profile = replace(profile, vocabulary=None)
    said: dict[str, Any] = {"timeout": options.timeout or TIMEOUT, "profile": profile, "thinking": options.thinking}
    said["options"] = options
    dialect = dialect_of(name, base_url, constrain)
    vendor = vendor_of(name, base_url)
    if vendor is not None:
        own: dict[str, Any] = {"wire": vendor.wire, "keys": vendor.keys, "needs_key": base_url is None}
        return HttpModel(name, vendor.base_url, api_key=api_key, dialect=dialect, sockets=sockets, **own, **said)
    if base_url is not None and serves(name):
        return HttpModel(name, base_url, api_key=api_key, dialect=dialect, sockets=sockets, **said)
    from lambda_rlm.llm.providers.via_litellm import LitellmModel

    return LitellmModel(name, base_url=base_url, api_key=api_key, dialect=dialect, **said)


def _served_window(base_url: str, name: str) -> int | None:
    """The window of a model that a server said when it was last asked; None where it did not."""
    served = served_by(base_url)
    return None if served is None else window_of(served, name, DEFAULT_WINDOW)


def _is_elsewhere(name: str, base_url: str | None) -> bool:
    """Whether requests may go to a server that is not known to be one of OpenAI's."""
    return any(where.host and not _RUNS_OPENAI.search(where.host) for where in recipients_of(name, base_url))


def _default_local(environ: Mapping[str, str]) -> str:
    from lambda_rlm.llm.local import weights

    path = environ.get("LAMBDA_RLM_GGUF")
    return f"local:{path}" if path else f"local/{weights.DEFAULT}"


def _missing_weights(row: weights.Weights) -> str | None:
    from lambda_rlm.llm.local import weights

    if weights.installed(row.name):
        return None
    return f"lambda-rlm models get {row.name} ({row.size // 1_000_000} MB)"
