"""Periods of a plan, and days in them."""

import numpy as np

DAYS_A_YEAR = 365.25
DAYS_A_MONTH = DAYS_A_YEAR / 12
DAY = np.timedelta64(1, "D")
