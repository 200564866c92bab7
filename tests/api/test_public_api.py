"""The public names and their signatures change only on purpose: the golden file shows every change in a review."""

from __future__ import annotations

import os

import lambda_rlm
from lambda_rlm import events, testing
from tests.support.places import GOLDEN
from tests.support.signatures import surface

IS_REWRITING = os.environ.get("UPDATE_GOLDEN") == "1" and not os.environ.get("CI")


def events_of_the_module() -> list[str]:
    """What `lambda_rlm.events` defines itself."""
    own = [name for name, value in vars(events).items() if getattr(value, "__module__", None) == events.__name__]
    return [name for name in [*own, "Event", "Way", "Detection"] if not name.startswith("_")]


def test_the_public_names_and_signatures_are_as_kept() -> None:
    """`make golden` rewrites the file. A removed name or parameter, or a new required one, breaks hosts."""
    shown = surface(lambda_rlm, list(lambda_rlm.__all__))
    shown += surface(events, events_of_the_module())
    shown += surface(testing, list(testing.__all__))
    path = GOLDEN / "public_api.txt"
    if IS_REWRITING:
        path.write_text(shown, encoding="utf-8")
    assert shown == path.read_text(encoding="utf-8")


def test_the_surface_shows_fields_methods_and_parameters() -> None:
    """What the file is made with sees the changes that break a host."""
    shown = surface(lambda_rlm, list(lambda_rlm.__all__))
    for line in (
        "class lambda_rlm.InputProblem(LambdaRLMError, ValueError)",
        "    *, calls: int = 1000",
        "    answer: str",
        "    async def complete(self, request: CompletionRequest) -> Completion",
        "    STOP = 'stop'",
        "lambda_rlm.__version__: str",
    ):
        assert f"{line}\n" in shown
    assert "def lambda_rlm.run(program: Admitted, inputs: Mapping[str, Any], model: str | Model | None = None, *, " in shown
