"""The rules of compilation: what each form of the language becomes. `assembly` has the table."""
