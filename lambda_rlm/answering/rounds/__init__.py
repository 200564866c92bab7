"""Rounds of writing: what a look at an answer finds, and what another round begins with."""
