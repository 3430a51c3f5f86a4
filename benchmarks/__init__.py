"""Measurements, with times as ratios within one run. Nothing here is a test, and no test asserts a time."""
