"""The planner: which number each `auto` of a program stands for."""
