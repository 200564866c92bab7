"""Asking a model on behalf of a program: prompts, typed replies, repairs, flights shared by equal calls."""
