"""Servers in the form of chat completions, each as its product really answers."""
