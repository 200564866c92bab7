"""Benchmarks: their tasks, made or read, their scores, and what a run of them came to."""
