"""Servers and vendors: their wire forms, dialects and errors, through connections of our own or litellm."""
