"""Admitted programs, models and inputs meet: checking, foreseeing, executing, and a run as JSON."""
