"""The planner: the number for each `auto` of a program."""
