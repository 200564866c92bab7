"""The exact prompt of the root model."""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping, Sequence
from typing import Any

from lambda_rlm.answering.question import Setup
from lambda_rlm.answering.writing_bound import opening_messages, task_of
from lambda_rlm.cli import exits
from lambda_rlm.cli.actions.follow_up import posed
from lambda_rlm.cli.display import screen
from lambda_rlm.cli.display.costs import closed, reachable, writer_of
from lambda_rlm.cli.first_contact import question
from lambda_rlm.cli.settings import settings
from lambda_rlm.completion import Message
from lambda_rlm.execution.blocking import blocking
from lambda_rlm.execution.options import Options
from lambda_rlm.llm.installation_key import installation_key


def prompt(query: str, arguments: Sequence[str], options: Mapping[str, Any], json: bool, follows: str | None = None) -> int:
    """The exit code of `prompt`; `follows` names the run that the question follows."""
    chosen = settings(options)
    query = question(query, 'lambda-rlm prompt --query "Who did it?" book.txt')
    asked, chosen = posed(query, arguments, options, chosen, follows)
    model, notes = reachable(chosen)
    root = writer_of(chosen, model)
    asking = Options(out=chosen.out, pool=chosen.extra_attempts())
    setup = Setup(leaf=model, root=root, budget=chosen.budget(), writing=chosen.writing(), options=asking)
    messages = opening_messages(task_of(asked, setup), root.profile, installation_key())
    blocking(lambda: closed(model, root))
    if json:
        screen.answer(json_text.dumps({"messages": [_message(m) for m in messages]}, ensure_ascii=False))
    else:
        screen.answer("\n\n".join(message.content for message in messages))
        for note in notes:
            screen.say(f"note: {note}", "dim")
    return exits.ANSWERED


def _message(message: Message) -> dict[str, str]:
    return {"role": message.role, "content": message.content}
