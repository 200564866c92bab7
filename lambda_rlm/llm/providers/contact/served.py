"""What a server says it serves: names of models and their context windows, read from its replies.

Owns `Served` and one reader for each kind of server: the list in the OpenAI form with the fields that vLLM, SGLang, OpenRouter,
Together, Groq and Mistral add, and what llama.cpp, LM Studio and Ollama say at addresses of their own. Promises that a reply of
any shape is read or left: nothing here raises. What a server says is believed within limits: a window is a whole number between
`LEAST_WINDOW` and `MOST_WINDOW`, a name is a short text without hidden characters, and there are at most `MOST_MODELS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from lambda_rlm.data_class import dataclass
from lambda_rlm.diagnostics.visible import visible_line
from lambda_rlm.late_pattern import late_pattern

LEAST_WINDOW: Final = 256
MOST_WINDOW: Final = 10_000_000
MOST_MODELS: Final = 2_000
LONGEST_NAME: Final = 200

OLLAMA_WINDOW: Final = 4096
"""What Ollama cuts prompts at where neither the model nor the server says otherwise."""

_WINDOWS: Final = ("max_model_len", "context_length", "context_window", "loaded_context_length", "max_context_length")
_OLLAMA: Final = "library"
_NUM_CTX: Final = late_pattern(r"^\s*num_ctx\s+(\d{1,9})\s*$", re.MULTILINE)
_LATEST: Final = ":latest"
_ANY_NAME: Final = "llamacpp"
"""Who owns the models of llama.cpp, which answers with its only one whatever name it is asked for."""
_NO_WRITER: Final = late_pattern(r"embed|rerank|whisper|(^|[-_/])tts([-_]|$)")


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model that a server serves. `window` is what one request may have, in tokens; `most` what the model was made for, which
    the server may cut to less; None where nothing is said. `maker` is who owns it, as the server says."""

    name: str
    window: int | None = None
    most: int | None = None
    maker: str = ""


@dataclass(frozen=True, slots=True)
class Served:
    """What a server serves. `loaded` are the names of models that need not be loaded first, where a server tells."""

    models: tuple[ServedModel, ...] = ()
    loaded: tuple[str, ...] = ()

    def find(self, name: str) -> ServedModel | None:
        """The model that a name means here: as it is, or, as Ollama has it, with `:latest` and in any case."""
        exact = next((model for model in self.models if model.name == name), None)
        wanted = (name.lower(), f"{name.lower()}{_LATEST}")
        return exact or next((model for model in self.models if model.name.lower() in wanted), None)

    def having(self, model: ServedModel) -> Served:
        """This, with more known of one model, which is the first from then on."""
        return replace(self, models=(model, *(one for one in self.models if one.name != model.name)))

    def refuses(self, name: str) -> bool:
        """Whether the server is of a kind that refuses every name that it does not list, and does not list this one."""
        is_strict = self.is_ollama or (bool(self.models) and all(model.maker == "vllm" for model in self.models))
        return is_strict and self.find(name) is None and not name.endswith("cloud")

    @property
    def answering(self) -> ServedModel | None:
        """The model that answers where none is named: the only one that is loaded, or else the only one that writes."""
        loaded = [model for name in self.loaded if (model := self.find(name)) is not None and _writes(model)]
        for models in (loaded, [model for model in self.models if _writes(model)]):
            if len(models) == 1:
                return models[0]
        return None

    @property
    def is_ollama(self) -> bool:
        return any(model.maker == _OLLAMA for model in self.models)


