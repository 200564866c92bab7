"""Staging: what needs no reply is computed before the run, so that bounds are judged on it."""
