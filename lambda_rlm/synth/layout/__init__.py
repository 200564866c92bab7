"""The masked layout of inputs: what a root model sees of how they look."""
