"""Thousands of verified runs, on one machine or a Dask cluster: their rows, their survival, their summary."""
