"""Listeners to a run: progress, summary."""
