"""Numbered items: their numbers in a prompt, and the reading of replies that name them."""