def parsed(body: bytes) -> Any:
    """A reply's JSON; None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def models_in(reply: Any) -> Served | None:
    """The models of a list in the OpenAI form (`{"data": [{"id": …}]}`), or of a bare list; None where it is no such list."""
    rows = _of(reply, "data") if isinstance(reply, dict) else reply
    if not isinstance(rows, list):
        return None
    return Served(tuple(_models(rows[:MOST_MODELS])))


def window_in_props(reply: Any) -> int | None:
    """The window of one slot of llama.cpp (`GET /props`)."""
    return _window(_of(_of(reply, "default_generation_settings"), "n_ctx")) or _window(_of(reply, "n_ctx"))


def loaded_in_lm_studio(reply: Any) -> Served | None:
    """The models of LM Studio (`GET /api/v0/models`): the window of one that is loaded, and what others were made for."""
    rows = _of(reply, "data")
    if not isinstance(rows, list):
        return None
    models: list[ServedModel] = []
    loaded: list[str] = []
    for row in rows[:MOST_MODELS]:
        if (name := _name(_of(row, "id"))) is None or _of(row, "type") == "embeddings":
            continue
        is_loaded = _of(row, "state") == "loaded"
        window = _window(_of(row, "loaded_context_length")) if is_loaded else None
        models.append(ServedModel(name, window, _window(_of(row, "max_context_length"))))
        loaded += [name] if is_loaded else []
    return Served(tuple(models), tuple(loaded)) if models else None


def shown_by_ollama(shown: Any, running: Any, model: ServedModel) -> ServedModel:
    """A model with the window at which Ollama cuts a prompt without a word: the least of what the model was made for, what its
    file sets (`num_ctx`, of `POST /api/show`), and what it runs with (`GET /api/ps`); its usual one where neither of these two
    is known. The model as it is where Ollama does not know it."""
    info = _of(shown, "model_info")
    if not isinstance(info, dict):
        return model
    made_for = next((_window(value) for key, value in info.items() if str(key).endswith(".context_length")), None)
    parameters = _of(shown, "parameters")
    found = _NUM_CTX.search(parameters) if isinstance(parameters, str) else None
    set_to = [_window(int(found[1])) if found is not None else None, _running_window(running, model.name)]
    known = [window for window in set_to if window is not None] or [OLLAMA_WINDOW]
    return replace(model, window=min([*known, *([] if made_for is None else [made_for])]), most=made_for)


def running_in_ollama(running: Any) -> tuple[str, ...]:
    """The names of the models that Ollama has loaded (`GET /api/ps`)."""
    return tuple(name for row in _rows(running, "models") if (name := _name(_of(row, "name"))) is not None)


def window_of(served: Served, name: str, assumed: int) -> int | None:
    """The window of a model at a server; what it was made for only where that is less than what is assumed, since a server may
    cut it to less. None where nothing is known."""
    only = served.models[0] if len(served.models) == 1 and served.models[0].maker == _ANY_NAME else None
    model = served.find(name) or only
    if model is None:
        return None
    return model.window or (model.most if model.most is not None and model.most < assumed else None)


def shown(served: Served, most: int = 5) -> str:
    """The names of what is served, the first ones of many."""
    names = [visible_line(model.name) for model in served.models]
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _writes(model: ServedModel) -> bool:
    """Whether a model replies with text, as far as its name tells."""
    return _NO_WRITER.search(model.name.lower()) is None


def _models(rows: list[Any]) -> Iterator[ServedModel]:
    for row in rows:
        name = _name(_of(row, "id") if isinstance(row, dict) else row)
        if name is None:
            continue
        windows = [window for key in _WINDOWS if (window := _window(_of(row, key))) is not None]
        offered = _window(_of(_of(row, "top_provider"), "context_length"))
        meta = _of(row, "meta")
        window = _window(_of(meta, "n_ctx"))
        windows += [one for one in (offered, window) if one is not None]
        maker = _of(row, "owned_by")
        yield ServedModel(
            name,
            min(windows) if windows else None,
            _window(_of(meta, "n_ctx_train")),
            maker if isinstance(maker, str) and len(maker) < LONGEST_NAME else "",
        )


def _running_window(running: Any, name: str) -> int | None:
    for row in _rows(running, "models"):
        if _of(row, "name") in (name, f"{name}{_LATEST}") or _of(row, "model") in (name, f"{name}{_LATEST}"):
            return _window(_of(row, "context_length"))
    return None


def _rows(reply: Any, key: str) -> list[Any]:
    rows = _of(reply, key)
    return rows[:MOST_MODELS] if isinstance(rows, list) else []


def _of(reply: Any, key: str) -> Any:
    return reply.get(key) if isinstance(reply, Mapping) else None


def _window(value: Any) -> int | None:
    """A window that a model may have; None for anything else."""
    is_whole = type(value) is int or (type(value) is float and value.is_integer())
    return int(value) if is_whole and LEAST_WINDOW <= value <= MOST_WINDOW else None


def _name(value: Any) -> str | None:
    """A name that can be asked for and shown; None for anything else."""
    is_usable = isinstance(value, str) and 0 < len(value) <= LONGEST_NAME and visible_line(value) == value
    return value if is_usable else None
