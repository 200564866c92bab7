"""The one table of error codes: E01xx syntax, E02xx types, E03xx bounds and admission, E04xx evaluation, E05xx model,
E06xx policy.

Each row has a title, a paragraph, a bad program and the fixed one. It feeds `lambda-rlm explain`, the repair prompt, the
docs, and a test that every bad program yields exactly its code and every fixed one none.
"""

from __future__ import annotations

from lambda_rlm.diagnostics.codes import admission, asking, evaluation, library, model, policy, syntax, types
from lambda_rlm.diagnostics.codes.code import Code

CODES: dict[str, Code] = {
    row.code: row
    for table in (
        syntax.TABLE,
        types.TABLE,
        admission.TABLE,
        evaluation.TABLE,
        library.TABLE,
        model.TABLE,
        asking.TABLE,
        policy.TABLE,
    )
    for row in table
}

__all__ = ["CODES", "Code"]
