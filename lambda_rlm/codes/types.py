"""Codes of types."""

from __future__ import annotations

from lambda_rlm.codes.code import Code

TABLE: tuple[Code, ...] = ()
