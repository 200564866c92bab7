"""A log of past prompts: how long they are, which way each would go, and what that would likely cost.

Owns the reading of logs of any size and the figures made of them. Promises memory that does not grow with the log or with its
longest line, that estimates are marked as such, with their error, and that what could not be read is counted.
Asks no model.
"""
