"""Dates as people and logs write them: names of months, clocks beside them, and the day that a text is."""

from lambda_rlm.dates.orders import NumericDate, Orders
from lambda_rlm.dates.read import LONGEST, day_in, numeric_date, reading

__all__ = ["LONGEST", "NumericDate", "Orders", "day_in", "numeric_date", "reading"]
