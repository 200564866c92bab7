"""What a host or a person gives a program to work on, as plain data with types.

Owns finding and reading files, folders, documents, standard input and rows of data, and the types they have in the language.
Promises that finding reads nothing, that bytes are read once and decoded strictly, that what was left out, renamed, widened or
decoded otherwise than as UTF-8 is reported in `notes`; every refusal is an `InputProblem` with a hint. Refuses to guess
silently.
"""

from __future__ import annotations

from lambda_rlm.inputs.gather import Inputs, from_arguments, from_values
from lambda_rlm.inputs.listing import Listing, listings
from lambda_rlm.inputs.problem import InputProblem
from lambda_rlm.inputs.reading import Reading

__all__ = ["InputProblem", "Inputs", "Listing", "Reading", "from_arguments", "from_values", "listings"]
