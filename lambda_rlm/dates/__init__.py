"""Dates as people and logs write them: names of months, clocks beside them, and the day that a text is."""

from lambda_rlm.dates.read import LONGEST, day_in, orders_of

__all__ = ["LONGEST", "day_in", "orders_of"]
