"""What the rooms share when something is wrong: places in source text, diagnostics, faults, the code table, and their
renderings."""
