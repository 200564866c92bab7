"""Running an admitted program: values, the library, the evaluator, asking a model for a typed reply."""
