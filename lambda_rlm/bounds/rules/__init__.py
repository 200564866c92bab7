"""The rules of the analysis: what each form of the language does to sizes and costs."""
