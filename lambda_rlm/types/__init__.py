"""Types and their inference: Hindley-Milner with constraints and effects."""
