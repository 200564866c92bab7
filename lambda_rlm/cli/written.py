"""The exact prompt of who writes programs."""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping, Sequence
from typing import Any

from lambda_rlm.cli import exits, screen
from lambda_rlm.cli.settings import settings
from lambda_rlm.completion import Message
from lambda_rlm.inputs import from_arguments
from lambda_rlm.llm.connect import connect
from lambda_rlm.llm.installation_key import installation_key
from lambda_rlm.synth.reference import shown_to
from lambda_rlm.synth.task import Task, first_turn
from lambda_rlm.writer import rendered


def prompt(query: str, arguments: Sequence[str], options: Mapping[str, Any], json: bool) -> int:
    """The exit code of `prompt`."""
    chosen = settings(options)
    writing, given = chosen.writing(), from_arguments(arguments, chosen.reading()).with_query(query)
    leaf, root = (connect(name, base_url=chosen.base_url).profile for name in (chosen.model, chosen.root_model or chosen.model))
    task = Task(
        query=query,
        inputs=given.values,
        types=given.types,
        leaf=leaf,
        budget=chosen.budget(),
        out=chosen.out,
        peek=writing.peek,
        wants_confidence=writing.candidates > 1,
    )
    page, examples = shown_to(root)
    messages, _ = rendered((*examples, first_turn(task)), page, installation_key())
    if json:
        screen.answer(json_text.dumps({"messages": [_message(m) for m in messages]}, ensure_ascii=False))
    else:
        screen.answer("\n\n".join(message.content for message in messages))
    return exits.ANSWERED


def _message(message: Message) -> dict[str, str]:
    return {"role": message.role, "content": message.content}
