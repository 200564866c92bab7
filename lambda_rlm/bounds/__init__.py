"""What a program can cost at most, before it runs: abstract interpretation over sizes, the planner, admission."""
