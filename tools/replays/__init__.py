"""Programmes of the past, planned again from what was known beforehand."""
