"""What a host or a person gives a program to work on, as plain data with types.

Owns reading files, folders, standard input and rows of data, and the types they have in the language. Promises: bytes are read
once and decoded strictly as UTF-8; what was left out, renamed or widened is said in `notes`; every refusal is an
`InputProblem` with a hint. Refuses to guess encodings.
"""

from __future__ import annotations

from lambda_rlm.inputs.gather import Inputs, from_arguments, from_values
from lambda_rlm.inputs.problem import InputProblem

__all__ = ["InputProblem", "Inputs", "from_arguments", "from_values"]
