"""Seeded bugs that the tests must notice: texts of the package that are changed (`seeded`), and transfers that are too small
(`transfers`)."""
