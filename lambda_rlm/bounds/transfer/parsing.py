"""How large a value can be that `parse` reads from a text."""

from __future__ import annotations

from lambda_rlm.bounds.analysis import Analysis, Application
from lambda_rlm.bounds.domain.abstract import AbstractResult, AbstractText
from lambda_rlm.bounds.domain.reply_size import value_of


def parse(analysis: Analysis, application: Application) -> AbstractResult:
    """A value of the type that is asked for where the function is named, whose JSON is the text."""
    (text,) = application.sized()
    assert isinstance(text, AbstractText)
    return AbstractResult(value_of(analysis.arrow_of(application.name).result, text.chars))
